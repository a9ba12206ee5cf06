#!/usr/bin/env bash
# Rebuilds adapter.wasm from C, and world.wasm from WIT, into the folder given (this one
# without). It needs clang with lld for wasm32 (Debian: clang-14 lld-14) and wasm-tools,
# through Go. A rebuild gives the same bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
clang=$(command -v "${CLANG:-clang-14}") || { echo "missing: clang-14 and lld-14 (apt-get install clang-14 lld-14)" >&2; exit 1; }

# The program's memory is another one, which the adapter's own memory, made elsewhere, need
# not know. Names of functions stay, for backtraces.
"$clang" --target=wasm32 -nostdlib -ffreestanding -O2 -flto -mbulk-memory -Wall -Wextra -Werror \
  -Wl,--no-entry -Wl,--import-memory -Wl,--export=__heap_base -Wl,--strip-debug -Wl,-z,stack-size=16384 \
  -Wl,--no-merge-data-segments -o "$out/adapter.wasm" adapter/*.c

mkdir -p "$work/wit/deps"
cp wit/world.wit "$work/wit/"
cp -r ../../plugins/wit/text/deps/{cli,clocks,filesystem,io,random} "$work/wit/deps/"
(cd ../.. && go build -o "$work/wasm-tools" go.bytecodealliance.org/internal/cmd/wasm-tools)
(cd "$work/wit" && "$work/wasm-tools" component wit --wasm .) >"$out/world.wasm"
ls -l "$out/adapter.wasm" "$out/world.wasm"
