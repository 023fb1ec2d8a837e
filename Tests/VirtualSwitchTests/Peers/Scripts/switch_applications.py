"""os-ken's sample switches."""
import os, sys

from place import (add_bridge, add_host, applications, connect, control, inside, join, log, matrix, one_switch, reaches,
                   run, start, start_switch, wait_for)

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
        print("\n".join(matrix({f"{bridge}h{number}": f"10.0.0.{number}" for number in (1, 2, 3)}, tries=10)))
        flows = run("ovs-ofctl", "-O", f"OpenFlow{version}", "dump-flows", bridge, "--no-names",
                    "--no-stats").splitlines()
        print("flows for addresses:", len([flow for flow in flows if "dl_dst=02:00:00:00:0" in flow]))


def monitor():
    """simple_monitor_13 asks every ten seconds for the statistics of flows and ports."""
    one_switch("simple_monitor_13", 2)
    print("reached" if reaches("h1", "10.0.0.2", tries=10) else "not reached")
    wait_for(lambda: "02:00:00:00:01:02" in log("simple_monitor_13"), "statistics of a flow", 25)
    wait_for(lambda: log("simple_monitor_13").count(" fffffffe ") > 0, "statistics of the local port")
    lines = [line.split() for line in log("simple_monitor_13").splitlines()]
    ports = [line for line in lines if len(line) == 8 and line[1] == "1"]
    print("port 1 has received packets:", any(int(line[2]) > 0 for line in ports))


def spanning_tree():
    """simple_switch_stp_13 on a triangle of switches: loops that are cut, and a detour when a link goes."""
    start_switch()
    applications({"simple_switch_stp_13": 6653}, FORWARD_DELAY="2")
    hosts = {f"h{number}": f"10.0.0.{number}" for number in (1, 2, 3)}
    for number in (1, 2, 3):
        add_bridge(f"s{number}", number)
        add_host(f"h{number}", f"s{number}", 1, f"10.0.0.{number}/24")
    for first, second in ((1, 2), (2, 3), (3, 1)):
        join(f"s{first}-eth2", f"s{second}-eth3")
    connect(s1=6653, s2=6653, s3=6653)
    wait_for(lambda: log("simple_switch_stp_13").count("/ FORWARD") >= 8, "the spanning tree", 40)
    print("blocked:", log("simple_switch_stp_13").count("/ BLOCK") > 0)
    print("\n".join(matrix(hosts, tries=10)))


def multicast():
    """simple_switch_igmp_13: a group's packets go to its members only."""
    start_switch()
    applications({"simple_switch_igmp_13": 6653})
    add_bridge()
    for number in (1, 2, 3):
        add_host(f"h{number}", "s1", number, f"10.0.0.{number}/24")
        inside(f"h{number}", "ip", "route", "add", "224.0.0.0/4", "dev", "eth0")
        inside(f"h{number}", "sysctl", "-qw", "net.ipv4.conf.eth0.force_igmp_version=2")
    connect(s1=6653)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "datagrams.py")
    # The application takes port 2 to be where the multicast comes from.
    start("member", "ip", "netns", "exec", "h1", "python3", script, "receive", "239.1.1.1", "5001", "member")
    # Listens, but is no member.
    start("bystander", "ip", "netns", "exec", "h3", "python3", script, "receive", "239.1.1.1", "5001")
    def flows():
        lines = run("ovs-ofctl", "-O", "OpenFlow13", "--no-stats", "dump-flows", "s1").splitlines()
        return sorted(line.strip() for line in lines if "239.1.1.1" in line)

    wait_for(lambda: len(flows()) == 2, "the membership")
    print("\n".join(flows()))

    def heard():
        inside("h2", "python3", script, "send", "239.1.1.1", "5001", "20", "0")
        return "received" in log("member")

    wait_for(heard, "packets of the group")
    print("the bystander heard:", "received" in log("bystander"))


def aggregation():
    """simple_switch_lacp_13 with a host that speaks LACP over two cables and then falls silent on one."""
    start_switch()
    applications({"simple_switch_lacp_13": 6653})
    add_bridge()
    add_host("h1", "s1", 1, "10.0.0.1/24")
    run("ip", "link", "add", "s1-eth2", "type", "veth", "peer", "name", "eth1", "netns", "h1")
    inside("h1", "ip", "link", "set", "eth1", "up")
    run("ip", "link", "set", "s1-eth2", "up")
    control("add-port", "s1", "s1-eth2", "--", "set", "interface", "s1-eth2", "ofport_request=2")
    connect(s1=6653)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "aggregation.py")
    print("\n".join(inside("h1", "/usr/bin/python3", script, "eth0", "eth1").splitlines()))
    state = "slave state changed port: 2 enabled: False"
    wait_for(lambda: state in log("simple_switch_lacp_13") or not inside("h1", "/usr/bin/python3", script, "eth0"),
             state)
    lines = log("simple_switch_lacp_13").splitlines()
    print("\n".join(line for line in lines if "slave state changed" in line and "port: 1 enabled: F" not in line))


def discovery():
    """rest_topology finds switches, links and hosts with LLDP; a link that goes down goes from its list."""
    from rest_applications import answers, ask

    start_switch()
    applications({"os_ken.topology.switches+rest_topology+simple_switch_13": 6653}, ["--observe-links"])
    for number in (1, 2, 3):
        add_bridge(f"s{number}", number)
        add_host(f"h{number}", f"s{number}", 1, f"10.0.0.{number}/24")
    for number in (1, 2):
        join(f"s{number}-eth2", f"s{number + 1}-eth3")
    connect(s1=6653, s2=6653, s3=6653)
    links = "/v1.0/topology/links"
    answers("four links", links, lambda reply: len(reply) == 4)

    def names():
        return sorted(f"{link['src']['name']} {link['dst']['name']}" for link in ask("GET", links))

    print("links:", names())
    switches = ask("GET", "/v1.0/topology/switches")
    print("switches:", sorted((int(switch["dpid"], 16), sorted(port["name"] for port in switch["ports"]))
                              for switch in switches))
    print("h1 -> h3:", "reached" if reaches("h1", "10.0.0.3", tries=10) else "not reached")
    answers("hosts", "/v1.0/topology/hosts", lambda reply: len(reply) == 2)
    print("hosts:", sorted((host["mac"], host["port"]["name"], host["ipv4"])
                           for host in ask("GET", "/v1.0/topology/hosts")))
    run("ip", "link", "set", "s1-eth2", "down")
    answers("two links", links, lambda reply: len(reply) == 2)
    print("links:", names())
    run("ip", "link", "set", "s1-eth2", "up")
    answers("four links", links, lambda reply: len(reply) == 4)
    print("links:", names())
