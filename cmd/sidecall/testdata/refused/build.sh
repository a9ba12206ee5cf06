#!/usr/bin/env bash
# Rebuilds refused.wasm, into the folder given (this one without).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
. ../../../../examples/toolchain.sh
toolchain .
sed -i /@unstable/d "$work"/wit/deps/*/*.wit # the compiler would leave out what is gated
without_libc refused refused.c "$out/refused.wasm"
