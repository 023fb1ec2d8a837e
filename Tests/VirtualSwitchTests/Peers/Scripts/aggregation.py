"""Sends a LACPDU on each of the interfaces that are named, and prints what the partner says:
aggregation.py INTERFACE…"""
import socket, struct, sys

from os_ken.lib.packet import ethernet, packet, slow

ETHERTYPE = 0x8809

for number, name in enumerate(sys.argv[1:], 1):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
    link.bind((name, ETHERTYPE))
    # SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC (packet(7)).
    link.setsockopt(263, 1, struct.pack("iHH8s", socket.if_nametoindex(name), 1, 0, b""))
    link.settimeout(0.5)
    lacp = slow.lacp(
        actor_system_priority=65535, actor_system="02:00:00:00:00:99", actor_key=9, actor_port_priority=255,
        actor_port=number, actor_state_activity=1, actor_state_timeout=1, actor_state_aggregation=1,
        actor_state_synchronization=1, actor_state_collecting=1, actor_state_distributing=1)
    frame = packet.Packet()
    frame.add_protocol(ethernet.ethernet("01:80:c2:00:00:02", f"02:00:00:00:00:9{number}", ETHERTYPE))
    frame.add_protocol(lacp)
    frame.serialize()
    for _ in range(20):
        link.send(frame.data)
        try:
            # Our own frame comes back to packet sockets, too.
            while (answer := packet.Packet(link.recv(2000)).get_protocol(slow.lacp)).actor_key != 9 or \
                    answer.actor_system == "02:00:00:00:00:99":
                pass
        except TimeoutError:
            continue
        print(f"{name}: partner's port {answer.actor_port}, which knows port {answer.partner_port} of "
              f"{answer.partner_system}, in synchronization: {answer.actor_state_synchronization}")
        break
    else:
        print(f"{name}: no answer")
