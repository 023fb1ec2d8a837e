# Records what Open vSwitch's user-space connection tracker makes of packets. What is sent stands in the recording
# itself: its requests, packets and waits are taken from there, and `out` and the connections are written anew. A new
# script needs an `end` behind each packet in their place.
#     python3 connections.py > recording && mv recording ../connections.golden      (needs Debian's openvswitch-switch)
# FTP's messages are not rewritten there, since dummy devices' packets have no room to grow: that is tested otherwise.
import re
import time

import private_ovs as ovs
from private_ovs import appctl, folder, frames, ofctl, vsctl

# Where tests can see them: the state in the source address, the mark in the destination address.
REVEAL = "move:NXM_NX_CT_STATE[]->NXM_OF_ETH_SRC[0..31],move:NXM_NX_CT_MARK[]->NXM_OF_ETH_DST[0..31]"


def flows(requests):
    """The flows that give each port's packets to the tracker with the port's request, where it suits the protocol."""
    for port, request in requests.items():
        for family in (4, 6):
            address = re.search(r"nat\((?:src|dst)=([^)]*)\)", request)
            if address and (address.group(1).count(":") > 1) != (family == 6):
                continue
            for protocol in ("tcp", "udp", "icmp", "ip"):
                words = request
                for helper, carrier in (("ftp", "tcp"), ("tftp", "udp")):
                    if protocol != carrier:
                        words = re.sub(rf",?\balg={helper}\b", "", words).lstrip(",")
                match = protocol if family == 4 else "ipv6" if protocol == "ip" else protocol + "6"
                actions = ",".join(filter(None, [words, "table=1"]))
                yield (f"table=0,priority={1 if protocol == 'ip' else 2},in_port={port},{match},"
                       f"actions=ct({actions})")
        yield f"table=1,in_port={port},actions={REVEAL},output:{3 - port}"


def begin(requests):
    appctl("dpctl/flush-conntrack")
    appctl("revalidator/wait")
    ofctl("del-flows", version="OpenFlow14")
    with open(f"{folder}/flows", "w") as file:
        file.write("\n".join(flows(requests)) + "\n")
    ofctl("add-flows", f"{folder}/flows", version="OpenFlow14")
    appctl("revalidator/purge")


def receive(port, frame, positions):
    print("in", port, frame)
    appctl("netdev-dummy/receive", f"p{port}", frame)
    for _ in range(40):
        out = frames(positions)
        if out:
            break
        time.sleep(0.01)
    for number, bytes in out:
        print("out", number, bytes.hex())
    if not out:
        print("out none")


def main():
    lines, heading = ovs.recorded("connections.golden")
    print(*heading, sep="\n")
    appctl("time/stop")
    vsctl("set", "open_vswitch", ".", "other_config:flow-limit=0")
    positions, requests, known = {}, {}, None
    for line in lines:
        kind, _, rest = line.partition(" ")
        if kind == "script":
            requests, known = {}, None
            print(line)
        elif kind == "request":
            port, _, words = rest.partition(" ")
            requests[int(port)] = words
            print(line)
            if len(requests) == 2:
                begin(requests)
                frames(positions)
        elif kind == "warp":
            appctl("time/warp", rest, rest)
            print(line)
        elif kind == "in":
            receive(*rest.split(" "), positions)
        elif kind in ("same", "end"):
            connections = sorted(filter(None, appctl("dpctl/dump-conntrack", "-m").splitlines()))
            if connections == known:
                print("same")
            else:
                known = connections
                print(*(f"dump {connection}" for connection in connections), "end", sep="\n")


ovs.start(pcap=True)
try:
    main()
finally:
    ovs.stop()
