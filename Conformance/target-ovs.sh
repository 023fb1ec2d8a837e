#!/bin/bash
# The reference: Open vSwitch as the switch under test. suite.sh says how an adapter is called.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
directory=$WORK/target
case $1 in
start)
    "$here/open-vswitch.sh" start "$directory"
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
stop) "$here/open-vswitch.sh" stop "$directory" ;;
esac
