#!/usr/bin/env bash
# Rebuilds app.wasm from its source, into the folder given (this one without). What it
# needs is said in ../toolchain.sh, and by itself if it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
. ../toolchain.sh
toolchain wit
with_libc app app/app.c "$out/app.wasm"
