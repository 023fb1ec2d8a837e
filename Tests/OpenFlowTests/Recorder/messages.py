#!/usr/bin/env python3
"""Records the messages that ovs-ofctl and a private ovs-vswitchd with dummy devices exchange, in every version of
OpenFlow: the answers to commands, and what a switch says unasked. Called by record.sh; needs Debian's
openvswitch-switch, no rights.

    messages.py FOLDER     where openflow10.txt to openflow15.txt go
"""
import os
import re
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

FOLDER = tempfile.mkdtemp(prefix="openflow-record.")
SWITCH = "unix:%s/br0.mgmt" % FOLDER
PACKET = "ffffffffffff0200000000010806000108000604000102000000000107000001000000000000070000ff"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)


# The switch


def start():
    environment = dict(os.environ, OVS_RUNDIR=FOLDER, OVS_LOGDIR=FOLDER, OVS_DBDIR=FOLDER)

    def daemon(name, *arguments):
        command = [name, *arguments, "--unixctl=%s/%s.ctl" % (FOLDER, name), "--pidfile=%s/%s.pid" % (FOLDER, name),
                   "--log-file=%s/%s.log" % (FOLDER, name), "--detach", "--no-chdir", "-vconsole:off"]
        subprocess.run(command, check=True, env=environment)

    schema = "/usr/share/openvswitch/vswitch.ovsschema"
    subprocess.run(["ovsdb-tool", "create", FOLDER + "/conf.db", schema], check=True, env=environment)
    daemon("ovsdb-server", FOLDER + "/conf.db", "--remote=punix:%s/db.sock" % FOLDER)
    database = ["ovs-vsctl", "--db=unix:%s/db.sock" % FOLDER]
    run(*database, "--no-wait", "init")
    daemon("ovs-vswitchd", "unix:%s/db.sock" % FOLDER, "--enable-dummy=override", "--disable-system")
    versions = ",".join("OpenFlow1%d" % number for number in range(6))
    run(*database, "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=dummy", "fail-mode=secure",
        "protocols=" + versions, "other-config:datapath-id=00000000000000aa", "other-config:hwaddr=02:00:00:00:00:aa")
    for number in (1, 2, 3):
        run(*database, "add-port", "br0", "p%d" % number, "--", "set", "interface", "p%d" % number, "type=dummy",
            "ofport_request=%d" % number)


def stop():
    for name in ("ovs-vswitchd", "ovsdb-server"):
        try:
            os.kill(int(open("%s/%s.pid" % (FOLDER, name)).read()), 15)
        except (OSError, ValueError) as error:
            print(error, file=sys.stderr)
    time.sleep(1)
    shutil.rmtree(FOLDER, ignore_errors=True)


# Between ovs-ofctl and the switch


class Relay:
    """Hands on what two say to each other, and notes it: (toSwitch, message)."""

    def __init__(self):
        self.heard = []
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(8)
        self.address = "tcp:127.0.0.1:%d" % self.listener.getsockname()[1]
        self.threads = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            switch = socket.socket(socket.AF_UNIX)
            switch.connect(SWITCH[5:])
            for source, target, is_to_switch in ((client, switch, True), (switch, client, False)):
                thread = threading.Thread(target=self.pump, args=(source, target, is_to_switch), daemon=True)
                thread.start()
                self.threads.append(thread)

    def pump(self, source, target, is_to_switch):
        pending = b""
        try:
            while data := source.recv(65536):
                pending += data
                while len(pending) >= 8 and len(pending) >= (length := struct.unpack("!H", pending[2:4])[0]):
                    self.heard.append((is_to_switch, pending[:length]))
                    pending = pending[length:]
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        for thread in self.threads:
            thread.join(1)
        self.listener.close()
        return self.heard


# What is said


