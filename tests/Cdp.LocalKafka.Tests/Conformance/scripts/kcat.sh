#!/usr/bin/env bash
# kcat 1.7 on librdkafka 2.0, as packaged by Debian. It commits a transaction when its input ends, always without offsets.
set -euo pipefail

records() { for i in {0..19}; do echo "k$i:value $i $(printf 'x%.0s' {1..100})"; done; }

# produce BOOTSTRAP TOPIC CODEC [option...]
produce() { records | kcat -P -b "$1" -t "$2" -z "$3" -K : -H client=kcat -H "codec=$3" -H empty= "${@:4}"; }

# One member of the group: reads, commits and leaves. member BOOTSTRAP TOPIC GROUP [option...]
member() {
  timeout 60 kcat -b "$1" -q -f '%h:%k:%s\n' -X auto.offset.reset=earliest -X isolation.level=read_committed -X partition.assignment.strategy=roundrobin "${@:4}" -G "$3" "$2"
}

# The second member does not take over halfway: kcat commits past a marker as soon as it has been fetched, before the records ahead of it are printed.
read_all() {
  local found count=$3
  found=$(member "$1" "$2" "$4" -c "$count")
  [ -z "$(member "$1" "$2" "$4" -e)" ] || fail "records were left behind or came again"
  [ "$(wc -l <<<"$found")" -eq "$count" ] || fail "$(wc -l <<<"$found") records in place of $count"
  # The records of each writer must occur once and in order.
  cut -d: -f1 <<<"$found" | sort -u | while read -r writer; do
    [[ $writer =~ ^client=[a-z-]+,codec=[a-z0-9]+,empty=$ ]] || fail "headers $writer"
    diff <(records) <(grep -F "$writer:" <<<"$found" | cut -d: -f2-) || fail "$writer wrote something else"
  done
}

transactions() {
  produce "$1" "$3" gzip -X "transactional.id=$5"
  read_all "$1" "$3" 20 "$4"
}

fail() { echo "failed: $1" >&2; exit 1; }

command -v kcat >/dev/null || { echo "kcat is not installed; on Debian: apt-get install kcat"; exit 77; }
case $1 in
  tool) ;;
  write) produce "${@:2}" -X enable.idempotence=true ;;
  read) read_all "${@:2}" ;;
  transactions) transactions "${@:2}" ;;
esac
