#!/usr/bin/env bash
# Rebuilds the three components from their sources, into the folder given (this one
# without). What it needs is said in ../toolchain.sh, and by itself if it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
. ../toolchain.sh
toolchain wit
sed -i /@unstable/d "$work"/wit/deps/*/*.wit # the compiler would leave out what is gated
for name in app authn accesslog; do
  without_libc "$name" "$name/$name.c" "$out/$name.wasm"
done