def commands(version):
    flows = """
        priority=1,actions=drop
        in_port=1,actions=output:2
        cookie=0x1234,idle_timeout=10,hard_timeout=20,priority=100,tcp,nw_src=10.0.0.0/8,nw_dst=192.168.1.1,tp_src=1000,tp_dst=80,actions=output:2,output:3
        send_flow_rem,check_overlap,dl_src=00:11:22:33:44:55,dl_vlan=100,dl_vlan_pcp=3,actions=strip_vlan,output:1
        arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,actions=flood
        icmp,icmp_type=8,icmp_code=0,actions=controller:128
        table=1,priority=5,actions=resubmit(,2)
        reg0=5,metadata=0x1234/0xffff,actions=move:NXM_NX_REG0[]->NXM_NX_REG1[],load:0x7->NXM_NX_REG2[0..15]
        ipv6,ipv6_src=fe80::/64,ipv6_label=0x12345,actions=dec_ttl,output:2"""
    lines = ["add-flow '%s'" % flow.strip() for flow in flows.strip().split("\n")]
    lines += """
        mod-flows 'udp,actions=output:3'
        --strict mod-flows 'priority=1,cookie=0x5/-1,actions=output:2'
        del-flows 'tcp'
        del-flows 'cookie=0x1234/0xff00,out_port=2'
        --strict del-flows 'priority=7,ip'
        show
        dump-flows
        dump-flows 'cookie=0x5/-1,table=1'
        dump-aggregate
        dump-aggregate 'ip,out_port=2'
        dump-tables
        dump-ports
        dump-ports 1
        dump-ports-desc
        dump-desc
        queue-stats
        get-frags
        set-frags drop
        set-frags normal
        dump-ipfix-bridge
        dump-ipfix-flow
        mod-port p1 no-forward
        mod-port p1 forward
        queue-get-config 1
        probe
        ct-flush-zone 3
        ct-flush zone=5 'ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_nw_proto=17,ct_tp_src=1,ct_tp_dst=53' 'ct_tp_src=53'
        ct-flush 'ct_ipv6_src=fe80::1,ct_nw_proto=58,icmp_id=7,icmp_type=128,icmp_code=0'
        dump-tlv-map
        add-tlv-map '{class=0xffff,type=0,len=4}->tun_metadata0'
        dump-tlv-map
        del-tlv-map
        packet-out 'in_port=controller,packet=%s,actions=output:1'
        --bundle add-flow 'in_port=3,actions=output:1'
        --bundle packet-out 'in_port=2,packet=ffffffffffff020000000001ffff,actions=output:1'""".replace(
        "%s", PACKET).strip().split("\n")
    if version == 10:
        lines += """
        -F NXM+table_id add-flow 'table=3,in_port=1,tcp,reg3=7/15,actions=output:2'
        -F NXM+table_id mod-flows 'table=3,cookie=9/15,in_port=1,tcp,actions=output:2'
        -F OpenFlow10+table_id add-flow 'table=4,in_port=1,tcp,actions=output:2'
        -F OpenFlow10 add-flow 'in_port=1,tcp,actions=output:2'
        -F OpenFlow10 dump-flows
        -F OpenFlow10 dump-aggregate
        -F NXM dump-aggregate""".strip().split("\n")
    lines += """
        add-group 'group_id=1,type=all,bucket=output:1,bucket=output:2'
        add-group 'group_id=2,type=select,bucket=weight:10,output:1,bucket=weight:20,set_field:1.2.3.4->ip_dst,output:2'
        add-group 'group_id=3,type=ff,bucket=watch_port:1,output:1,bucket=watch_port:2,output:2'
        add-group 'group_id=4,type=indirect,bucket=output:1'
        mod-group 'group_id=1,type=all,bucket=output:3'
        dump-groups
        dump-group-stats
        dump-group-stats group_id=2
        dump-group-features""".strip().split("\n")
    if version > 10:
        lines += """
        add-flow 'in_port=3,actions=group:1'
        add-flow 'table=0,in_port=1,ip,actions=push_vlan:0x8100,set_field:4101->vlan_vid,write_actions(output:2),goto_table:4'
        dump-flows
        mod-table 0 controller
        mod-table 1 drop""".strip().split("\n")
    if version >= 13:
        lines += """
        add-meter 'meter=1,kbps,burst,stats,bands=type=drop,rate=1000,burst_size=100'
        add-meter 'meter=2,pktps,bands=type=drop,rate=10 type=dscp_remark,prec_level=1,rate=5'
        mod-meter 'meter=1,kbps,bands=type=drop,rate=2000'
        add-flow 'in_port=2,udp,actions=meter:1,output:1'
        dump-meters
        meter-stats
        meter-stats meter=1
        meter-features
        dump-table-features
        del-meter meter=1
        del-meters""".strip().split("\n")
    if version >= 14:
        lines += """
        add-flow 'importance=7,in_port=2,actions=1'
        dump-table-desc
        mod-table 1 evict
        mod-table 1 noevict
        mod-table 2 vacancy:20,80
        dump-table-desc
        mod-table 2 novacancy""".strip().split("\n")
    if version in (10, 15):
        lines += """
        add-group 'group_id=9,type=select,selection_method=hash,fields(ip_dst,ip_src=255.255.0.0),bucket=bucket_id:3,weight:5,output:1'
        insert-buckets 'group_id=9,command_bucket_id=last,bucket=bucket_id:7,weight:2,output:2'
        dump-groups 9
        remove-buckets 'group_id=9,command_bucket_id=7'""".strip().split("\n")
    lines += ["del-groups group_id=1", "del-groups", "del-flows"]
    return [line.strip() for line in lines]


