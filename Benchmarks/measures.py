"""The measures, a function each, which returns its rows of the table; `bench.py` has what they share."""
import argparse, contextlib, json, os, statistics, subprocess, sys, time

import bench
from Machines import machines
from Switch import management
from bench import BIN, HERE, KernelBridge, Missing, OpenVSwitch, OpenVSwitchDPDK, Rookery, Row, TokenBucket
from bench import iperf, peers, percentile, pings, run, start

options = None
ONE_SWITCH = """topology:
  nodes:
    s1: { kind: switch }
    h[1-2]: {}
  links:
    - { endpoints: ["h[1-2]", s1] }
"""
DIRECT = """addresses: none
topology:
  nodes:
    h1: { ipv4: 10.0.0.1/8 }
    h2: { ipv4: 10.0.0.2/8 }
  links:
    - { endpoints: [h1, h2], %s }
"""


def alternate(networks, measure, rounds=None):
    """Measures each network in turn, several times; a list of figures each."""
    figures = [[] for _ in networks]
    for _ in range(rounds or options.rounds):
        for network, values in zip(networks, figures):
            values.append(measure(network))
    return figures


def compared(name, what, unit, networks, figures, scale=1.0, **limits):
    """Rows of the first network against each of the others; `limits` by the peer's class name: dict(at_least=…)."""
    ours = [figure / scale for figure in figures[0]]
    rows = []
    for peer, values in zip(networks[1:], figures[1:]):
        limit = limits.get(type(peer).__name__, {})
        rows.append(Row(name, what, unit, ours, peer.name, [value / scale for value in values], **limit))
    return rows or [Row(name, what, unit, ours)]


# Starting and stopping

class Vanishing:
    """Notes when the kernel has freed the network namespaces that were given up so far. It does that in the
    background and in order: one given up now goes after them, and its end of a veth pair takes ours along."""

    def __init__(self):
        self.holder, self.marker = bench.namespace(), bench.namespace()
        run("ip", "-n", self.holder, "link", "add", "end0", "type", "veth",
            "peer", "name", "end1", "netns", self.marker)

    def wait(self):
        run("ip", "netns", "del", self.marker)
        bench.wait_for(lambda: not run("ip", "-n", self.holder, "link", "show", "end0", check=False), "namespaces", 120)


def time_ours(topology):
    vanishing = Vanishing()
    begun = time.monotonic()
    lab = Rookery("--topo", topology)
    started = time.monotonic()
    nodes = json.loads(lab.rookery("inspect", "--json"))["nodes"]
    hosts = [node for node in nodes if node["kind"] != "switch"]
    address = hosts[-1]["interfaces"][0]["addresses"][0].split("/")[0]
    reached = " 0% packet loss" in lab.run(0, "ping", "-c2", "-W2", address)
    stopping = time.monotonic()
    lab.down()
    returned = time.monotonic()
    vanishing.wait()
    return dict(start=started - begun, returned=returned - stopping, stop=time.monotonic() - stopping,
                hosts=len(hosts), reached=reached)


def time_mininet(topology):
    python = "/usr/bin/python3"
    if subprocess.run([python, "-c", "import mininet"], stderr=subprocess.DEVNULL).returncode:
        raise Missing("Mininet: apt install mininet openvswitch-switch")
    if not os.path.exists(OpenVSwitch.daemon):
        raise Missing("Open vSwitch: apt install openvswitch-switch")
    vanishing = Vanishing()
    network = start("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", python,
                    f"{HERE}/peers/mininet-times.py", topology, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL)
    line = network.stdout.readline()
    if not line:
        raise RuntimeError(f"Mininet did not start {topology}")
    result = json.loads(line)
    stopping = time.monotonic()
    network.stdin.write("\n")
    network.stdin.flush()
    network.stdout.readline()
    result["returned"] = time.monotonic() - stopping
    vanishing.wait()
    result["stop"] = time.monotonic() - stopping
    bench.stop(network)
    return result


