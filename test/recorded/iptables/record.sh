#!/bin/sh
# Puts every line of rules-4.txt and rules-6.txt, alone, to iptables-legacy-restore and to iptables-nft-restore in an
# empty network namespace, and writes to saved-4.txt and saved-6.txt how iptables-save prints it back, or in which
# words it was refused; and each text of texts-4.txt, of which saved-texts-4.txt says which backend took it. Needs root, iptables, ipset and unshare. Run from any folder.
set -eu
cd "$(dirname "$0")"
if [ "${1:-}" != inside ]; then
  exec unshare -n sh "./$(basename "$0")" inside
fi
ip link set lo up
ipset create addresses hash:ip timeout 0 skbinfo counters
ipset create pairs hash:ip,port
ipset create addresses6 hash:ip family inet6

ask() { # command prefix, backend, table, rule
  if message=$(printf '*%s\n:USER - [0:0]\n%s\nCOMMIT\n' "$3" "$4" | "$1-$2-restore" 2>&1); then
    "$1-$2-save" -t "$3" 2>/dev/null | grep '^-A' | sed -n 1p
  else
    printf '%s' "$message" | grep -v '^Try ' | sed -n '1s/^/refused: /p'
  fi
  printf '*%s\nCOMMIT\n' "$3" | "$1-$2-restore"
}

record() { # address family, command prefix
  printf '# %s, kernel %s\n' "$("$2-legacy" -V | sed 's/ (legacy)//')" "$(uname -r | cut -d. -f1,2)"
  while IFS= read -r line; do
    case $line in '' | '#'*) continue ;; esac
    legacy=$(ask "$2" legacy "${line%% *}" "${line#* }")
    nft=$(ask "$2" nft "${line%% *}" "${line#* }")
    printf '%s\n' "$line"
    if [ "$legacy" = "$nft" ]; then
      printf '  both %s\n' "$legacy"
    else
      printf '  legacy %s\n  nft %s\n' "$legacy" "$nft"
    fi
  done <"rules-$1.txt"
}

try_text() { # text
  for backend in legacy nft; do
    if printf '%s' "$1" | "iptables-$backend-restore" >/dev/null 2>&1; then
      printf '  %s taken\n' "$backend"
    else
      printf '  %s refused\n' "$backend"
    fi
    for table in filter nat mangle; do
      printf '*%s\nCOMMIT\n' "$table" | "iptables-$backend-restore"
    done
  done
}

record_texts() {
  text= name=
  while IFS= read -r line; do
    case $line in
    '== '*)
      [ -z "$name" ] || { printf '%s\n' "$name"; try_text "$text"; }
      name=${line#== } text=
      ;;
    *) text="$text$line
" ;;
    esac
  done <texts-4.txt
  printf '%s\n' "$name"
  try_text "$text"
}
record_texts >saved-texts-4.txt

# Whole machines: the counters are those of three datagrams to the loopback device.
for backend in legacy nft; do
  "iptables-$backend-restore" <dump-4.rules
  for _ in 1 2 3; do bash -c 'echo datagram >/dev/udp/127.0.0.1/9' || true; done
  "iptables-$backend-save" -c >"dump-4.$backend.txt" 2>/dev/null
  "iptables-$backend-save" >"dump-4.$backend-plain.txt" 2>/dev/null
  for table in raw mangle nat filter; do
    printf '*%s\nCOMMIT\n' "$table" | "iptables-$backend-restore"
  done
done
[ "${2:-}" = dumps ] && exit
record 4 iptables >saved-4.txt
record 6 ip6tables >saved-6.txt
