#!/usr/bin/env bash
# Rebuilds guest.wasm from guest.c, into the folder given (this one without).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
. ../../../../examples/toolchain.sh
toolchain .
with_libc guest guest.c "$out/guest.wasm"