def start_stop():
    rows = []
    others = ["minimal", "linear,20", "linear,100", "tree,2,16"] if options.all else []
    for topology in ["tree,4,4"] + others:
        ours, theirs = [time_ours(topology)], []
        try:
            theirs.append(time_mininet(topology))
        except Missing as missing:
            print(f"  skipped: {missing}")
        ours += [time_ours(topology), time_ours(topology)]
        for phase in ("start", "stop"):
            limit = dict(at_least=30) if topology == "tree,4,4" else {}
            what = f"{phase} of {topology}"
            if theirs:
                rows.append(Row("start-stop", what, "s", [each[phase] for each in ours], "Mininet",
                                [each[phase] for each in theirs * len(ours)], inverse=True, **limit))
            else:
                rows.append(Row("start-stop", what, "s", [each[phase] for each in ours]))
        check_reached("start-stop", topology, ours)
    return rows


def check_reached(name, topology, results):
    if not all(result["reached"] for result in results):
        raise RuntimeError(f"{name}: in {topology} the first host does not reach the last")


def start_stop_large():
    topology = "tree,2,32"
    ours = [time_ours(topology) for _ in range(3)]
    check_reached("start-stop-large", topology, ours)
    rows = [Row("start-stop-large", f"{phase} of {topology}, {ours[0]['hosts']} hosts", "s",
                [each[phase] for each in ours], at_most=limit) for phase, limit in (("start", 5), ("stop", 3))]
    if options.all:
        with contextlib.suppress(Missing):
            theirs = time_mininet(topology)
            for phase in ("start", "stop"):
                rows.append(Row("start-stop-large", f"{phase} of {topology}", "s", [each[phase] for each in ours],
                                "Mininet", [theirs[phase]] * len(ours), inverse=True))
    return rows


def lab_file():
    """Reads a lab file and prints what it means: what is printed counts as well."""
    count, path = 10_000, f"{bench.work}/large.yml"
    with open(path, "w") as file:
        file.write("name: large\ntopology:\n  nodes:\n    s: { kind: switch }\n")
        file.writelines(f"    h{n}: {{ cpu: 0.1, env: {{ N: {n} }} }}\n" for n in range(1, count))
        file.write("  links:\n")
        file.writelines(f'    - {{ endpoints: ["h{n}:eth0", s], rate: 10mbit, delay: 1ms }}\n' for n in range(1, count))
    times = []
    for _ in range(options.rounds):
        begin = time.monotonic()
        topology = json.loads(run(f"{BIN}/rookery", "graph", path, "--json"))
        times.append(time.monotonic() - begin)
    if len(topology["nodes"]) != count:
        raise RuntimeError(f"lab-file: {len(topology['nodes'])} nodes of {count}")
    return [Row("lab-file", "a lab file of 10,000 nodes and as many links, read and printed", "s", times, at_most=2)]


def memory():
    lab = Rookery("--topo", "tree,2,32")
    before = supervisor_memory(lab)
    lab.rookery("ping", "-c", "1", "h1", "h1024")
    rss, pss = supervisor_memory(lab)
    lab.down()
    print(f"  at rest {before[0]:.0f} MB resident, with traffic {rss:.0f} MB ({pss:.0f} MB proportional)")
    return [Row("memory", "supervisor and guardian with 1,024 hosts, resident", "MB", [rss], at_most=200, digits=0)]


def supervisor_memory(lab):
    """MB of the lab's rookery-lab processes: resident, and with shared pages divided among those who share them."""
    totals, program = dict(Rss=0, Pss=0), os.path.realpath(f"{BIN}/rookery-lab")
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{process}/cmdline") as file:
                words = file.read().split("\0")
            if os.readlink(f"/proc/{process}/exe") != program or lab.lab not in words:
                continue
            with open(f"/proc/{process}/smaps_rollup") as file:
                for name, _, value in (line.partition(":") for line in file):
                    if name in totals:
                        totals[name] += int(value.split()[0]) * 1024 / 1e6
    if not totals["Rss"]:
        raise RuntimeError("no process of the lab's supervisor was found")
    return totals["Rss"], totals["Pss"]


# Moving packets

