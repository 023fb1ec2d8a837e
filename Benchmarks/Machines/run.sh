#!/bin/bash
# Measures the virtual machines against QEMU's TCG, both sides in one run; the rows go into ../results.md.
#
# usage: Benchmarks/Machines/run.sh [--rounds N] [NAME…]
#   NAME      one of those below; all of them where none is named
#   --rounds  how often the sides alternate (5)
#
# processor       instructions a second of the interpreter alone, and a loop in a guest
# kernel-boot     Debian's cloud kernel from the monitor's start to /init, without firmware, one processor
# firmware-boot   Debian's disk by SeaBIOS and GRUB to the login prompt, in a full machine
# guest-tcp       iperf3 between a guest and a process, over the lab's switch and over a kernel bridge
# guest-memory    what the monitor takes beside the guest's RAM
#
# The guests are those of `rookery vm image make mini` and `debian`, made where they are not there. Root is needed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
case " $* " in *" -h "* | *" --help "*) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;; esac

names=() options=()
while [ $# -gt 0 ]; do
    case $1 in
    --rounds) options+=("$1" "${2:?}"); shift ;;
    *) names+=("$1") ;;
    esac
    shift
done
[ ${#names[@]} -gt 0 ] || names=(machines)
exec "$here/../run.sh" "${options[@]}" "${names[@]}"
