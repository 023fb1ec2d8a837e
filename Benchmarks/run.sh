#!/bin/bash
# Measures Rookery against its peers, both sides in one run, and writes results.md.
#
# usage: Benchmarks/run.sh [--all] [--rounds N] [NAME…]
#   NAME      one of those below; all of them where none is named
#   --all     also the slow and the secondary comparisons (Mininet's tree,2,32 alone takes five minutes)
#   --rounds  how often the sides alternate (5)
#
# start-stop        tree,4,4 up and down, against Mininet       udp     64-byte datagrams, against Open vSwitch
# start-stop-large  tree,2,32 (1,024 hosts) up and down         rtt     round trips, against the kernel bridge
# memory            the supervisor's memory with 1,024 hosts    lookup  the flow tables in memory
# tcp               one stream, against the kernel bridge,      delay   the error of a link of 10 ms
#                   Open vSwitch, and its DPDK build            rate    the error of links of 100 Mbit/s and 1 Gbit/s
# tcp-chain         one stream through a hundred switches     lab-file  a lab file of 10,000 nodes, read
# switch            these three, against ovs-vswitchd: flow-setup (flows that a controller sets up in a second),
#                   flow-load (100,000 flows with ovs-ofctl: time, memory), add-ports (500 ports with ovs-vsctl)
# machines          virtual machines, against QEMU's TCG: processor, kernel-boot, firmware-boot, guest-tcp, guest-memory
#                   (Machines/run.sh says what they are)
#
# ROOKERY_BIN is the directory of rookery and rookery-lab (.build/release). Root is needed for the peers' namespaces.
# Everything that is made here is removed at the end and on Ctrl-C, and lies in namespaces of its own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
case " $* " in *" -h "* | *" --help "*) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;; esac

[ "$(id -u)" = 0 ] || { echo "The peers need network namespaces: run this as root." >&2; exit 1; }
export ROOKERY_BIN=${ROOKERY_BIN:-$here/../.build/release}
for program in rookery rookery-lab; do
    [ -x "$ROOKERY_BIN/$program" ] || { echo "$ROOKERY_BIN/$program is missing: make build" >&2; exit 1; }
done
for need in python3:python3 ip:iproute2 ping:iputils-ping iperf3:iperf3; do
    command -v "${need%%:*}" >/dev/null || { echo "${need%%:*} is missing: apt install ${need##*:}" >&2; exit 1; }
done
exec env PYTHONDONTWRITEBYTECODE=1 python3 "$here/measures.py" "$@"
