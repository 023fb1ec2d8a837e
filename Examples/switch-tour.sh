#!/bin/bash
# A tour of the switch: each thing that it can do, with a command and what it answers, in a network of its own.
#
# usage: Examples/switch-tour.sh [NUMBER…]     all stations of the tour, or those with these numbers
#
# Wants root, `make build`, and Debian's openvswitch-switch (for its tools; its daemons stay as they are). Nothing on this
# machine is touched: network, /run, /etc/openvswitch and process numbers are the tour's own, and end with it.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
case "${1:-}" in -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;; esac
if [ "${TOUR_IS_INSIDE:-}" = "" ]; then
    [ "$(id -u)" = 0 ] || { echo "Namespaces need root: sudo $0" >&2; exit 1; }
    for need in rookery rookery-lab rookery-switchd; do
        [ -x "$here/.build/release/$need" ] || { echo "$need is not built: make build" >&2; exit 1; }
    done
    for need in ovs-vsctl:openvswitch-switch ovs-ofctl:openvswitch-common unshare:util-linux ip:iproute2 ping:iputils-ping; do
        command -v "${need%%:*}" >/dev/null || { echo "${need%%:*} is missing: apt install ${need##*:}" >&2; exit 1; }
    done
    export TOUR_IS_INSIDE=1
    exec unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi
export PATH=$here/.build/release:$PATH
mount -t tmpfs tmpfs /run && mkdir -p /run/openvswitch /run/netns /run/tour
[ ! -d /etc/openvswitch ] || mount -t tmpfs tmpfs /etc/openvswitch
ip link set lo up
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
cd /run/tour || exit 1
wanted=" $* "

. "$here/Examples/tour-steps.sh"
shorten=(head -12)
until_true() { for _ in $(seq 100); do if eval "$1" >/dev/null 2>&1; then return 0; fi; sleep 0.1; done; return 1; }
start_switch() {
    rookery-switchd --log-file /run/tour/log &
    switch=$!
    disown
    until_true "ovs-appctl version && ovs-vsctl -t 1 show"
}

start_switch
for i in 1 2; do
    ip netns add h$i
    ip link add v$i up type veth peer name eth0 netns h$i
    ip -n h$i address add 10.9.0.$i/24 dev eth0
    ip -n h$i link set eth0 address 02:00:00:00:00:0$i up
done
ovs-vsctl add-br br0 -- add-port br0 v1 -- add-port br0 v2
until_true "ip netns exec h1 ping -c 1 -W 1 10.9.0.2"

section "1 OpenFlow 1.0 to 1.5"
show 'for v in 10 11 12 13 14 15; do ovs-ofctl -O OpenFlow$v show br0 | head -1; done' 'OF1.1.*OF1.2.*OF1.3.*OF1.4.*OF1.5'
show 'ovs-ofctl -O OpenFlow15 add-group br0 "group_id=1,type=select,selection_method=hash,bucket=bucket_id:1,weight:1,output:1,bucket=bucket_id:2,weight:3,output:2"' '^$'
show 'ovs-ofctl -O OpenFlow15 insert-buckets br0 group_id=1,command_bucket_id=last,bucket=bucket_id:3,output:LOCAL; ovs-ofctl -O OpenFlow15 dump-groups br0' 'bucket_id:2,weight:3.*bucket_id:3'
show 'ovs-ofctl -O OpenFlow13 add-meter br0 meter=1,kbps,burst,stats,band=type=drop,rate=1000,burst_size=100; ovs-ofctl -O OpenFlow13 dump-meters br0' 'rate=1000'
show 'ovs-ofctl -O OpenFlow14 mod-table br0 3 evict; ovs-ofctl -O OpenFlow14 dump-table-desc br0 | grep -A1 "table 3:"' 'eviction=on'
show 'printf "flow add table=3,priority=1,ip,actions=drop\nflow add table=3,actions=group:99\n" >bundle; ovs-ofctl -O OpenFlow14 bundle br0 bundle; ovs-ofctl dump-flows br0 table=3' 'BAD_OUT_GROUP.*FLOW reply \(xid=[0-9a-fx]*\): *$'
show 'timeout 2 ovs-ofctl -O OpenFlow14 monitor br0 watch: >heard 2>&1 & sleep 0.5; ovs-ofctl add-flow br0 table=4,tcp,actions=drop; wait $!; grep event heard' 'event=ADDED table=4'
show 'ovs-ofctl add-tlv-map br0 "{class=0xffff,type=0,len=4}->tun_metadata0"; ovs-ofctl add-flow br0 "table=5,tun_metadata0=0x1234,actions=drop"; ovs-ofctl --no-stats dump-flows br0 table=5' 'tun_metadata0=0x1234'

section "2 Connection tracking"
quietly 'ovs-ofctl del-flows br0; ovs-ofctl add-flow br0 priority=9,arp,actions=normal'
show 'ovs-ofctl add-flow br0 "ip,in_port=v1,actions=ct(commit,zone=1,nat(src=10.9.0.100)),v2"; ovs-ofctl add-flow br0 "ip,in_port=v2,actions=ct(zone=1,nat,table=1)"; ovs-ofctl add-flow br0 "table=1,ip,ct_state=+trk+est,actions=v1"' '^$'
quietly 'ip -n h2 neigh replace 10.9.0.100 lladdr 02:00:00:00:00:01 dev eth0'
show 'ip netns exec h1 ping -c 2 -i 0.2 10.9.0.2 | grep loss; ovs-appctl dpctl/dump-conntrack' ' 0% packet loss.*dst=10.9.0.100.*zone=1'

