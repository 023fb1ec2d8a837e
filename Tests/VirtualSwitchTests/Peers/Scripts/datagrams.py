"""UDP for scenarios: datagrams.py send ADDRESS PORT COUNT INTERVAL [SIZE] | receive ADDRESS PORT [member]."""
import socket, struct, sys, time

command, address, port, *rest = sys.argv[1:]
endpoint = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if command == "send":
    # Without checksums (SO_NO_CHECK): what the kernel leaves to hardware, Open vSwitch in user space does not finish.
    endpoint.setsockopt(socket.SOL_SOCKET, 11, 1)
    endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 8)
    due = time.monotonic()
    for number in range(int(rest[0])):
        endpoint.sendto(bytes(int(rest[2]) if len(rest) > 2 else 100), (address, int(port)))
        due += float(rest[1])
        time.sleep(max(0, due - time.monotonic()))
else:
    endpoint.bind(("", int(port)))
    if rest == ["member"]:
        endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                            struct.pack("4s4s", socket.inet_aton(address), bytes(4)))
    while True:
        print("received", len(endpoint.recv(65536)), time.monotonic(), flush=True)
