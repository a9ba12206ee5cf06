#!/usr/bin/env bash
# Installs Debian's packages for programs and files that are missing, and those that every
# node of these tests needs.
#   usage: packages.sh THING:PACKAGE...
set -euo pipefail
packages=()
for pair in "$@" ip:iproute2 iptables:iptables sysctl:procps unshare:util-linux /bin/busybox:busybox-static \
  /usr/lib/cni/bridge:containernetworking-plugins; do
  command -v "${pair%%:*}" >/dev/null || [ -e "${pair%%:*}" ] || packages+=("${pair#*:}")
done
[ ${#packages[@]} -gt 0 ] || exit 0
apt-get update -q && apt-get install -qy --no-install-recommends "${packages[@]}"
