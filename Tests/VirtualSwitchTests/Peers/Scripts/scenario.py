"""Controllers that people use, with a switch and hosts that ping: scenario.py NAME [ARGUMENT…]. Prints what happened, a line each.

Run it as place.py says, with SWITCHD in the environment.
"""
import json, os, sys, urllib.error, urllib.request

from place import (add_bridge, add_host, applications, connect, control, enter, log, matrix, reaches, run, start_switch,
                   wait_for)

# The bridge for each sample, of another version of OpenFlow each.
SAMPLES = {"s1": ("simple_switch", "10"), "s2": ("simple_switch_12", "12"), "s3": ("simple_switch_13", "13"),
           "s4": ("simple_switch_14", "14"), "s5": ("simple_switch_15", "15")}


def learning():
    """The learning switches of five versions of OpenFlow, three hosts each."""
    start_switch()
    ports = {sample: 6653 + index for index, (sample, _) in enumerate(SAMPLES.values())}
    applications(ports)
    for dpid, (bridge, (_, version)) in enumerate(SAMPLES.items(), 1):
        add_bridge(bridge, dpid, version)
        for number in (1, 2, 3):
            add_host(f"{bridge}h{number}", bridge, number, f"10.0.0.{number}/24")
    connect(**{bridge: ports[sample] for bridge, (sample, _) in SAMPLES.items()})
    for bridge, (_, version) in SAMPLES.items():
        print(f"OpenFlow {version[0]}.{version[1]}")
        print("\n".join(matrix({f"{bridge}h{number}": f"10.0.0.{number}" for number in (1, 2, 3)}, tries=3)))
        flows = run("ovs-ofctl", "-O", f"OpenFlow{version}", "dump-flows", bridge, "--no-names", "--no-stats").splitlines()
        print("flows for addresses:", len([flow for flow in flows if "dl_dst=02:00:00:00:0" in flow]))


def monitor():
    """simple_monitor_13 asks every ten seconds for the statistics of flows and ports."""
    start_switch()
    applications({"simple_monitor_13": 6653})
    add_bridge()
    for number in (1, 2):
        add_host(f"h{number}", "s1", number, f"10.0.0.{number}/24")
    connect(s1=6653)
    print("reached" if reaches("h1", "10.0.0.2", tries=3) else "not reached")
    wait_for(lambda: "02:00:00:00:01:02" in log("simple_monitor_13"), "statistics of a flow", 25)
    wait_for(lambda: log("simple_monitor_13").count(" fffffffe ") > 0, "statistics of the local port")
    lines = [line.split() for line in log("simple_monitor_13").splitlines()]
    ports = [line for line in lines if len(line) == 8 and line[1] == "1"]
    print("port 1 has received packets:", any(int(line[2]) > 0 for line in ports))


def ask(method, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:8080{path}", method=method,
                                     data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=10) as reply:
        text = reply.read().decode()
    return json.loads(text) if text else None


def listening():
    try:
        urllib.request.urlopen("http://127.0.0.1:8080/", timeout=1)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def answers(what, path, condition):
    def check():
        try:
            return condition(ask("GET", path))
        except OSError:
            return False

    wait_for(check, what)


def router():
    """rest_router between two networks, and a host that it does not know."""
    start_switch()
    applications({"rest_router": 6653})
    add_bridge()
    add_host("h1", "s1", 1, "192.168.1.10/24", gateway="192.168.1.1")
    add_host("h2", "s1", 2, "192.168.2.10/24", gateway="192.168.2.1")
    connect(s1=6653)
    answers("the router", "/router/all", lambda reply: len(reply) == 1)
    print("before:", "reached" if reaches("h1", "192.168.2.10") else "not reached")
    for address in ("192.168.1.1/24", "192.168.2.1/24"):
        print(ask("POST", "/router/0000000000000001", {"address": address})[0]["command_result"][0]["details"])
    print("gateway:", "reached" if reaches("h1", "192.168.1.1", tries=3) else "not reached")
    print("after:", "reached" if reaches("h1", "192.168.2.10", tries=5) else "not reached")


def firewall():
    """rest_firewall lets only what it is told to pass."""
    start_switch()
    applications({"rest_firewall": 6653})
    add_bridge()
    hosts = {f"h{number}": f"10.0.0.{number}" for number in (1, 2, 3)}
    for number, (name, address) in enumerate(hosts.items(), 1):
        add_host(name, "s1", number, f"{address}/24")
    connect(s1=6653)
    answers("the firewall", "/firewall/module/status", lambda reply: len(reply) == 1)
    switch = "0000000000000001"
    print(ask("PUT", f"/firewall/module/enable/{switch}", {})[0]["command_result"]["details"])
    print("\n".join(matrix(hosts)))
    for source, target in (("h1", "h2"), ("h2", "h1")):
        rule = dict(nw_src=f"{hosts[source]}/32", nw_dst=f"{hosts[target]}/32", nw_proto="ICMP")
        print(ask("POST", f"/firewall/rules/{switch}", rule)[0]["command_result"][0]["result"])
    print("\n".join(matrix(hosts)))
    deny = dict(nw_src="10.0.0.1/32", nw_dst="10.0.0.2/32", nw_proto="ICMP", actions="DENY", priority=10)
    print(ask("POST", f"/firewall/rules/{switch}", deny)[0]["command_result"][0]["result"])
    print("h1 -> h2:", "reached" if reaches("h1", hosts["h2"]) else "not reached")


