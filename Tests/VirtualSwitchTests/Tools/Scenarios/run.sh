#!/bin/bash
# run.sh SCENARIO SWITCHD - does the commands of a scenario, in namespaces of its own where the standard paths are
# private, and prints each with what it answered: times, UUIDs and process numbers made the same for all runs.
# SWITCHD is the path of rookery-switchd, or "ovs": Open vSwitch's own daemons with the user-space datapath, which wrote
# the goldens beside this file: for n in *.scenario; do bash run.sh ${n%.scenario} ovs >${n%.scenario}.golden; done
#
# A line of a scenario is a command. "!" before it: done, not shown. "?" before it: repeated until it succeeds.
# "~" before it: done with its output sorted.
if [ "$3" != inside ]; then
    exec unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$1" "$2" inside
fi
here=$(cd "$(dirname "$0")" && pwd)
scenario=$here/$1.scenario
switchd=$2
mount -t tmpfs tmpfs /run
run=/run/openvswitch
mkdir -p $run /run/work
[ ! -d /etc/openvswitch ] || mount -t tmpfs tmpfs /etc/openvswitch
[ ! -d /var/log/openvswitch ] || mount -t tmpfs tmpfs /var/log/openvswitch
cd /run/work || exit 1
export OVS_RUNDIR=$run
ip link set lo up
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1

wait_for() {
    for _ in $(seq 400); do
        if eval "$1"; then return 0; fi
        sleep 0.05
    done
    echo "waited in vain for: $1"
    return 1
}
# No command may wait for ever.
for tool in ovs-vsctl ovs-ofctl ovs-appctl ovs-dpctl ovsdb-client ovsdb-tool; do
    eval "$tool() { timeout -k 1 10 $tool \"\$@\"; }"
done
start_switch() {
    if [ "$switchd" = ovs ]; then
        [ -e $run/conf.db ] || ovsdb-tool create $run/conf.db /usr/share/openvswitch/vswitch.ovsschema
        ovsdb-server $run/conf.db --remote=punix:$run/db.sock --remote=db:Open_vSwitch,Open_vSwitch,manager_options \
            --private-key=db:Open_vSwitch,SSL,private_key --certificate=db:Open_vSwitch,SSL,certificate \
            --bootstrap-ca-cert=db:Open_vSwitch,SSL,ca_cert --pidfile --log-file=/run/ovsdb.log -vconsole:off \
            >/run/console.log 2>&1 &
        daemons="$!"
        wait_for "[ -S $run/db.sock ]"
        # What ovs-ctl does after it.
        ovs-vsctl --no-wait -- init -- set Open_vSwitch . db-version=8.3.1 ovs-version=3.1.0
        ovs-vswitchd unix:$run/db.sock --disable-system --pidfile --log-file=/run/vswitchd.log -vconsole:off \
            >/run/console.log 2>&1 &
        daemons="$daemons $!"
    else
        "$switchd" --run-dir $run --database $run/conf.db --log-file /run/vswitchd.log >/run/console.log 2>&1 &
        daemons=$!
    fi
    wait_for "ovs-appctl version >/dev/null 2>&1 && ovs-vsctl -t 1 --bare list open >/dev/null 2>&1"
    wait_for "ovs-vsctl get open . iface_types 2>/dev/null | grep -q internal"
}
kill_switch() { kill -9 $daemons; wait $daemons 2>/dev/null; }

normalised() {
    sed -u -E -e 's/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/UUID/g' \
        -e 's/(duration|idle_age|hard_age|used|age)=[0-9.]+s?/\1=N/g' -e 's/duration(_sec)?:?[0-9.]+s?/duration:N/' \
        -e 's/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z\|[0-9]+\|/TIME|/' -e '/^[0-9a-f]{8}  [0-9a-f]{2} /d' \
        -e 's/xid=0x[0-9a-f]+/xid=X/g' -e 's/^.*line [0-9]+: +[0-9]+ (Alarm clock|Terminated).*$/\1/'
}
scenario_body() {
    start_switch
    while IFS= read -r line; do
        case $line in
            "" | "#"*) ;;
            "!"*) eval "${line#!}" >/dev/null 2>&1 ;;
            "?"*) wait_for "${line#\?} >/dev/null 2>&1" ;;
            "~"*)
                echo "\$ ${line#\~}"
                eval "${line#\~}" 2>&1 | LC_ALL=C sort
                ;;
            *)
                echo "\$ $line"
                eval "$line" 2>&1
                status=$?
                [ $status = 0 ] || echo "status $status"
                ;;
        esac
    done <"$scenario"
}
scenario_body </dev/null | normalised
[ -z "$LOGS" ] || cat /run/*.log >&2