section "3 Controllers: TCP, roles, fail modes; one that dies"
quietly 'ovs-ofctl del-flows br0'
if [ "$skipped" = "" ]; then rookery controller run learning --listen ptcp:6653:127.0.0.1 >/run/tour/controller 2>&1 & disown; fi
controller=$!
show 'ovs-vsctl set-controller br0 tcp:127.0.0.1:6653; until_true "ovs-vsctl get controller br0 is_connected | grep true"; ovs-vsctl --columns=target,is_connected,role list controller' 'is_connected *: true'
show 'ip netns exec h1 ping -c 2 -i 0.2 10.9.0.2 | grep loss; rookery switch flows br0 --no-stats' ' 0% packet loss.*CONTROLLER'
quietly 'kill -9 $controller'
show 'ip netns exec h1 ping -c 2 -i 0.2 10.9.0.2 | grep loss' ' 0% packet loss'
quietly 'ovs-vsctl del-controller br0'

section "4 OVSDB"
show "ovsdb-client transact '[\"Open_vSwitch\",{\"op\":\"insert\",\"table\":\"QoS\",\"row\":{\"type\":\"linux-htb\"},\"uuid-name\":\"q\"},{\"op\":\"update\",\"table\":\"Port\",\"where\":[[\"name\",\"==\",\"v1\"]],\"row\":{\"qos\":[\"named-uuid\",\"q\"]}}]'" '"count":1'
show "ovsdb-client transact '[\"Open_vSwitch\",{\"op\":\"insert\",\"table\":\"Port\",\"row\":{\"name\":\"x\",\"tag\":5000}}]'" 'valid range 0 to 4095'
show 'ovsdb-client backup >backup.db; ovsdb-tool query backup.db "[\"Open_vSwitch\",{\"op\":\"select\",\"table\":\"Bridge\",\"where\":[],\"columns\":[\"name\"]}]"' '"name":"br0"'

section "5 The tools, and ours"
show 'ovs-vsctl show' 'Bridge br0.*Port v2'
show 'ovs-appctl ofproto/trace br0 in_port=v1,icmp | tail -4; ovs-appctl fdb/show br0' 'Datapath actions.*port +VLAN +MAC'
show 'rookery switch show; rookery switch trace br0 in_port=v1,icmp | tail -2' 'br0.*Datapath actions'
if command -v mn >/dev/null; then
    show 'mn --switch ovsk --controller none --topo single,3 --test none 2>&1 | tail -3' 'completed in'
fi

section "6 Labs with controllers"
show "rookery up --graphml $here/Examples/abilene.graphml --controller shortest-path -d >/dev/null; sleep 2; rookery switch controllers -n abilene | head -4" 'shortest-path +yes'
show 'rookery ping h-seattle h-new-york; rookery switch flows abilene/seattle --no-stats | head -4' ' 0% lost'
quietly 'rookery down abilene'

section "7 Flows as text"
show 'ovs-ofctl add-flow br0 "table=7,tcp,tp_dst=80,reg0=0x5/0xff,actions=learn(table=8,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),dec_ttl,resubmit(,8)"; ovs-ofctl --no-stats dump-flows br0 table=7; rookery switch flows br0 table=7 --no-stats' 'table=7, tcp,reg0=0x5/0xff,tp_dst=80 actions=learn.*table=7.*tcp,reg0=0x5/0xff,tp_dst=80 actions=learn'

section "8 Other people's controllers: a hub of os-ken"
cat >hub.py <<'APP'
from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, set_ev_cls


class Hub(app_manager.OSKenApp):
    OFP_VERSIONS = [4]

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def switch_is_there(self, event):
        switch, proto, parser = (event.msg.datapath, event.msg.datapath.ofproto, event.msg.datapath.ofproto_parser)
        actions = [parser.OFPActionOutput(proto.OFPP_FLOOD)]
        apply = parser.OFPInstructionActions(proto.OFPIT_APPLY_ACTIONS, actions)
        switch.send_msg(parser.OFPFlowMod(datapath=switch, priority=7, match=parser.OFPMatch(), instructions=[apply]))
APP
if [ "$skipped" = "" ] && command -v osken-manager >/dev/null; then
    osken-manager --ofp-tcp-listen-port 6654 ./hub.py >/run/tour/osken 2>&1 &
    disown
    quietly 'ovs-ofctl del-flows br0; ovs-vsctl set-controller br0 tcp:127.0.0.1:6654 -- set bridge br0 protocols=OpenFlow13'
    quietly 'until_true "ovs-ofctl -O OpenFlow13 dump-flows br0 | grep FLOOD"'
    show 'ovs-ofctl -O OpenFlow13 --no-stats dump-flows br0; ip netns exec h1 ping -c 2 -i 0.2 10.9.0.2 | grep loss' 'priority=7 actions=FLOOD.* 0% packet loss'
    quietly 'ovs-vsctl del-controller br0 -- clear bridge br0 protocols'
elif [ "$skipped" = "" ]; then
    echo "osken-manager is missing: apt install python3-os-ken"
fi

section "9 kill -9"
crash() {
    for n in $(seq 30); do ovs-vsctl --no-wait set bridge br0 external-ids:n=$n && echo $n >acknowledged; done
    kill -9 $switch
    start_switch
}
[ "$skipped" != "" ] || printf '\n$ %s\n' 'for n in $(seq 30); do ovs-vsctl --no-wait set bridge br0 external-ids:n=$n && echo $n >acknowledged; done; kill -9 $switch; start_switch'
quietly crash
show 'cat acknowledged; ovs-vsctl get bridge br0 external-ids:n' '^([0-9]+) "\1"'
show 'until_true "ip netns exec h1 ping -c 1 -W 1 10.9.0.2"; ip netns exec h1 ping -c 2 -i 0.2 10.9.0.2 | grep loss' ' 0% packet loss'

echo
if [ $failures = 0 ]; then echo "All as expected."; else echo "$failures not as expected."; exit 1; fi