def record_commands(version):
    for line in commands(version):
        words = shlex.split(line)
        place = 0
        while words[place].startswith("-"):
            place += 2 if words[place] == "-F" else 1
        relay = Relay()
        run("ovs-ofctl", "-O", "OpenFlow%d" % version, *words[: place + 1], relay.address, *words[place + 1 :])
        yield line, relay.close()


def record_monitors(version):
    """What a switch tells those who watch: packets in every format, changes of flows and ports."""
    modes = [("plain", "standard", []), ("nxt_packet_in", "nxt_packet_in", []),
             ("nxt_packet_in2", "nxt_packet_in2", []),
             ("watch", "standard", ["watch:table=0", "watch:!initial,tcp"]), ("resume", "nxt_packet_in2", ["resume"])]
    for mode, packet_format, extra in modes:
        relay = Relay()
        monitor = subprocess.Popen(
            ["ovs-ofctl", "-O", "OpenFlow%d" % version, "monitor", relay.address, "65534", *extra, "-P", packet_format],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)

        def control(command, *arguments):
            run("ovs-ofctl", "-O", "OpenFlow13", command, SWITCH, *arguments)

        control("add-flow", "table=0,priority=77,cookie=0x77,send_flow_rem,idle_timeout=100,tcp,nw_src=10.0.0.0/8,"
                "actions=output:1")
        control("add-flow", "in_port=2,actions=load:5->NXM_NX_REG1[],set_field:9->metadata,controller(max_len=20)")
        if mode == "resume":
            control("add-flow", "in_port=2,actions=controller(pause,userdata=01.02.03),output:1")
        control("packet-out", "in_port=2,packet=%s,actions=resubmit(,0)" % PACKET)
        control("packet-out", "in_port=controller,packet=%s,actions=controller" % PACKET)
        control("mod-flows", "priority=77,tcp,actions=output:2")
        if mode == "plain":
            run("ovs-ofctl", "mod-port", SWITCH, "p3", "no-flood")
            run("ovs-ofctl", "mod-port", SWITCH, "p3", "flood")
        control("del-flows")
        time.sleep(0.3)
        monitor.terminate()
        monitor.wait()
        yield "monitor " + mode, relay.close()


class Client:
    """A controller that says what ovs-ofctl does not."""

    def __init__(self, version):
        self.version = version
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(SWITCH[5:])
        self.socket.settimeout(0.4)
        bitmap = struct.pack("!HHI", 1, 8, 1 << version)
        self.socket.sendall(struct.pack("!BBHI", version, 0, 8 + len(bitmap), 1) + bitmap)
        self.heard = []
        self.drain()
        self.heard = []

    def drain(self):
        pending = b""
        try:
            while data := self.socket.recv(65536):
                pending += data
                while len(pending) >= 8 and len(pending) >= (length := struct.unpack("!H", pending[2:4])[0]):
                    self.heard.append((False, pending[:length]))
                    pending = pending[length:]
        except OSError:
            pass

    def say(self, kind, body=b"", xid=7):
        one = struct.pack("!BBHI", self.version, kind, 8 + len(body), xid) + body
        self.socket.sendall(one)
        self.heard.append((True, one))
        self.drain()

    def extension(self, number, body=b"", experimenter=0x2320):
        self.say(4, struct.pack("!II", experimenter, number) + body)


