#!/usr/bin/env bash
# Rebuilds app.wasm and tally.wasm from their sources, into the folder given (this one
# without). What it needs is said in ../toolchain.sh, and by itself if it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
. ../toolchain.sh
toolchain wit
cp -r ../../plugins/wit/text/deps/{config-draft,keyvalue-draft2} "$work/wit/deps/" # no package has the drafts
with_libc app app/app.c "$out/app.wasm"
without_libc teller tally/tally.c "$out/tally.wasm"