def tcp():
    networks = [Rookery(file=ONE_SWITCH)] + peers(KernelBridge, OpenVSwitch, OpenVSwitchDPDK)
    rows = []
    for control in controls():
        limits = dict(KernelBridge=dict(at_least=0.8), OpenVSwitch=dict(at_least=10),
                      OpenVSwitchDPDK=dict(at_least=1.8)) if control == "cubic" else {}
        figures = alternate(networks, lambda network: iperf(network, "-C", control, seconds=3))
        rows += compared("tcp", f"TCP, one stream, one switch, {control}", "Gbit/s", networks, figures, 1e9, **limits)
    return rows


def controls():
    """Congestion control: cubic on both sides, and the machine's default where that is another."""
    with open("/proc/sys/net/ipv4/tcp_congestion_control") as file:
        return list(dict.fromkeys(["cubic", file.read().strip()]))


def tcp_chain():
    single = Rookery(file=ONE_SWITCH)
    single.name = "one switch"
    chain = Rookery("--topo", "linear,100", hosts=("h1", "h100"), address="10.0.0.100")
    networks = [chain, single]
    figures = alternate(networks, lambda network: iperf(network, "-C", "cubic", seconds=3))
    return compared("tcp-chain", "TCP, one stream, 100 switches, cubic", "Gbit/s", networks, figures, 1e9,
                    Rookery=dict(at_least=0.9))


def udp():
    tool = bench.compiled("datagrams")
    networks = [Rookery(file=ONE_SWITCH)] + peers(OpenVSwitch, OpenVSwitchDPDK, KernelBridge)

    def delivered(network):
        network.run(0, "ping", "-c1", "-W2", network.address)
        receiver = network.start(1, tool, "receive", stdout=subprocess.PIPE)
        time.sleep(0.3)
        network.run(0, tool, "send", network.address, "3")
        return float(receiver.communicate()[0])

    figures = alternate(networks, delivered)
    return compared("udp", "UDP delivered, 64-byte frames, one switch", "Mpps", networks, figures, 1e6,
                    OpenVSwitch=dict(at_least=1.5), OpenVSwitchDPDK=dict(at_least=1.5))


def rtt():
    tool = bench.compiled("datagrams")
    networks = [Rookery(file=ONE_SWITCH)] + peers(KernelBridge)
    for network in networks:
        network.start(1, tool, "echo")

    def ping(network):
        return pings(network, 25, 0.2)

    def pingpong(gap, count):
        return lambda network: [float(line) for line in network.run(
            0, tool, "pingpong", network.address, str(count), str(gap)).split()]

    rows = []
    for what, measure in (("ping every 200 ms", ping), ("UDP every 1 ms", pingpong(1000, 1000)),
                          ("UDP back to back", pingpong(0, 5000))):
        times = alternate(networks, measure)
        for share, limit in ((0.5, dict(at_most=1.2)), (0.99, {})):
            figures = [[percentile(each, share) for each in rounds] for rounds in times]
            rows += compared("rtt", f"RTT, {what}, p{share * 100:.0f}", "µs", networks, figures, KernelBridge=limit)

    # Where the hosts' programs run decides what the bridge takes: on one processor, waking the other program is a
    # switch of context; on two, it is an interrupt. Our packets cross a thread of their own in either case.
    for processors, where in (((0, 0), "one processor"), ((0, 1), "two processors")):
        networks = [Rookery(file=ONE_SWITCH)] + peers(KernelBridge)
        for network in networks:
            network.start(1, "taskset", "-c", str(processors[1]), tool, "echo")
        times = alternate(networks, lambda network: [float(line) for line in network.run(
            0, "taskset", "-c", str(processors[0]), tool, "pingpong", network.address, "5000", "0").split()])
        figures = [[percentile(each, 0.5) for each in rounds] for rounds in times]
        rows += compared("rtt", f"RTT, UDP back to back, both programs on {where}, p50", "µs", networks, figures)
    return rows


# Truth

def lookup():
    run("swift", "build", "-c", "release", "--package-path", HERE, "--product", "lookup-bench", timeout=1800)
    text = run(f"{HERE}/.build/release/lookup-bench", timeout=1800)
    rows = []
    for line in text.splitlines():
        name, _, figure = line.partition(": ")
        value, target = figure.partition(" ns")[0], figure.partition("at most ")[2].partition(":")[0]
        with contextlib.suppress(ValueError):
            limit = dict(at_most=float(target)) if target else {}
            rows.append(Row("lookup", name, "ns", [float(value)], digits=1, **limit))
    return rows


