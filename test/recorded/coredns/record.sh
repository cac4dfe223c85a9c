#!/bin/sh
# record.sh COREDNS answers FOLDER... | COREDNS broken FILE...: runs the recorder (built beforehand, see README.md) in a network
# namespace in which every address is on loopback, with the /etc/hosts and /etc/resolv.conf of this folder.
here=$(cd "$(dirname "$0")" && pwd)
export here
exec unshare --net --mount sh -c '
  ip link set lo up
  ip route add local default dev lo
  ip route add unreachable 192.0.2.98
  ip -6 route add local default dev lo
  echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind
  mount --bind "$here/etc/hosts" /etc/hosts
  mount --bind "$here/etc/resolv.conf" /etc/resolv.conf
  exec "$here/recorder/recorder" "$@"' recorder "$@"
