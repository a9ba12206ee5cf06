#!/usr/bin/env bash
# Rebuilds preview1.wasm, a core module, from preview1.c, into the folder given (this one
# without).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
clang=$(command -v "${CLANG:-clang-14}") || { echo "missing: clang-14 lld-14 wasi-libc libclang-rt-14-dev-wasm32 (apt-get install)" >&2; exit 1; }
"$clang" --target=wasm32-wasi -Oz -Wall -Wextra -Werror -Wno-unused-result "-ffile-prefix-map=$PWD=." -fno-builtin -Wl,--strip-all -o "$out/preview1.wasm" preview1.c
ls -l "$out/preview1.wasm"
