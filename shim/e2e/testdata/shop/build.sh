#!/usr/bin/env bash
# Rebuilds the component from its source, into the folder given (this one without). What
# it needs is said in examples/toolchain.sh, and by itself if it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
out=$(realpath "${1:-.}")
. ../../../../examples/toolchain.sh
toolchain wit
cp -r ../../../../plugins/wit/text/deps/keyvalue-draft2 "$work/wit/deps/" # no package has the draft
sed -i /@unstable/d "$work"/wit/deps/*/*.wit # the compiler would leave out what is gated
without_libc ratelimit ratelimit/ratelimit.c "$out/ratelimit.wasm"
