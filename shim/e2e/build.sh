#!/usr/bin/env bash
# Builds what the tests of this folder need into DIR/bin: containerd, ctr and runc's shim, from their Go module.
#   usage: shim/e2e/build.sh DIR; SIDECALL_E2E=DIR go test ./shim/e2e
# CONTAINERD=2.0.7 builds another version. From the distribution: apt-get install runc containernetworking-plugins
set -euo pipefail
dir=${1:?usage: build.sh DIR}; version=${CONTAINERD:-2.4.2}
mkdir -p "$dir/bin" "$dir/mod"; dir=$(cd "$dir" && pwd)
command -v runc >/dev/null || echo "runc is missing: apt-get install runc" >&2
[ -x "$dir/bin/containerd" ] && [ -x "$dir/bin/ctr" ] && [ -x "$dir/bin/containerd-shim-runc-v2" ] && exit 0
cd "$dir/mod"
[ -f go.mod ] || printf 'module tools\n\ngo 1.26\n' > go.mod
c=github.com/containerd/containerd/v2/cmd
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
go get -tool "$c/containerd@v$version" "$c/ctr@v$version" "$c/containerd-shim-runc-v2@v$version"
go build -tags 'no_btrfs no_zfs no_devmapper' -o "$dir/bin/" "$c/containerd" "$c/ctr" "$c/containerd-shim-runc-v2"
