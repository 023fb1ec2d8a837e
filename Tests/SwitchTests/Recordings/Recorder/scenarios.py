# Records what Open vSwitch does with packets over time: mirrors, and flows that packets define.
#     python3 scenarios.py > recording && mv recording ../scenarios.golden       (needs Debian's openvswitch-switch)
# What is written: `mirror` and `flow` as set, `wait` in milliseconds, `in PORT FRAME`, `out PORT FRAME` for what came
# out, and between `flows` and `end` the flows of table 1 then.
import struct
import time

import private_ovs as ovs
from private_ovs import appctl, frames, ofctl, vsctl


def mac(number):
    return bytes([2, 0, 0, 0, 0, number])


def ethernet(source, destination, payload=b"\x88\xb5" + bytes(46), vlan=None):
    tag = b"" if vlan is None else struct.pack("!HH", 0x8100, vlan)
    return mac(destination) + mac(source) + tag + payload


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp(source, destination, ports=(1000, 80), flags=0x10):
    segment = struct.pack("!HHIIBBHHH", *ports, 1, 2, 0x50, flags, 8192, 0, 0) + bytes(20)
    addresses = bytes([10, 0, 0, source]) + bytes([10, 0, 0, destination])
    pseudo = addresses + struct.pack("!BBH", 0, 6, len(segment))
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0, 64, 6, 0) + addresses
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return ethernet(source, destination, b"\x08\x00" + head + segment)


A, B = ethernet(1, 2), ethernet(2, 1)
TAGGED, OTHER = ethernet(1, 2, vlan=0x6064), ethernet(1, 2, vlan=200)

SCENARIOS = [
    ("mirror all", ["flow actions=normal", "mirror select_all=true output-port=3"],
     [(1, A), (2, B), (1, A), (1, TAGGED)]),
    ("mirror source", ["flow actions=normal", "mirror select-src-port=1 output-port=3"], [(1, A), (2, B), (1, A)]),
    ("mirror destination", ["flow actions=normal", "mirror select-dst-port=1 output-port=3"], [(1, A), (2, B), (1, A)]),
    ("mirror both", ["flow actions=normal", "mirror select-src-port=1 select-dst-port=2 output-port=3"],
     [(1, A), (2, B), (1, A)]),
    ("mirror rewritten", ["flow in_port=1,actions=set_field:02:00:00:00:00:99->eth_src,output:2",
                          "mirror select-src-port=1 select-dst-port=2 output-port=3"], [(1, A)]),
    ("mirror vlan", ["flow actions=normal", "mirror select_all=true select-vlan=100 output-port=3"],
     [(1, A), (1, TAGGED), (1, OTHER)]),
    ("mirror to vlan", ["flow actions=output:2", "mirror select-src-port=1 output-vlan=7"],
     [(1, A), (1, TAGGED), (2, B)]),
    ("mirror short", ["flow actions=output:2", "mirror select-src-port=1 output-port=3 snaplen=30"], [(1, A)]),
    ("mirror drop", ["flow actions=drop", "mirror select_all=true output-port=3"], [(1, A)]),
    ("mirror port is taken", ["flow actions=output:3", "mirror select-src-port=2 output-port=3"], [(1, A), (3, A)]),
    ("learn", ["flow table=0,actions=learn(table=1,idle_timeout=10,hard_timeout=20,priority=7,cookie=0x9,"
               "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),resubmit(,1)",
               "flow table=1,priority=0,actions=flood"], [(1, A), "flows", (2, B), (1, A), "flows"]),
    ("learn loads", ["flow table=0,actions=learn(table=1,NXM_OF_VLAN_TCI[0..11],eth_type=0x88b5,"
                     "load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],load:0x5->NXM_NX_REG1[],"
                     "load:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[])"], [(1, A), (2, TAGGED), "flows"]),
    ("learn expires", ["flow table=0,actions=learn(table=1,hard_timeout=5,NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])"],
     [(1, A), "flows", 6000, "flows"]),
    ("learn again", ["flow table=0,actions=learn(table=1,hard_timeout=5,NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])"],
     [(1, A), 3000, (1, A), 3000, "flows"]),
    ("learn limit", ["flow table=0,actions=learn(table=1,limit=2,cookie=0x5,result_dst=NXM_NX_REG0[3],NXM_OF_ETH_SRC[],"
                     "output:NXM_OF_IN_PORT[]),output:NXM_NX_REG0[]",
                     "flow table=1,cookie=0x6,priority=9,dl_type=0x1234,actions=drop"],
     [(1, ethernet(1, 9)), (1, ethernet(2, 9)), (1, ethernet(3, 9)), (1, ethernet(1, 9)), "flows"]),
    ("learn deletes", ["flow table=0,cookie=0x1,in_port=1,actions=learn(table=1,delete_learned,cookie=0x7,"
                       "NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])",
                       "flow table=0,in_port=2,actions=learn(table=1,cookie=0x8,NXM_OF_ETH_SRC[],"
                       "output:NXM_OF_IN_PORT[])"],
     [(1, A), (2, B), "flows", "delete cookie=0x1/-1", "flows"]),
    ("fin timeout", ["flow table=0,priority=1,tcp,actions=learn(table=1,idle_timeout=60,fin_idle_timeout=2,"
                     "eth_type=0x800,nw_proto=6,NXM_OF_IP_SRC[],output:NXM_OF_IN_PORT[]),resubmit(,1)"],
     [(1, tcp(1, 2)), "flows", (1, tcp(1, 2, flags=0x11)), "flows"]),
]


def dump():
    print("flows")
    for line in ofctl("dump-flows", "--no-stats", "table=1", sorted_=True):
        print("have", line)
    print("end")


print(*ovs.recorded("scenarios.golden")[1], sep="\n")
ovs.start(pcap=True)
try:
    appctl("time/stop")
    positions = {}
    for name, settings, steps in SCENARIOS:
        ofctl("del-flows")
        vsctl("clear", "bridge", "br0", "mirrors")
        appctl("fdb/flush", "br0")
        appctl("revalidator/purge")
        print("scenario", name)
        for setting in settings:
            print(setting)
            kind, rest = setting.split(" ", 1)
            if kind == "flow":
                ofctl("add-flow", rest, version="OpenFlow15" if "learn" not in rest else "OpenFlow13")
                continue
            words = ["--", "--id=@m", "create", "mirror", "name=m"]
            names = {}
            for word in rest.split(" "):
                key, value = word.split("=")
                if key.endswith("-port"):
                    words = ["--", f"--id=@p{value}", "get", "port", f"p{value}"] + words
                    value = f"@p{value}"
                words.append(f"{key.replace('-', '_')}={value}")
            vsctl(*words[1:], "--", "set", "bridge", "br0", "mirrors=@m")
        frames(positions)
        for step in steps:
            if step == "flows":
                dump()
            elif isinstance(step, int):
                print("wait", step)
                appctl("time/warp", str(step), "500")
            elif isinstance(step, str):
                print(step)
                ofctl("del-flows", step.split(" ")[1])
            else:
                port, frame = step
                print("in", port, frame.hex())
                appctl("netdev-dummy/receive", f"p{port}", frame.hex())
                time.sleep(0.15)
                for port, frame in frames(positions):
                    print("out", port, frame.hex())
                appctl("time/warp", "10", "10")
                appctl("revalidator/wait")
finally:
    ovs.stop()
