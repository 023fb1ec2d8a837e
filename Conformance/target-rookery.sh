#!/bin/bash
# Rookery's switch as the switch under test, configured with Open vSwitch's own ovs-vsctl. suite.sh says how an adapter
# is called.
# ROOKERY_BIN is the directory of rookery-switchd (.build/release).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
directory=$WORK/target daemon=${ROOKERY_BIN:-$here/../.build/release}/rookery-switchd
case $1 in
start)
    [ -x "$daemon" ] || { echo "$daemon is missing: make build" >&2; exit 1; }
    mkdir -p "$directory"
    setsid "$daemon" --run-dir "$directory" --database "$directory/conf.db" --remote "punix:$directory/db.sock" \
        >"$directory/rookery-switchd.log" 2>&1 </dev/null &
    echo $! >"$directory/pid"
    for _ in $(seq 100); do
        [ ! -S "$directory/db.sock" ] || break
        sleep 0.05
    done
    control() { ovs-vsctl --db="unix:$directory/db.sock" --timeout=30 "$@"; }
    control add-br sut -- set bridge sut datapath_type=netdev fail-mode=secure "protocols=OpenFlow$OFVER" \
        "other-config:datapath-id=$TARGET_DPID" other-config:disable-in-band=true
    number=0
    for port in $TARGET_PORTS; do
        control add-port sut "$port" -- set interface "$port" "ofport_request=$((++number))"
    done
    control set-controller sut "$CONTROLLER" -- \
        set controller sut connection-mode=out-of-band max_backoff=1000 inactivity_probe=0
    ;;
stop)
    [ ! -f "$directory/pid" ] || kill "$(cat "$directory/pid")" 2>/dev/null || true
    ;;
esac
