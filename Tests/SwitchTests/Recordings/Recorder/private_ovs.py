# A private ovs-vswitchd with dummy devices, on a folder of its own.
import os
import shutil
import struct
import subprocess
import tempfile
import time

folder = tempfile.mkdtemp(prefix="trace-record.")
environment = dict(os.environ, OVS_RUNDIR=folder, OVS_LOGDIR=folder, OVS_DBDIR=folder)


def run(*words, check=True):
    done = subprocess.run(words, capture_output=True, text=True, env=environment)
    if check and done.returncode:
        raise SystemExit(f"{words}: {done.stderr}{done.stdout}")
    return done.stdout


def vsctl(*words):
    return run("ovs-vsctl", f"--db=unix:{folder}/db.sock", *words)


def appctl(*words):
    return run("ovs-appctl", "-t", f"{folder}/vswitchd.ctl", *words)


def ofctl(verb, *words, version="OpenFlow15", sorted_=False):
    options = [word for word in words if word.startswith("--")]
    rest = [word for word in words if not word.startswith("--")]
    text = run("ovs-ofctl", "-O", version, *options, verb, f"unix:{folder}/br0.mgmt", *rest)
    return sorted(line.strip() for line in text.splitlines()) if sorted_ else text


def start(pcap=False):
    daemon = ["--detach", "--no-chdir", "-vconsole:off"]
    run("ovsdb-tool", "create", f"{folder}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
    run("ovsdb-server", f"{folder}/conf.db", f"--remote=punix:{folder}/db.sock", f"--unixctl={folder}/ovsdb.ctl",
        f"--pidfile={folder}/ovsdb.pid", f"--log-file={folder}/o.log", *daemon)
    vsctl("--no-wait", "init", "--", "set", "open_vswitch", ".", "other_config:vlan-limit=2")
    run("ovs-vswitchd", f"unix:{folder}/db.sock", "--enable-dummy=override", "--disable-system",
        f"--unixctl={folder}/vswitchd.ctl", f"--pidfile={folder}/vswitchd.pid", f"--log-file={folder}/v.log", *daemon)
    versions = ",".join(f"OpenFlow1{minor}" for minor in range(6))
    vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath-type=dummy", "fail-mode=secure",
          f"protocols={versions}")
    for port in (1, 2, 3):
        vsctl("add-port", "br0", f"p{port}", "--", "set", "interface", f"p{port}", "type=dummy",
              f"ofport_request={port}", *([f"options:tx_pcap={folder}/p{port}.pcap"] if pcap else []))


def recorded(name):
    """The lines of a recording, and those above them that say what it is."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", name)
    lines = open(path).read().splitlines()
    return [line for line in lines if not line.startswith("#")], [line for line in lines if line.startswith("#")]


def frames(positions):
    """What the ports have sent since the last call with the same `positions`: (port, frame), port by port."""
    out = []
    for port in (1, 2, 3):
        try:
            data = open(f"{folder}/p{port}.pcap", "rb").read()
        except FileNotFoundError:
            continue
        at = positions.setdefault(port, 24)
        while at + 16 <= len(data):
            length = struct.unpack("<I", data[at + 8:at + 12])[0]
            if at + 16 + length > len(data):
                break
            out.append((port, data[at + 16:at + 16 + length]))
            at += 16 + length
        positions[port] = at
    return out


def stop():
    for name in ("vswitchd", "ovsdb"):
        os.kill(int(open(f"{folder}/{name}.pid").read()), 15)
    time.sleep(0.5)
    shutil.rmtree(folder, ignore_errors=True)
