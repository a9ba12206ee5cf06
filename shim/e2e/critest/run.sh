#!/usr/bin/env bash
# Runs critest with runc and with Sidecall's handler, on a containerd made for it and gone
# afterwards, and compares.
#   usage: shim/e2e/critest/run.sh [DIR [TEST-FLAG...]]
# DIR keeps what was built (4 minutes the first time), and the last run's logs and reports in
# DIR/log. CRITEST_FOCUS=REGEXP runs only cases with such a name. Needs root on Debian, and Go.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/sidecall-e2e}; shift || true
version=${CRITOOLS:-1.36.0}
[ "$(id -u)" = 0 ] || { echo "a node's programs need root" >&2; exit 1; }
"$here/../testnode/packages.sh" runc:runc conntrack:conntrack socat:socat
"$here/../build.sh" "$dir"
dir=$(cd "$dir" && pwd)
mkdir -p "$dir/critest" "$dir/tested" "$dir/log"
if [ ! -x "$dir/critest/critest" ]; then
  cd "$dir/critest"
  printf 'module tools\n\ngo 1.26.2\n\nrequire sigs.k8s.io/cri-tools v%s\n' "$version" >go.mod
  GOFLAGS='-mod=mod -buildvcs=false' go test -c -o critest sigs.k8s.io/cri-tools/cmd/critest
fi
cd "$here"
CGO_ENABLED=0 go build -o "$dir/tested/" ../../../cmd/sidecall ../../../cmd/containerd-shim-sidecall-v1
CGO_ENABLED=0 go build -o "$dir/critest/" ./testdata/web ./testdata/euid
CGO_ENABLED=0 go test -c -o "$dir/critest.test" .
rm -f "$dir"/log/*
../testnode/isolated.sh "$dir" "$dir/critest.test" -test.v -test.timeout 30m "$@"
