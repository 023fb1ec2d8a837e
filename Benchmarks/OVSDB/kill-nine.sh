#!/bin/bash
# Kills the database server with SIGKILL while clients write, again and again, and looks whether every transaction that
# a client was told of is there afterwards. usage: kill-nine.sh [ROUNDS]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rounds=${1:-20}
scratch=${OVSDB_SCRATCH:-$here/../.build}
if swift build -c release --package-path "$here/.." --scratch-path "$scratch" --product ovsdb-serve 2>&1 |
    grep "error:"; then exit 1; fi
serve=$scratch/release/ovsdb-serve
work=$(mktemp -d)
server=
writers=()
trap 'kill -9 $server "${writers[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

start() {
    "$serve" "$work/conf.db" "$work/sock" >>"$work/log" 2>&1 &
    server=$!
    # The socket file of the one before may still lie there.
    until ovsdb-client --timeout=1 list-dbs "unix:$work/sock" >/dev/null 2>&1; do sleep 0.02; done
}

# CLIENT: one durable transaction after the other, until the server is gone; what was acknowledged goes to a file.
write() {
    local n=0 name reply
    while :; do
        n=$((n + 1))
        name="$1-$n"
        reply=$(ovsdb-client --timeout=2 transact "unix:$work/sock" "[\"Open_vSwitch\",
            {\"op\":\"insert\",\"table\":\"QoS\",\"row\":{\"type\":\"$name\"}},
            {\"op\":\"commit\",\"durable\":true}]" 2>/dev/null) || return 0
        case $reply in *error*) echo "refused: $reply" >&2; return 1 ;; esac
        echo "$name" >>"$work/acknowledged.$1"
    done
}

for ((round = 1; round <= rounds; round++)); do
    start
    writers=()
    for client in 1 2 3; do
        write "$round.$client" &
        writers+=($!)
    done
    sleep "0.$((RANDOM % 6 + 2))"
    kill -9 "$server"
    wait "${writers[@]}"
    wait "$server" 2>/dev/null || true
done
start
ovsdb-client --format=list --data=bare --no-headings dump "unix:$work/sock" Open_vSwitch QoS type |
    sed 's/^type *: //' | sort >"$work/there"
cat "$work"/acknowledged.* | sort >"$work/acknowledged"
lost=$(comm -23 "$work/acknowledged" "$work/there" | wc -l)
echo "$rounds kills, $(wc -l <"$work/acknowledged") transactions acknowledged," \
    "$(grep -c . "$work/there" || true) there, $lost lost; $(grep -c "cut off" "$work/log" || true) files cut"
[ "$lost" = 0 ] && [ -s "$work/acknowledged" ]
