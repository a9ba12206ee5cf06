#!/usr/bin/env bash
# Tests Sidecall on a Kubernetes of one node, made for it and gone afterwards.
#   usage: shim/e2e/kubernetes/run.sh [DIR [TEST-FLAG...]]     e.g. run.sh ~/.cache/sidecall-e2e -test.run Rolling
# SIDECALL_LOAD_SECONDS=60 has TestLoad take so long with each number of clients, instead of 5.
# DIR keeps what was built (10 minutes the first time), and the logs of the last run in DIR/log.
# Needs root on Debian, Go, and 3 GB of memory. The tests take 8 minutes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/sidecall-e2e}; shift || true
[ "$(id -u)" = 0 ] || { echo "a node's programs need root" >&2; exit 1; }
"$here/build.sh" "$dir"
dir=$(cd "$dir" && pwd)
cd "$here"
mkdir -p "$dir/tested" "$dir/log"
CGO_ENABLED=0 go build -o "$dir/tested/" ../../../cmd/sidecall ../../../cmd/containerd-shim-sidecall-v1
CGO_ENABLED=0 go test -c -o "$dir/kubernetes.test" .
rm -f "$dir"/log/*
../testnode/isolated.sh "$dir" "$dir/kubernetes.test" -test.v -test.timeout 30m "$@"
