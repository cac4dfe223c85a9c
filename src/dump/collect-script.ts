/**
 * The script that `kubewalk node-dump-script` prints: it writes what there is to read into a folder. A command that
 * the node does not have, or that may not be run, leaves no file behind and is told on standard error. Nothing is
 * changed on the node and nothing is sent anywhere.
 */
export const collectScript = `#!/bin/sh
# Writes the state of this machine's network into a folder (default: node-dump). Run it as root to have all of it.
# It reads and changes nothing; look through the folder before you give it away.
dir=\${1:-node-dump}
umask 077
mkdir -p "$dir" || exit 1
get() { file=$dir/$1; shift; "$@" >"$file" 2>"$dir/.why" && return; rm -f "$file"; echo "not read: $*: $(head -n 1 "$dir/.why")" >&2; }
for tables in iptables ip6tables; do get $tables-save $tables-save; done
for tables in iptables ip6tables; do command -v $tables-legacy-save >/dev/null && get $tables-legacy-save $tables-legacy-save; done
get ip-addr ip addr; get ip-link ip -d link; get ip-route ip -4 route show table all; get ip6-route ip -6 route show table all
get ip-rule ip rule; get ip6-rule ip -6 rule; get ip-neigh ip neigh; get bridge-fdb bridge fdb show; get ipset-save ipset save
get sysctl sysctl -a; get conntrack conntrack -L; test -f "$dir/conntrack" || get nf_conntrack cat /proc/net/nf_conntrack
rm -f "$dir/.why"; echo "collected in $dir:" "$dir"/*
`
