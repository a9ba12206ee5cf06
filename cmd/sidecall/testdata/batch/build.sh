#!/usr/bin/env bash
# Rebuilds batch.wasm, into the folder given (this one without).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
. ../../../../examples/toolchain.sh
toolchain .
cp -r ../../../../plugins/wit/text/deps/keyvalue-draft2 "$work/wit/deps/"
# The draft as it was first, under the same name.
sed -i 's/list<tuple<string, option<list<u8>>>>, error>/list<option<tuple<string, list<u8>>>>, error>/' "$work"/wit/deps/keyvalue-draft2/batch.wit
without_libc batch batch.c "$out/batch.wasm"
