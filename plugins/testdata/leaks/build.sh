#!/usr/bin/env bash
# Rebuilds leaks.wasm from leaks.c, into the folder given (this one without).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
. ../../../examples/toolchain.sh
toolchain .
cp -r ../../wit/text/deps/keyvalue-draft2 "$work/wit/deps/" # no package has the drafts
without_libc leaks leaks.c "$out/leaks.wasm"
