#!/usr/bin/env bash
# Runs a command on a machine of its own, as far as a Kubernetes node is concerned: with
# its own network, processes and mounts, and with DIR's files in the places that a node's
# programs use. All of it is gone when the command has ended, processes included.
#   usage: isolated.sh DIR COMMAND...     DIR/bin becomes /usr/local/bin
# Needs root; from Debian: util-linux, iproute2, procps.
set -euo pipefail
places=(/etc/containerd /etc/cni/net.d /opt/cni/bin /opt/containerd /var/lib/containerd /var/lib/cni /var/lib/kubelet
  /var/lib/sidecall /var/log/pods /var/log/containers /usr/libexec/kubernetes /usr/local/bin)

if [ "${1:-}" != --inside ]; then
  dir=$(cd "${1:?usage: isolated.sh DIR COMMAND...}" && pwd)
  mkdir -p /run/lock
  exec 9>/run/lock/sidecall-testnode # one at a time: a node's cgroups are the machine's
  flock 9
  made=() pods=$(find /sys/fs/cgroup -maxdepth 2 -name 'kubepods*')
  clean() { # mount points that were not there before, and cgroups that a killed kubelet has left
    [ -n "$pods" ] || find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} + 2>/dev/null || true
    for p in "${made[@]}"; do rmdir "$p" || true; done
  }
  trap clean EXIT
  for p in "${places[@]}"; do
    while [ ! -d "$p" ]; do
      q=$p
      while [ ! -d "${q%/*}" ] && [ -n "${q%/*}" ]; do q=${q%/*}; done
      mkdir "$q" && made=("$q" "${made[@]}")
    done
  done
  shift
  code=0
  unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" --inside "$dir" "$@" 9>&- || code=$?
  exit "$code"
fi

dir=$2
shift 2
mount --make-rshared /
rm -rf "$dir/node"
for p in "${places[@]}"; do
  mkdir -p "$dir/node$p"
  mount --bind "$dir/node$p" "$p"
done
cp "$dir"/bin/* /usr/local/bin/
cp /usr/lib/cni/* /opt/cni/bin/
mount -t tmpfs -o mode=755 tmpfs /run
echo '127.0.0.1 localhost' >"$dir/node/hosts"
mount --bind "$dir/node/hosts" /etc/hosts
ip link set lo up
ip link add node0 type veth peer name node1 # leads nowhere: a node needs an address and a route
ip address add 10.99.0.1/24 dev node0
ip link set node0 up
ip link set node1 up
ip route add default via 10.99.0.254 dev node0
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.route_localnet=1
sysctl -qw net.bridge.bridge-nf-call-iptables=1 2>/dev/null || true
export PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin SIDECALL_TESTNODE=$dir
# This shell is process 1 here, and buries what others leave.
code=0
"$@" || code=$?
exit "$code"