def record_raw(number):
    """Roles, asynchronous configuration, forwarded requests, bundles, and what is wrong."""
    version = number - 9
    client = Client(version)
    short = 0xFFFF0000 if version == 6 else 0
    if version >= 3:
        for role, generation in ((0, 0), (2, 5), (3, 6), (1, 7)):
            client.say(24, struct.pack("!IIQ", role, short, generation))
    client.extension(10, struct.pack("!I", 1))
    if version >= 4:
        client.say(26)
    if version == 4:
        client.say(28, struct.pack("!6I", 3, 4, 7, 7, 15, 0))
        client.say(26)
    six = b"".join(struct.pack("!HHI", kind, 8, 3) for kind in range(6))
    if version >= 5:
        client.say(28, six)
        client.say(26)
    else:
        if version < 4:
            client.extension(19, struct.pack("!6I", 3, 4, 7, 7, 15, 0))
        client.extension(27, six)
    client.say(2, b"ping")
    client.say(99)
    client.extension(1, experimenter=0x123456)
    multipart = 16 if version == 1 else 18
    client.say(multipart, struct.pack("!HH", 77, 0) + (b"" if version == 1 else b"\0" * 4))
    client.say(multipart, struct.pack("!HH", 3, 0) + b"\0" * (1 if version == 1 else 5))
    tail = b"" if version < 6 else struct.pack("!HHI", 0, 0, 0xFFFFFFFF)
    if version >= 2:
        client.say(15, struct.pack("!HBBI", 0, 9, 0, 1) + tail)
    if version >= 5:
        client.say(28, struct.pack("!HHI", 11, 8, 3))
        other = Client(version)
        other.say(15, struct.pack("!HBBI", 0, 0, 0, 55) + tail, 21)
        other.say(29, struct.pack("!HHI", 0, 1, 9) + struct.pack("!HHIII", 1, 16, 100, 10, 0), 22)
        other.say(29, struct.pack("!HHI", 2, 0, 9), 23)
        other.say(15, struct.pack("!HBBI", 2, 0, 0, 55) + tail, 24)
        other.socket.close()
        client.drain()
        # Somebody else becomes primary.
        client.say(28, struct.pack("!HHIHHIHHI", 6, 8, 3, 7, 8, 3, 9, 8, 24))
        client.say(24, struct.pack("!IIQ", 2, short, 20))
        other = Client(version)
        other.say(24, struct.pack("!IIQ", 2, short, 21))
        client.drain()
        other.socket.close()
        client.say(24, struct.pack("!IIQ", 1, short, 22))
    if version >= 4:
        for kind in (0, 2, 4, 0, 6, 6):
            body = struct.pack("!IHH", 3, kind, 3)
            if version >= 5:
                client.say(33, body)
            else:
                client.extension(2300, body, experimenter=0x4F4E4600)
    client.socket.close()
    yield "raw", client.heard


# Writing


def shortened(one):
    """Of a long list of tables (statistics, features, descriptions) the first entries; the others say the same."""
    version, kind = one[0], one[1]
    if len(one) < 3000 or kind != (17 if version == 1 else 19):
        return one
    head = 12 if version == 1 else 16
    subtype = struct.unpack("!H", one[8:10])[0]
    if subtype == 3:
        size = {1: 64, 2: 88, 3: 128}.get(version, 24)
        end = head + 2 * size
    elif subtype in (12, 14):
        end = head + struct.unpack("!H", one[head : head + 2])[0]
    else:
        return one
    return one[:2] + struct.pack("!H", end) + one[4:end]


def write(file, number):
    file.write(
        "# OpenFlow%d as ovs-ofctl and ovs-vswitchd %s exchange it: each command, what it sends (>), and what it "
        "gets (<).\n"
        "# After NXT_FLOW_MOD_TABLE_ID, flow-mods have a table in their command (+). Messages that come again are "
        "left out. Long\n"
        "# lists of tables are cut to their first entries. Recorded by Recorder/messages.py\n"
        % (number, re.search(r"\d+\.\d+", run("ovs-ofctl", "--version").stdout)[0]))
    seen = set()
    long_ones = 0
    for record in (record_commands, record_monitors, record_raw):
        for title, messages in record(number):
            has_table = False
            lines = []
            for is_to_switch, one in messages:
                # Hellos, and what ovs-ofctl says in another version because this one cannot say it.
                if one[1] == 0 or one[0] != number - 9:
                    continue
                if is_to_switch and one[1] == 4 and one[8:16] == struct.pack("!II", 0x2320, 15):
                    has_table = one[16] != 0
                    mark = "+"
                else:
                    mark = ("+" if has_table else ">") if is_to_switch else "<"
                one = shortened(one)
                key = (mark, one[:4] + one[8:])
                long_ones += len(one) > 3000
                if key not in seen and (len(one) <= 3000 or long_ones <= 2):
                    seen.add(key)
                    lines.append("%s %s\n" % (mark, one.hex()))
            if lines:
                file.write("# %s\n%s" % (title, "".join(lines)))


start()
try:
    for number in range(10, 16):
        with open(os.path.join(sys.argv[1], "openflow%d.txt" % number), "w") as file:
            write(file, number)
finally:
    stop()
