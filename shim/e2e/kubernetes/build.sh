#!/usr/bin/env bash
# Builds a Kubernetes into DIR/bin from its Go module, and installs what Debian has of a node.
#   usage: shim/e2e/kubernetes/build.sh DIR
# The first time takes 10 minutes on 2 cores and 5 GB of Go's caches; then nothing is done twice.
set -euo pipefail
dir=${1:?usage: build.sh DIR}; version=${KUBERNETES:-1.34.4}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$dir/bin" "$dir/kubernetes"; dir=$(cd "$dir" && pwd)
"$here/../testnode/packages.sh" runc:runc etcd:etcd-server conntrack:conntrack ethtool:ethtool socat:socat
"$here/../build.sh" "$dir"

programs=(kubelet kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubectl)
missing=()
for p in "${programs[@]}"; do [ -x "$dir/bin/$p" ] || missing+=("k8s.io/kubernetes/cmd/$p"); done
[ ${#missing[@]} -gt 0 ] || exit 0
cd "$dir/kubernetes"
printf 'module tools\n\ngo 1.24\n' >go.mod
go mod download "k8s.io/kubernetes@v$version"
# Kubernetes' own module takes its libraries from its tree, which modules do not have;
# the same ones are published with the version 0.MINOR.PATCH.
theirs=$(go env GOMODCACHE)/cache/download/k8s.io/kubernetes/@v/v$version.mod
{
  printf 'module tools\n\n'
  grep '^go ' "$theirs"
  printf '\nrequire k8s.io/kubernetes v%s\n' "$version"
  grep -oE '^\s*k8s\.io/[a-z0-9-]+ => \./staging' "$theirs" | awk '{print $1}' | sort -u |
    while read -r module; do printf 'replace %s => %s v0.%s\n' "$module" "$module" "${version#1.}"; done
} >go.mod
GOFLAGS='-mod=mod -buildvcs=false' go build -o "$dir/bin/" "${missing[@]}"
