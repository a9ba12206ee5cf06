#!/usr/bin/env bash
# Rebuilds caller.wasm and greeter.wasm, into the folder given (this one without).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
. ../../../../examples/toolchain.sh
toolchain .
for name in caller greeter; do
  without_libc "$name" "$name.c" "$out/$name.wasm"
done
