# Records what Open vSwitch makes of packets, action by action. What is sent stands in the recording itself: its flows,
# groups and packets are taken from there, and `out` is written anew. A new case needs no `out` lines.
#     python3 actions.py > recording && mv recording ../actions.golden       (needs Debian's openvswitch-switch)
import time

import private_ovs as ovs
from private_ovs import appctl, frames, ofctl

def add_flow(text):
    """Adds it with the latest version that can say it."""
    try:
        ofctl("add-flow", text)
    except SystemExit:
        ofctl("add-flow", text, version="OpenFlow10")


lines, heading = ovs.recorded("actions.golden")
print(*heading, sep="\n")
ovs.start(pcap=True)
try:
    positions = {}
    for number, line in enumerate(lines):
        kind, rest = line.split(" ", 1)
        if kind == "out":
            continue
        if kind == "instead":
            # Behind the `out` line that it stood behind.
            place = sum(1 for other in lines[begin:number] if other.startswith("out "))
            out.insert(place + sum(1 for other in out[:place] if other.startswith("instead ")), line)
            continue
        if number > 0:
            print(*out, sep="\n", end="\n" if out else "")
        out, begin = [], number
        print(line)
        if kind == "case":
            ofctl("del-flows")
            ofctl("del-groups")
        elif kind == "group":
            ofctl("add-group", rest)
        elif kind == "flow":
            add_flow(rest)
        else:
            appctl("netdev-dummy/receive", "p1", rest)
            time.sleep(0.1)
            out = [f"out {port} {frame.hex()}" for port, frame in frames(positions)]
    print(*out, sep="\n", end="\n" if out else "")
finally:
    ovs.stop()
