#!/usr/bin/env bash
# Rebuilds app.wasm and journal.wasm from their sources, into the folder given (this one
# without). It needs clang, lld, wasi-libc and the builtins of compiler-rt for wasm32
# (Debian: clang-14 lld-14 wasi-libc libclang-rt-14-dev-wasm32), Go, and npm or the
# folder of an unpacked @bytecodealliance/jco in JCO, for WASI's WIT and the adapter
# from WASI preview 1, which wasi-libc speaks. A rebuild gives the same bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
jco_version=1.35.0

missing=()
clang=$(command -v "${CLANG:-clang-14}") || missing+=("clang-14, lld-14 (apt-get install clang-14 lld-14)")
[ -e /usr/lib/wasm32-wasi/crt1-reactor.o ] || missing+=("wasi-libc (apt-get install wasi-libc)")
compgen -G '/usr/lib/llvm-14/lib/clang/*/lib/wasi/*' >/dev/null ||
  missing+=("compiler-rt for wasm32 (apt-get install libclang-rt-14-dev-wasm32)")
command -v go >/dev/null || missing+=("go (https://go.dev/dl)")
[ -n "${JCO:-}" ] || command -v npm >/dev/null || missing+=("npm (apt-get install npm), or JCO=the folder of @bytecodealliance/jco")
if [ ${#missing[@]} -gt 0 ]; then
  printf 'build.sh: missing: %s\n' "${missing[@]}" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -z "${JCO:-}" ]; then
  (cd "$work" && npm pack --silent "@bytecodealliance/jco@$jco_version" >/dev/null && tar xzf ./*.tgz)
  JCO=$work/package
fi

# wasm-tools sees only its working folder, and writes to its standard output.
go build -o "$work/wasm-tools" go.bytecodealliance.org/internal/cmd/wasm-tools
wasm_tools() { (cd "$work" && ./wasm-tools "$@"); }

mkdir -p "$work/wit/deps"
cp wit/*.wit "$work/wit/"
cp -r "$JCO"/lib/wit/builtin/0.2.12/* "$work/wit/deps/"
cp "$JCO/lib/wasi_snapshot_preview1.reactor.wasm" "$work/adapter.wasm"

flags=(-Oz -Wall -Wextra -Werror "-ffile-prefix-map=$PWD=.")

"$clang" --target=wasm32-wasi -mexec-model=reactor "${flags[@]}" -Wl,--strip-all \
  -o "$work/app.core.wasm" app/app.c
wasm_tools component embed --world app wit app.core.wasm >"$work/app.embed.wasm"
wasm_tools component new app.embed.wasm --adapt wasi_snapshot_preview1=adapter.wasm >"$work/app.wasm"

"$clang" --target=wasm32 -nostdlib -ffreestanding "${flags[@]}" -Wl,--no-entry -Wl,--strip-all \
  -Wl,-z,stack-size=8192 -o "$work/journal.core.wasm" journal/journal.c
wasm_tools component embed --world journal-keeper wit journal.core.wasm >"$work/journal.embed.wasm"
wasm_tools component new journal.embed.wasm >"$work/journal.wasm"

for f in app journal; do
  wasm_tools component wit "$f.wasm" >/dev/null # fails unless the component is sound
  cp "$work/$f.wasm" "$out/$f.wasm"
done
ls -l "$out/app.wasm" "$out/journal.wasm"
