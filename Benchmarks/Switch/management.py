"""What a controller and an administrator wait for: flows set up on demand, flows loaded, ports added."""
import subprocess, time

import bench
from bench import compiled, run
from Switch.daemons import both

FLOWS = 100_000
PORTS = 500


def timed(action):
    begun = time.monotonic()
    action()
    return time.monotonic() - begun


# Flows set up on demand

def flow_setup(alternate, compared):
    daemons = both()
    for daemon in daemons:
        daemon.hosts = [bench.namespace(), bench.namespace()]
        for number, host in enumerate(daemon.hosts, 1):
            run("ip", "-n", daemon.place, "link", "add", f"p{number}", "type", "veth", "peer", "name", "eth0",
                "netns", host)
            run("ip", "-n", daemon.place, "link", "set", f"p{number}", "up")
            run("ip", "netns", "exec", host, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
            run("ip", "-n", host, "link", "set", "eth0", "up")
            daemon.control("add-port", "s1", f"p{number}", "--", "set", "interface", f"p{number}",
                           f"ofport_request={number}")
    rows = []
    for version, window, limit in (("1.3", 64, 1.5), ("1.0", 64, None), ("1.3", 1, None)):
        figures = alternate(daemons, lambda daemon: flows_per_second(daemon, version, window))
        limits = dict(OpenVSwitchDaemon=dict(at_least=limit)) if limit else {}
        rows += compared("flow-setup", f"flows set up by a controller, OpenFlow {version}, {window} at a time",
                         "a second", daemons, figures, **limits)
    return rows


def flows_per_second(daemon, version, window, seconds=3):
    daemon.control("set", "bridge", "s1", f"protocols=OpenFlow{version.replace('.', '')}")
    controller = bench.start("ip", "netns", "exec", daemon.place, compiled("Switch/reactive-controller"), version,
                             "6653", stdout=subprocess.PIPE)
    daemon.control("set-controller", "s1", "tcp:127.0.0.1:6653", "--", "set", "controller", "s1",
                   "connection-mode=out-of-band", "max_backoff=1000", "inactivity_probe=0")
    try:
        if controller.stdout.readline() != "ready\n":
            raise RuntimeError(f"{daemon.name} does not speak OpenFlow {version} with the controller")
        flows = run(compiled("Switch/new-flows"), *daemon.hosts, str(seconds), str(window))
        rate, lost, median = map(float, flows.split())
    finally:
        bench.stop(controller)
        daemon.control("del-controller", "s1")
    counted = controller.stdout.read()
    packet_ins, flow_mods, errors = (int(word) for word in counted.split()[-6::2])
    # Each flow is set up once, and by the controller; else something else was measured.
    arrived = rate * seconds
    if errors or lost > arrived / 100 or not 0.98 * arrived <= flow_mods <= 1.02 * arrived + 2 * window:
        raise RuntimeError(
            f"{daemon.name}: {arrived:.0f} flows arrived, {lost:.0f} lost; the controller: {counted.strip()}")
    return rate


# Flows loaded

def flow_load(alternate, compared):
    daemons = both()
    path = f"{bench.work}/flows"
    with open(path, "w") as file:
        file.writelines(flow(number) + "\n" for number in range(FLOWS))
    memory = [[] for _ in daemons]

    def load(daemon, *options):
        daemon.ofctl("del-flows", "s1")
        before = daemon.resident()
        seconds = timed(lambda: daemon.ofctl(*options, "add-flows", "s1", path))
        if f"flow_count={FLOWS}" not in daemon.ofctl("dump-aggregate", "s1"):
            raise RuntimeError(f"{daemon.name} does not hold the {FLOWS} flows")
        memory[daemons.index(daemon)].append(daemon.resident())
        return seconds

    rows = []
    for what, options in (("ovs-ofctl --bundle add-flows", ("--bundle",)), ("ovs-ofctl add-flows", ())):
        figures = alternate(daemons, lambda daemon: load(daemon, *options))
        rows += compared("flow-load", f"{what}, {FLOWS:,} flows", "s", daemons, figures,
                         OpenVSwitchDaemon=dict(at_most=1))
    rows += compared("flow-load", f"resident with {FLOWS:,} flows", "MB", daemons, memory,
                     OpenVSwitchDaemon=dict(at_most=1))
    return rows


def flow(number):
    """Flows of four shapes, as a router, a firewall, a bridge and a label switch have them."""
    high, low = number >> 8 & 0xff, number & 0xff
    network = number >> 16
    return (f"priority=1000,ip,nw_dst=10.{network}.{high}.{low},actions=dec_ttl,output:1",
            f"priority=2000,tcp,nw_src=172.16.{high}.0/24,nw_dst=10.{network}.{high}.{low},tp_dst={number % 60000},"
            "actions=drop",
            f"priority=500,dl_vlan={number % 4000},dl_dst=02:00:00:{network:02x}:{high:02x}:{low:02x},"
            "actions=strip_vlan,output:2",
            f"priority=1500,table=1,mpls,mpls_label={number},actions=pop_mpls:0x0800,resubmit(,2)")[number % 4]


# Ports added

def add_ports(alternate, compared):
    daemons = both()
    for daemon in daemons:
        for number in range(0, PORTS, 2):
            run("ip", "-n", daemon.place, "link", "add", f"p{number}", "type", "veth", "peer", "name", f"p{number + 1}")
    ports = [f"p{number}" for number in range(PORTS)]

    def add(daemon, each):
        def commands():
            daemon.control("add-br", "s2", "--", "set", "bridge", "s2", "datapath_type=netdev")
            if each:
                for port in ports:
                    daemon.control("add-port", "s2", port)
            else:
                daemon.control(*(word for port in ports for word in ("--", "add-port", "s2", port)))

        seconds = timed(commands)
        shown = daemon.ofctl("show", "s2")
        missing = [port for port in ports if f"({port}):" not in shown]
        daemon.control("del-br", "s2")
        if missing:
            raise RuntimeError(f"{daemon.name}: {len(missing)} of {PORTS} ports are no ports of the switch")
        return seconds

    rows = []
    for what, each, rounds in (("a call for each", True, 3), ("one call", False, None)):
        figures = alternate(daemons, lambda daemon: add(daemon, each), rounds)
        rows += compared("add-ports", f"ovs-vsctl add-br and {PORTS} add-port, {what}", "s", daemons, figures,
                         OpenVSwitchDaemon=dict(at_most=1))
    return rows
