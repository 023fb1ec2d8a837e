#!/bin/bash
# Our database server against ovsdb-server: PORTS (500) ports added by as many calls of `ovs-vsctl --no-wait`, the sides
# alternating; seconds, the server's processor time in seconds, its memory and its file.
# usage: add-ports.sh [PORTS [ROUNDS]]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
ports=${1:-500}
rounds=${2:-3}
scratch=${OVSDB_SCRATCH:-$here/../.build}
if swift build -c release --package-path "$here/.." --scratch-path "$scratch" --product ovsdb-serve 2>&1 |
    grep "error:"; then exit 1; fi
serve=$scratch/release/ovsdb-serve
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

measure() {
    local name=$1 start end i
    shift
    "$@" >/dev/null 2>&1 &
    server=$!
    until [ -S "$work/sock" ]; do sleep 0.02; done
    local vsctl="ovs-vsctl --no-wait --db=unix:$work/sock"
    $vsctl init
    $vsctl add-br br0
    start=$(date +%s%N)
    for ((i = 1; i <= ports; i++)); do $vsctl add-port br0 "p$i"; done
    end=$(date +%s%N)
    [ "$($vsctl list-ports br0 | wc -l)" = "$ports" ] || { echo "$name: ports are missing" >&2; exit 1; }
    local ticks
    ticks=$(awk '{print $14 + $15}' "/proc/$server/stat")
    printf '%-14s %7s s   server %6s s   %8s KiB   file %9s bytes\n' "$name" \
        "$(awk "BEGIN {printf \"%.2f\", ($end - $start) / 1e9}")" \
        "$(awk "BEGIN {printf \"%.2f\", $ticks / $(getconf CLK_TCK)}")" \
        "$(awk '/VmRSS/ {print $2}' "/proc/$server/status")" "$(stat -c %s "$work/conf.db")"
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
    rm -rf "${work:?}"/* "$work"/.??*
}

for ((round = 0; round < rounds; round++)); do
    ovsdb-tool create "$work/conf.db" /usr/share/openvswitch/vswitch.ovsschema
    measure ovsdb-server ovsdb-server "$work/conf.db" --remote=punix:"$work/sock" --unixctl="$work/ctl" -vconsole:off
    measure rookery "$serve" "$work/conf.db" "$work/sock"
done
