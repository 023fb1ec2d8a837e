#!/bin/bash
# A database and a daemon of Open vSwitch of one's own, with the user-space datapath only:
# open-vswitch.sh start|stop DIR [NETNS]. All of its files are in DIR: ovs-vsctl --db=unix:DIR/db.sock,
# ovs-appctl -t DIR/vswitchd.ctl.
set -euo pipefail
directory=$2 inside=${3:+ip netns exec $3}
export OVS_RUNDIR=$directory OVS_LOGDIR=$directory OVS_DBDIR=$directory
case $1 in
start)
    mkdir -p "$directory"
    ovsdb-tool create "$directory/conf.db" /usr/share/openvswitch/vswitch.ovsschema
    $inside ovsdb-server "$directory/conf.db" --remote="punix:$directory/db.sock" --unixctl="$directory/ovsdb.ctl" \
        --pidfile="$directory/ovsdb.pid" --log-file="$directory/ovsdb.log" --detach --no-chdir -vconsole:off 2>/dev/null
    # No cache of flows in the data path: packets right after a flow-mod would meet old ones.
    ovs-vsctl --db="unix:$directory/db.sock" --no-wait -- init -- set open_vswitch . other_config:flow-limit=0
    $inside ovs-vswitchd "unix:$directory/db.sock" --disable-system --unixctl="$directory/vswitchd.ctl" \
        --pidfile="$directory/vswitchd.pid" --log-file="$directory/vswitchd.log" --detach --no-chdir -vconsole:off \
        2>/dev/null
    ;;
stop)
    for program in vswitchd ovsdb; do
        [ ! -f "$directory/$program.pid" ] || kill "$(cat "$directory/$program.pid")" 2>/dev/null || true
    done
    ;;
*)
    echo "usage: $0 start|stop DIR [NETNS]" >&2
    exit 2
    ;;
esac
