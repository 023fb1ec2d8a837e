#!/bin/sh
# Makes the recordings of ../Golden again, with the ovs-ofctl and ovs-vswitchd that are installed (Debian's
# openvswitch-switch). The switch is a private one with dummy devices, so that no rights are needed.
set -eu
cd "$(dirname "$0")"
./flows.py ../Golden
./messages.py ../Golden
