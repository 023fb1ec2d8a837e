# Records what `ofproto/trace` of Open vSwitch says, with a private ovs-vswitchd and dummy devices:
#     python3 traces.py > recording && mv recording ../traces.golden       (needs Debian's openvswitch-switch)
import private_ovs as ovs
from cases import CASES
from private_ovs import appctl, ofctl

print(*ovs.recorded("traces.golden")[1], sep="\n")
ovs.start()
try:
    for case in CASES:
        ofctl("del-flows")
        ofctl("del-groups")
        ofctl("del-meters")
        print("case", case["name"])
        for kind in ("meter", "group", "flow"):
            for text in case.get(kind + "s", []):
                print(kind, text)
                version = case.get("version", "OpenFlow15") if kind == "flow" else "OpenFlow15"
                ofctl(f"add-{kind}", text, version=version)
        for packet in case["packets"]:
            print("packet", packet)
            for line in appctl("ofproto/trace", "br0", *packet.split(" ")).splitlines():
                print(("| " + line).rstrip())
finally:
    ovs.stop()