def rest():
    """ofctl_rest: every kind of statistics, and flows, groups and meters added and removed."""
    start_switch()
    applications({"ofctl_rest": 6653})
    add_bridge()
    for number in (1, 2):
        add_host(f"h{number}", "s1", number, f"10.0.0.{number}/24")
    connect(s1=6653)
    answers("the switch", "/stats/switches", lambda reply: reply == [1])
    print("switches:", ask("GET", "/stats/switches"))
    print("ports:", sorted(str(port["port_no"]) for port in ask("GET", "/stats/port/1")["1"]))
    print("names:", sorted(port["name"] for port in ask("GET", "/stats/portdesc/1")["1"]))
    print("tables:", len(ask("GET", "/stats/table/1")["1"]))
    print("description:", sorted(ask("GET", "/stats/desc/1")["1"]))
    meter = dict(dpid=1, flags="KBPS", meter_id=1, bands=[dict(type="DROP", rate=1000)])
    ask("POST", "/stats/meterentry/add", meter)
    group = dict(dpid=1, type="ALL", group_id=1, buckets=[dict(actions=[dict(type="OUTPUT", port=2)])])
    ask("POST", "/stats/groupentry/add", group)
    forth = dict(dpid=1, priority=100, match=dict(in_port=1),
                 actions=[dict(type="METER", meter_id=1), dict(type="GROUP", group_id=1)])
    back = dict(dpid=1, priority=100, match=dict(in_port=2, eth_type=2048), actions=[dict(type="OUTPUT", port=1)])
    address = dict(dpid=1, priority=100, match=dict(in_port=2, eth_type=2054), actions=[dict(type="OUTPUT", port=1)])
    for flow in (forth, back, address):
        ask("POST", "/stats/flowentry/add", flow)
    print("h1 -> h2:", "reached" if reaches("h1", "10.0.0.2", tries=3) else "not reached")
    flows = ask("GET", "/stats/flow/1")["1"]
    print("flows:", sorted(str(flow["actions"]) for flow in flows))
    print("packets through the group:", ask("GET", "/stats/group/1")["1"][0]["packet_count"] > 0)
    print("packets through the meter:", ask("GET", "/stats/meter/1")["1"][0]["packet_in_count"] > 0)
    print("group:", ask("GET", "/stats/groupdesc/1")["1"][0]["type"])
    print("meter:", ask("GET", "/stats/meterconfig/1")["1"][0]["bands"])
    print("aggregate:", ask("GET", "/stats/aggregateflow/1")["1"][0]["flow_count"])
    ask("POST", "/stats/flowentry/delete", dict(dpid=1, match=dict(in_port=2, eth_type=2048)))
    print("flows after a deletion:", len(ask("GET", "/stats/flow/1")["1"]))
    print("h1 -> h2:", "reached" if reaches("h1", "10.0.0.2") else "not reached")


def spanning_tree():
    """simple_switch_stp_13 on a triangle of switches: loops that are cut, and a detour when a link goes."""
    start_switch()
    applications({"simple_switch_stp_13": 6653}, FORWARD_DELAY="2")
    hosts = {f"h{number}": f"10.0.0.{number}" for number in (1, 2, 3)}
    for number in (1, 2, 3):
        add_bridge(f"s{number}", number)
        add_host(f"h{number}", f"s{number}", 1, f"10.0.0.{number}/24")
    for first, second in ((1, 2), (2, 3), (3, 1)):
        names = f"s{first}-eth2", f"s{second}-eth3"
        run("ip", "link", "add", names[0], "type", "veth", "peer", "name", names[1])
        for bridge, name, port in ((first, names[0], 2), (second, names[1], 3)):
            run("ip", "link", "set", name, "up")
            control("add-port", f"s{bridge}", name, "--", "set", "interface", name, f"ofport_request={port}")
    connect(s1=6653, s2=6653, s3=6653)
    wait_for(lambda: log("simple_switch_stp_13").count("/ FORWARD") >= 8, "the spanning tree", 40)
    print("blocked:", log("simple_switch_stp_13").count("/ BLOCK") > 0)
    print("\n".join(matrix(hosts, tries=3)))


def mininet():
    """Mininet's own program and its OVSSwitch, unchanged."""
    start_switch()
    # Open vSwitch itself needs to be told that the kernel has no data path for it.
    options = ",datapath=user" if os.environ["SWITCHD"] == "ovs" else ""
    for arguments in (("--topo", "tree,2,2", "--switch", f"ovsk,failMode=standalone{options}", "--controller", "none"),
                      ("--topo", "linear,3", "--switch", f"ovsbr{options}", "--mac", "--arp")):
        print("\n".join(line for line in run("mn", *arguments, "--test", "pingall").splitlines()
                        if "->" in line or "Results" in line))
        print("bridges left:", run("ovs-vsctl", "list-br").split())
    applications({"simple_switch_13": 6653})
    print("\n".join(line for line in run(
        "mn", "--topo", "linear,2", "--switch", f"ovsk,protocols=OpenFlow13{options}", "--controller", "remote,port=6653",
        "--test", "pingall").splitlines() if "->" in line or "Results" in line))


if __name__ == "__main__":
    enter()
    globals()[sys.argv[1]](*sys.argv[2:])