def delay():
    tool = bench.compiled("datagrams")

    def round_trips(lab):
        # ping prints three digits, steps of 100 µs at 20 ms: too coarse.
        lab.start(1, tool, "echo")
        lines = lab.run(0, tool, "pingpong", lab.address, "300", "10000").split()
        if len(lines) < 300:
            raise RuntimeError(f"{300 - len(lines)} of 300 round trips are missing")
        return [float(line) for line in lines[1:]]

    # The round trip over an ideal wire is what the hosts' stacks and programs take: it is not the link's error.
    lab = Rookery(file=DIRECT % "delay: 0ms")
    stacks = statistics.median(round_trips(lab))
    lab.down()
    lab = Rookery(file=DIRECT % "delay: 10ms")
    measured = round_trips(lab)
    rows = []
    for taken_off, what, limits in (
            (stacks, "(RTT − RTT of an ideal wire − 20 ms) / 2", (50, 500)),
            (0, "(RTT − 20 ms) / 2", (None, None))):
        errors = [abs(time - taken_off - 20000) / 2 for time in measured]
        for share, limit in zip((0.5, 0.99), limits):
            rows.append(Row("delay", f"error of a 10 ms link, {what}, p{share * 100:.0f}", "µs",
                            [percentile(errors, share)], digits=1, **({"at_most": limit} if limit else {})))
    print("  the lab's own report:")
    for line in lab.rookery("inspect", "--fidelity").splitlines():
        print(f"    {line}")
    return rows


def rate():
    rows = []
    for text, asked in (("100mbit", 100e6), ("1gbit", 1e9)):
        networks = [Rookery(file=DIRECT % f"rate: {text}")] + peers(lambda: TokenBucket(text))

        def error(network):
            # A full segment carries 1,448 bytes (1,500 − 20 IPv4 − 32 TCP with time stamps) in a frame of 1,514,
            # which is what links count. The first second, slow start, is left out.
            goodput = iperf(network, "-C", "cubic", "-O", "1", seconds=10)
            return 100 * abs(goodput * 1514 / 1448 / asked - 1)

        figures = alternate(networks, error, rounds=1)
        what = f"rate error of a {text} link, 10 s of TCP (goodput × 1514/1448)"
        rows.append(Row("rate", what, "%", figures[0], at_most=1))
        if len(networks) > 1:
            rows[-1].peer = f"{networks[1].name}: {statistics.median(figures[1]):.2f} %"
    return rows


MEASURES = {"start-stop": start_stop, "start-stop-large": start_stop_large, "lab-file": lab_file,
            "memory": memory, "tcp": tcp,
            "tcp-chain": tcp_chain, "udp": udp, "rtt": rtt, "lookup": lookup, "delay": delay, "rate": rate,
            "flow-setup": lambda: management.flow_setup(alternate, compared),
            "flow-load": lambda: management.flow_load(alternate, compared),
            "add-ports": lambda: management.add_ports(alternate, compared),
            **{name: lambda measure=measure: measure(alternate) for name, measure in machines.MEASURES.items()}}
GROUPS = {"switch": ["flow-setup", "flow-load", "add-ports"], "machines": list(machines.MEASURES)}


def main():
    global options
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[*MEASURES, *GROUPS, []])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    bench.ORDER += MEASURES
    bad = 0
    for name in [name for asked in options.names or MEASURES for name in GROUPS.get(asked, [asked])]:
        print(name, flush=True)
        try:
            bench.begin()
            rows = MEASURES[name]()
            bench.show(rows)
            bench.write(rows, f"{HERE}/results.md")
            bad += sum(row.met == "NO" for row in rows)
        except (Missing, RuntimeError, OSError, ValueError, subprocess.SubprocessError) as error:
            print(f"  {name} failed: {error}", flush=True)
            bad += 1
        finally:
            bench.end()
    return 1 if bad else 0


try:
    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(130)
