#!/usr/bin/env bash
# Rebuilds evil.wasm and bombs.wasm, into the folder given (this one without).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
. ../../../../examples/toolchain.sh
toolchain .
sed -i /@unstable/d "$work"/wit/deps/*/*.wit # the compiler would leave out what is gated
without_libc evil evil.c "$out/evil.wasm"
npx --yes "@bytecodealliance/jco@$jco_version" parse bombs.wat -o "$out/bombs.wasm"
ls -l "$out/bombs.wasm"
