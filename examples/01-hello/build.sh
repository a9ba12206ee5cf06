#!/usr/bin/env bash
# Rebuilds app.wasm and journal.wasm from their sources, into the folder given (this one
# without). What it needs is said in ../toolchain.sh, and by itself if it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
. ../toolchain.sh
toolchain wit
with_libc app app/app.c "$out/app.wasm"
without_libc journal-keeper journal/journal.c "$out/journal.wasm"
