#!/bin/bash
# One run of Ryu's tester: suite.sh VERSION FOLDER ADAPTER LOG. FOLDER/tests holds the test files; LOG.jsonl gets a line
# for each test, LOG.log what the tester printed. CORRECTED=yes corrects the tests as tester.py says.
#
#   network namespace cnf-PID-t                    network namespace cnf-PID
#   +--------------------------------+             +--------------------------------------------------+
#   | tester: an Open vSwitch bridge | tst1…3-sut1…3 |  the switch under test     ryu on 127.0.0.1:6653 |
#   |         192.0.2.2 (tst9) ------|-- sut9 -----|------------------ 192.0.2.1 ----^                |
#   +--------------------------------+             +--------------------------------------------------+
#
# The adapter is called as `ADAPTER start` and `ADAPTER stop` inside cnf-PID with these variables:
#   NETNS  TARGET_PORTS ("sut1 sut2 sut3", to become ports 1 2 3)  TARGET_DPID (16 hex digits)  CONTROLLER (tcp:…)
#   OFVER (10, 13, 14)  WORK (a folder for its files)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=${1/./} folder=$2 adapter=$3 log=$4
ryu=$CONFORMANCE_DIR/src/ryu python=$CONFORMANCE_DIR/venv-ryu/bin/python
export NETNS=cnf-$$ TARGET_PORTS="sut1 sut2 sut3" TARGET_DPID=0000000000000001 OFVER=$version WORK=$folder
export CONTROLLER=tcp:127.0.0.1:6653
tester_dpid=0000000000000002
inside="ip netns exec $NETNS" outside="ip netns exec $NETNS-t"

tester=''
cleanup() {
    trap '' INT TERM HUP
    set +e
    [ -z "$tester" ] || { kill "$tester" && wait "$tester"; } 2>/dev/null
    $inside "$adapter" stop
    "$here/open-vswitch.sh" stop "$folder/tester"
    ip netns del "$NETNS"
    ip netns del "$NETNS-t"
} 2>/dev/null
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

ip netns add "$NETNS"
ip netns add "$NETNS-t"
for enter in "$inside" "$outside"; do
    $enter ip link set lo up
    # Neighbour discovery by the kernel would be counted as packets of a test.
    $enter sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
done
for port in 1 2 3 9; do
    $inside ip link add "sut$port" type veth peer name "tst$port" netns "$NETNS-t"
    $inside ip link set "sut$port" up mtu 9000
    $outside ip link set "tst$port" up mtu 9000
done
$inside ip addr add 192.0.2.1/24 dev sut9
$outside ip addr add 192.0.2.2/24 dev tst9

# The tester's bridge speaks the same version, so that ryu reads the packet-ins of both alike.
"$here/open-vswitch.sh" start "$folder/tester" "$NETNS-t"
control() { ovs-vsctl --db="unix:$folder/tester/db.sock" --timeout=30 "$@"; }
control add-br tester -- set bridge tester datapath_type=netdev fail-mode=secure "protocols=OpenFlow$version" \
    other-config:datapath-id=$tester_dpid other-config:disable-in-band=true
for port in 1 2 3; do
    control add-port tester "tst$port" -- set interface "tst$port" "ofport_request=$port"
done

(
    cd "$here"
    export PYTHONPATH=$ryu:$here PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore RESULTS=$log.jsonl
    rm -f "$log.jsonl"
    exec $inside "$python" "$ryu/bin/ryu-manager" --ofp-listen-host 0.0.0.0 --ofp-tcp-listen-port 6653 \
        --test-switch-target $TARGET_DPID --test-switch-tester $tester_dpid --test-switch-dir "$folder/tests" \
        --test-switch-target-version "openflow$version" --test-switch-tester-version "openflow$version" tester.py
) >"$log.log" 2>&1 &
tester=$!
for _ in $(seq 100); do
    $inside ss -ltn | grep -q ':6653 ' && break
    sleep 0.1
done
control set-controller tester tcp:192.0.2.1:6653 -- \
    set controller tester connection-mode=out-of-band max_backoff=1000 inactivity_probe=0
if ! $inside "$adapter" start >>"$log.log" 2>&1; then
    echo "conformance: $(basename "$adapter") start failed: $log.log" >&2
    exit 1
fi
wait "$tester" || true
tester=''
