#!/usr/bin/env python3
"""Records what ovs-ofctl sends for the texts of flows.txt, groups.txt and meters.txt, what it prints of flows, and that
it refuses those of refused.txt. Called by record.sh; needs ovs-ofctl alone.

    flows.py FOLDER     where the *.golden files go
"""
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
VERSIONS = {"10": 1, "11": 2, "12": 3, "13": 4, "14": 5, "15": 6}


def message(version, kind, xid, body=b""):
    return struct.pack("!BBHI", version, kind, 8 + len(body), xid) + body


def serve(listener, version, heard):
    """A switch that answers what ovs-ofctl asks first, and notes what it is told."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.settimeout(5)
        connection.sendall(message(version, 0, 1))
        pending = b""
        try:
            while True:
                pending += (data := connection.recv(65536))
                if not data:
                    break
                while len(pending) >= 8:
                    _, kind, length, xid = struct.unpack("!BBHI", pending[:8])
                    if len(pending) < length:
                        break
                    one, pending = pending[:length], pending[length:]
                    barrier = 18 if version == 1 else 20
                    multipart = 16 if version == 1 else 18
                    if kind == barrier:
                        connection.sendall(message(version, barrier + 1, xid))
                    elif kind == 2:
                        connection.sendall(message(version, 3, xid))
                    elif kind == 5:
                        connection.sendall(message(version, 6, xid, struct.pack("!QIBBHII", 1, 0, 254, 0, 0, 0xFF, 0)))
                    elif kind == multipart:
                        rest = b"" if version == 1 else b"\0\0\0\0"
                        connection.sendall(message(version, multipart + 1, xid, one[8:10] + b"\0\0" + rest))
                    elif kind != 0:
                        heard.append(one)
        except OSError:
            pass
        connection.close()


def send(command, texts, versions):
    """What each text makes ovs-ofctl send: text -> version -> messages."""
    result = {}
    for version in versions:
        heard = []
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        threading.Thread(target=serve, args=(listener, VERSIONS[version], heard), daemon=True).start()
        switch = "tcp:127.0.0.1:%d" % listener.getsockname()[1]
        for text in texts:
            heard.clear()
            # On a busy machine a connection may fail; a text that is refused is refused again.
            for _ in range(3):
                if not heard:
                    subprocess.run(
                        ["ovs-ofctl", "-O", "OpenFlow" + version, "--no-names", command, switch, text],
                        capture_output=True, timeout=10)
            result.setdefault(text, {})[version] = list(heard)
        listener.close()
    return result


def cut(one):
    """How a flow-mod is encoded, its match, and its instructions (OpenFlow 1.0: actions); None: something else."""
    version, kind = one[0], one[1]
    if version == 1 and kind == 14:
        return "standard", one[8:48], one[72:]
    if version == 1 and kind == 4 and struct.unpack("!II", one[8:16])[1] == 13:
        length = struct.unpack("!H", one[40:42])[0]
        return "nicira", one[48 : 48 + length], one[48 + (length + 7) // 8 * 8 :]
    if version > 1 and kind == 14:
        length = 88 if version == 2 else (struct.unpack("!H", one[50:52])[0] + 7) // 8 * 8
        return "standard", one[48 : 48 + length], one[48 + length :]
    return None


def printed(messages):
    """What ovs-ofctl prints of flow-mods, a line each; None for those that it cannot read."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"".join(messages))
        file.flush()
        output = subprocess.run(
            ["ovs-ofctl", "--no-names", "ofp-parse", file.name], capture_output=True, text=True).stdout
    lines = [line.split(": ", 1)[1] for line in output.split("\n") if "FLOW_MOD" in line]
    assert len(lines) == len(messages), (len(lines), len(messages))
    return [line if "actions=" in line else None for line in lines]


def texts(name):
    with open(os.path.join(HERE, name)) as file:
        return [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]


def grouped(pairs):
    """Values with the versions that have them, in order."""
    result = {}
    for version, value in pairs:
        result.setdefault(value, []).append(version)
    return result.items()


def record_flows(file):
    file.write(
        "# What ovs-ofctl %s sends for a flow, and prints of what it sent. Recorded by Recorder/flows.py\n"
        "# > the flow\n"
        "# < what it prints, of the versions: 10 to 15; 1n is OpenFlow 1.0 with a Nicira extended match\n"
        "#   versions, match and instructions (OpenFlow 1.0: actions) as bytes; - is none\n" % tool_version())
    sent = send("add-flow", texts("flows.txt"), list(VERSIONS))
    entries = [
        (text, version if how == "standard" else "1n", match.hex() or "-", instructions.hex() or "-", one)
        for text, versions in sent.items()
        for version, messages in versions.items()
        for one in messages
        if (parts := cut(one))
        for how, match, instructions in [parts]
    ]
    lines = printed([entry[4] for entry in entries])
    for text in sent:
        own = [(entry, line) for entry, line in zip(entries, lines) if entry[0] == text]
        if not own:
            print("ovs-ofctl sends nothing for", text, file=sys.stderr)
            continue
        file.write("> %s\n" % text)
        for line, versions in grouped((entry[1], line) for entry, line in own):
            if line:
                file.write("< %s %s\n" % (",".join(versions), line))
        for (match, instructions), versions in grouped((entry[1], entry[2:4]) for entry, _ in own):
            file.write("  %s %s %s\n" % (",".join(versions), match, instructions))


def record_groups(file):
    file.write("# What ovs-ofctl %s sends for a group: > the group; versions and the message behind its version. "
               "Recorded by Recorder/flows.py\n" % tool_version())
    for text, versions in send("add-group", texts("groups.txt"), list(VERSIONS)).items():
        # ovs-ofctl takes another version than it is told to where that one cannot say it.
        own = [(version, messages[0][1:].hex()) for version, messages in versions.items()
               if messages and messages[0][0] == VERSIONS[version]]
        file.write("> %s\n" % text)
        for one, names in grouped(own):
            file.write("  %s %s\n" % (",".join(names), one))


def record_meters(file):
    file.write("# What ovs-ofctl %s sends for a meter: > the meter; the message of OpenFlow 1.3 to 1.5 behind the "
               "version. Recorded by Recorder/flows.py\n" % tool_version())
    for text, versions in send("add-meter", texts("meters.txt"), ["13"]).items():
        file.write("> %s\n  13 %s\n" % (text, versions["13"][0][1:].hex()))


def record_refusals(file):
    file.write("# Flows that ovs-ofctl %s refuses: > the flow, ! why. Recorded by Recorder/flows.py\n" % tool_version())
    for text in texts("refused.txt"):
        answer = subprocess.run(
            ["ovs-ofctl", "-O", "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15", "parse-flow",
             text],
            capture_output=True, text=True)
        if answer.returncode == 0:
            print("ovs-ofctl takes", text, file=sys.stderr)
            continue
        file.write("> %s\n! %s\n" % (text, answer.stderr.strip().split("\n")[-1].replace("ovs-ofctl: ", "")))


def tool_version():
    return re.search(r"\d+\.\d+", subprocess.run(["ovs-ofctl", "--version"], capture_output=True, text=True).stdout)[0]


for name, record in [("flows", record_flows), ("groups", record_groups), ("meters", record_meters),
                     ("refused", record_refusals)]:
    with open(os.path.join(sys.argv[1], name + ".golden"), "w") as file:
        record(file)
