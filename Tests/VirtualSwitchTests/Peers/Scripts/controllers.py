"""Controllers of Open vSwitch's own, with TLS and without, and several with roles."""
import json, os, urllib.request

from place import (add_bridge, add_host, applications, connect, control, listening, log, processes, reaches, run,
                   start, start_switch, wait_for)


# A new key with its certificate.
REQUEST = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-days", "2"]


def certificates():
    """An authority, and certificates for the switch and for its controller, under /run."""
    run(*REQUEST, "-keyout", "/run/ca.key", "-out", "/run/ca.pem", "-subj", "/CN=authority")
    for name in ("switch", "controller"):
        run(*REQUEST, "-keyout", f"/run/{name}.key", "-out", f"/run/{name}.pem", "-subj", f"/CN={name}",
            "-CA", "/run/ca.pem", "-CAkey", "/run/ca.key")


def flows(bridge="s1", *options):
    lines = run("ovs-ofctl", "--no-stats", *options, "dump-flows", bridge).splitlines()
    return [line.strip() for line in lines if "actions=" in line]


def stop(process):
    processes.remove(process)
    process.terminate()
    process.wait()


def test_controller():
    """ovs-testcontroller as a hub, without flows, with wildcards and with NORMAL."""
    start_switch()
    add_bridge(version="10")
    for number in (1, 2):
        add_host(f"h{number}", "s1", number, f"10.0.0.{number}/24")
    for options in (["--hub"], ["--noflow"], ["--wildcards=nw_tos"], ["--normal"], ["--max-idle=permanent"]):
        controller = start("controller", "ovs-testcontroller", *options, "ptcp:6653")
        listening(6653)
        connect(s1=6653)
        # The second time the controller knows both addresses.
        is_reached = reaches("h1", "10.0.0.2", tries=10) and reaches("h1", "10.0.0.2", tries=10)
        print(options[0], "reached" if is_reached else "not reached",
              sorted({flow.split("actions=")[1] for flow in flows()}),
              "wildcards" if any("nw_tos" not in flow and "icmp" in flow for flow in flows()) else "")
        control("del-controller", "s1")
        stop(controller)
        wait_for(lambda: "is_connected" not in control("show"), "the end of the connection")
        run("ovs-ofctl", "del-flows", "s1")


def encrypted():
    """TLS both ways: ovs-testcontroller by pssl and ssl, a manager's connection, a certificate that nobody signed."""
    certificates()
    start_switch()
    add_bridge(version="13")
    for number in (1, 2):
        add_host(f"h{number}", "s1", number, f"10.0.0.{number}/24")
    control("set-ssl", "/run/switch.key", "/run/switch.pem", "/run/ca.pem")
    theirs = ["-p", "/run/controller.key", "-c", "/run/controller.pem", "-C", "/run/ca.pem"]
    controller = start("controller", "ovs-testcontroller", "-O", "OpenFlow13", *theirs, "pssl:6653")
    listening(6653)
    control("set-controller", "s1", "ssl:127.0.0.1:6653", "--", "set", "controller", "s1", "max_backoff=1000")
    wait_for(lambda: "is_connected: true" in control("show"), "the controller")
    print("ssl:", "reached" if reaches("h1", "10.0.0.2", tries=10) else "not reached")
    stop(controller)
    control("set-controller", "s1", "pssl:6654")
    listening(6654)
    text = run("ovs-ofctl", "-O", "OpenFlow13", *theirs, "show", "ssl:127.0.0.1:6654")
    print("pssl:", "dpid:0000000000000001" in text)
    run(*REQUEST, "-keyout", "/run/stranger.key", "-out", "/run/stranger.pem", "-subj", "/CN=stranger")
    text = run("ovs-ofctl", "-O", "OpenFlow13", "-p", "/run/stranger.key", "-c", "/run/stranger.pem",
               "-C", "/run/ca.pem", "show", "ssl:127.0.0.1:6654", check=False)
    print("a stranger:", "refused" if "dpid" not in text else "let in")
    control("set-manager", "pssl:6640")
    listening(6640)
    print("pssl manager:", run("ovs-vsctl", "--db=ssl:127.0.0.1:6640", *theirs, "list-br").split())


def passive():
    """A bridge that listens: ovs-ofctl as its controller, in several versions, and packets that it asks for."""
    start_switch()
    add_bridge(version="10")
    control("set", "bridge", "s1", "protocols=[]")
    for number in (1, 2):
        add_host(f"h{number}", "s1", number, f"10.0.0.{number}/24")
    control("set-controller", "s1", "ptcp:6654", "punix:/var/run/openvswitch/s1.controller")
    listening(6654)
    for version in range(10, 16):
        run("ovs-ofctl", "-O", f"OpenFlow{version}", "add-flow", "tcp:127.0.0.1:6654",
            f"priority={version},arp,in_port={version},actions=drop")
    print("flows:", len(flows()), len(flows("unix:/var/run/openvswitch/s1.controller", "-O", "OpenFlow15")))
    start("monitor", "ovs-ofctl", "-O", "OpenFlow13", "monitor", "tcp:127.0.0.1:6654", "65534")
    run("ovs-ofctl", "add-flow", "s1", "in_port=1,icmp,actions=controller(reason=action),output:2")
    run("ovs-ofctl", "add-flow", "s1", "in_port=1,arp,actions=2")
    run("ovs-ofctl", "add-flow", "s1", "in_port=2,actions=1")
    print("h1 -> h2:", "reached" if reaches("h1", "10.0.0.2", tries=10) else "not reached")
    wait_for(lambda: "icmp_type=8" in log("monitor"), "the packet")
    print("packets that a flow sends:", "(via action)" in log("monitor"))


def roles():
    """Two controllers with roles (ofctl_rest twice): one master at a time, a slave may not write."""
    start_switch()
    applications({"ofctl_rest": 6653}, ["--wsapi-port", "8081"])
    first = processes[-1]
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "application.py")
    start("second", "/usr/bin/python3", "-B", script, "ofctl_rest", "--ofp-tcp-listen-port", "6654",
          "--wsapi-port", "8082")
    listening(6654)
    add_bridge()
    control("set-controller", "s1", "tcp:127.0.0.1:6653", "tcp:127.0.0.1:6654")
    wait_for(lambda: control("show").count("is_connected: true") == 2, "the controllers")

    def ask(port, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/stats/{path}", data=data)
        with urllib.request.urlopen(request) as reply:
            text = reply.read()
        return json.loads(text) if text else None

    def roles():
        return sorted(control("--bare", "--columns=role", "list", "controller").split())

    def show():
        print([ask(port, "role/1")["1"][0]["role"] for port in (8081, 8082)], "in the database:", roles())

    def add(port, number):
        ask(port, "flowentry/add", dict(dpid=1, match=dict(in_port=number), actions=[]))
        # A request with a reply comes after it.
        ask(port, "role/1")
        print("flows:", sorted(flow.split(" ")[0] for flow in flows("s1", "-O", "OpenFlow13") if "in_port" in flow))

    wait_for(lambda: all(ask(port, "switches") == [1] for port in (8081, 8082)), "the switch")
    show()
    for master, other, number in ((8081, 8082, 1), (8082, 8081, 2)):
        ask(master, "role", dict(dpid=1, role="MASTER"))
        wait_for(lambda: roles() != ["other", "other"], "the roles")
        show()
        add(master, number)
        ask(other, "role", dict(dpid=1, role="SLAVE"))
        add(other, number + 10)
    stop(first)
    wait_for(lambda: control("show").count("is_connected: true") == 1, "the end of a controller")
    add(8082, 3)
