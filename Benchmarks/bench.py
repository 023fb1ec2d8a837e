"""What all measures share: networks of two hosts (ours and the peers'), the tools that load them, the table of results.

A network has `run(host, *command)` and `start(host, *command)` with hosts 0 and 1, and `address`, host 1's. Everything
made is registered with `cleanup` before it is made, and removed in reverse order at the end, on an error and on Ctrl-C.
"""
import contextlib, datetime, json, os, platform, re, shutil, signal, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.abspath(os.environ["ROOKERY_BIN"])
cleanup = contextlib.ExitStack()
work = None


class Missing(Exception):
    """A peer that is not installed; says what brings it."""


def begin():
    global work
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    # The last thing to run: signals must not interrupt what removes the rest.
    work = tempfile.mkdtemp(prefix="rookery-bench.")
    cleanup.callback(shutil.rmtree, work, True)
    os.environ["ROOKERY_RUN_DIR"] = f"{work}/run"


def end():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    cleanup.close()


def run(*command, check=True, timeout=600):
    """Runs a command to its end and returns what it printed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def start(*command, **options):
    """Starts a program, which is ended with the run where it has not ended before."""
    # A session of its own, or Ctrl-C would end it before what depends on it is removed.
    program = subprocess.Popen(command, start_new_session=True, text=True, **options)
    cleanup.callback(stop, program)
    return program


def stop(program):
    if program.poll() is None:
        program.terminate()
        try:
            program.wait(5)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def wait_for(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


# Networks

_number = 0


def unique(prefix="rkb"):
    global _number
    _number += 1
    return f"{prefix}{os.getpid()}-{_number}"


def namespace():
    name = unique()
    cleanup.callback(run, "ip", "netns", "del", name, check=False)
    run("ip", "netns", "add", name)
    run("ip", "-n", name, "link", "set", "lo", "up")
    return name


class Rookery:
    """A lab, through the commands that a user types."""

    def __init__(self, *up, file=None, hosts=("h1", "h2"), address="10.0.0.2"):
        self.lab, self.hosts, self.address = unique("bench"), hosts, address
        if file:
            path = f"{work}/{self.lab}.yml"
            with open(path, "w") as out:
                out.write(f"name: {self.lab}\n{file}")
            up = (path,)
        cleanup.callback(run, f"{BIN}/rookery", "down", self.lab, check=False)
        run(f"{BIN}/rookery", "up", *up, "--name", self.lab, "-d")

    def command(self, host, *command):
        return (f"{BIN}/rookery", "exec", "-T", "-n", self.lab, self.hosts[host], "--", *command)

    def run(self, host, *command, **options):
        return run(*self.command(host, *command), **options)

    def start(self, host, *command, **options):
        return start(*self.command(host, *command), **options)

    def rookery(self, *arguments):
        return run(f"{BIN}/rookery", *arguments, "-n", self.lab)

    def down(self):
        run(f"{BIN}/rookery", "down", self.lab)


class Namespaces:
    """Two namespaces, each with a veth pair into a third one, where `join` connects the pairs' other ends."""

    address = "10.0.0.2"

    def __init__(self):
        self.middle = namespace()
        self.hosts = [namespace(), namespace()]
        for index, host in enumerate(self.hosts):
            run("ip", "-n", self.middle, "link", "add", f"p{index}", "type", "veth",
                "peer", "name", "eth0", "netns", host)
            run("ip", "-n", self.middle, "link", "set", f"p{index}", "up")
            run("ip", "-n", host, "addr", "add", f"10.0.0.{index + 1}/8", "dev", "eth0")
            run("ip", "-n", host, "link", "set", "eth0", "up")
        self.join()

    def run(self, host, *command, **options):
        return run("ip", "netns", "exec", self.hosts[host], *command, **options)

    def start(self, host, *command, **options):
        return start("ip", "netns", "exec", self.hosts[host], *command, **options)


class KernelBridge(Namespaces):
    name = "kernel bridge"

    def join(self):
        run("ip", "-n", self.middle, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", self.middle, "link", "set", "br0", "up")
        for port in ("p0", "p1"):
            run("ip", "-n", self.middle, "link", "set", port, "master", "br0")


class TokenBucket(Namespaces):
    """The kernel's shaper on the way from host 0 to host 1: what Mininet's links use (HTB)."""

    def __init__(self, rate):
        self.name, self.rate = f"HTB {rate}", rate
        super().__init__()

    def join(self):
        KernelBridge.join(self)
        for words in (("qdisc", "add", "dev", "eth0", "root", "handle", "1:", "htb", "default", "1"),
                      ("class", "add", "dev", "eth0", "parent", "1:", "classid", "1:1", "htb", "rate", self.rate)):
            try:
                self.run(0, "tc", *words)
            except (RuntimeError, FileNotFoundError) as error:
                raise Missing("HTB: this kernel has no sch_htb, or tc is missing (apt install iproute2)") from error


class OpenVSwitch(Namespaces):
    """Open vSwitch's user-space data path, with a database and a daemon of its own in the middle namespace."""

    name = "OVS user space"
    daemon, package = "/usr/lib/openvswitch-switch/ovs-vswitchd", "openvswitch-switch"
    settings = ()

    def join(self):
        for program, package in ((self.daemon, self.package), ("/usr/bin/ovs-vsctl", "openvswitch-switch")):
            if not os.path.exists(program):
                raise Missing(f"{self.name}: apt install {package}")
        files = f"{work}/{self.middle}"
        os.mkdir(files)
        database = f"unix:{files}/db.sock"
        environment = dict(os.environ, OVS_RUNDIR=files, OVS_LOGDIR=files, OVS_DBDIR=files, RUNTIME_DIRECTORY=files)
        options = dict(env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        run("ovsdb-tool", "create", f"{files}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
        inside = ("ip", "netns", "exec", self.middle)
        start(*inside, "ovsdb-server", f"{files}/conf.db", f"--remote=p{database}", **options)
        wait_for(lambda: os.path.exists(f"{files}/db.sock"), "ovsdb-server")
        control = lambda *words: run("ovs-vsctl", f"--db={database}", "--timeout=60", *words)
        control("--no-wait", "init")
        if self.settings:
            control("--no-wait", "set", "open_vswitch", ".", *self.settings)
        start(*inside, self.daemon, database, "--disable-system", f"--unixctl={files}/control", **options)
        control("add-br", "s1", "--", "set", "bridge", "s1", "datapath_type=netdev", "fail-mode=standalone",
                "--", "add-port", "s1", "p0", "--", "add-port", "s1", "p1")
        self.tune()

    def tune(self):
        # Without segmentation in user space it forwards unfinished checksums as they are, and TCP stalls.
        for host in (0, 1):
            self.run(host, "ethtool", "-K", "eth0", "tx", "off")


class OpenVSwitchDPDK(OpenVSwitch):
    """The DPDK build with TCP segmentation offload in user space: Open vSwitch's best for TCP between namespaces."""

    name = "OVS DPDK, user-space TSO"
    daemon, package = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk", "openvswitch-switch-dpdk"
    settings = ("other_config:dpdk-init=true", "other_config:userspace-tso-enable=true",
                'other_config:dpdk-extra="--no-huge --no-pci --legacy-mem -m 512"')

    def tune(self):
        pass


def peers(*makers):
    """The peers that are there; those that are not are named."""
    found = []
    for make in makers:
        try:
            found.append(make())
        except Missing as missing:
            print(f"  skipped: {missing}", flush=True)
    return found


# Load

def compiled(name):
    """The program NAME.c of this folder, compiled for this run."""
    program = f"{work}/{os.path.basename(name)}"
    if not os.path.exists(program):
        compiler = shutil.which("cc") or shutil.which("clang")
        if not compiler:
            raise Missing("a compiler for what makes the load: apt install gcc")
        run(compiler, "-O2", "-o", program, f"{HERE}/{name}.c")
    return program


def iperf(network, *options, seconds):
    """One TCP stream from host 0 to host 1: what the receiver got, in bit/s."""
    server = network.start(1, "iperf3", "-s", "-1", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = ("iperf3", "-c", network.address, "-t", str(seconds), "-J", *options)
    for _ in range(50):
        # With -J a client that finds no server ends in success; the report says it.
        report = json.loads(network.run(0, *client, check=False, timeout=seconds + 20) or "{}")
        if report.get("end", {}).get("sum_received"):
            break
        time.sleep(0.1)
    else:
        raise RuntimeError(f"iperf3 does not reach {network.address}")
    server.wait(10)
    return report["end"]["sum_received"]["bits_per_second"]


def pings(network, count, interval):
    """Round-trip times in microseconds, sorted, without the first, which resolves addresses."""
    text = network.run(0, "ping", "-n", "-c", str(count + 1), "-i", str(interval), network.address)
    times = [float(value) * 1000 for value in re.findall(r"time=([\d.]+)", text)]
    if len(times) != count + 1:
        raise RuntimeError(f"{count + 1 - len(times)} of {count + 1} echo replies are missing")
    return sorted(times[1:])


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


# Results

class Row:
    """One line of the table. `values` and `peer_values` alternate; a target without a peer is absolute."""

    def __init__(self, measure, what, unit, values, peer=None, peer_values=None, at_least=None, at_most=None,
                 inverse=False, digits=2):
        self.measure, self.what = measure, what
        median, decimals = statistics.median, digits
        self.ours = f"{median(values):.{decimals}f} {unit}"
        self.peer = self.ratio = "–"
        figure, self.target = median(values), f" {unit}"
        if peer:
            self.peer = f"{peer}: {median(peer_values):.{decimals}f} {unit}"
            pairs = zip(peer_values, values) if inverse else zip(values, peer_values)
            figure = median([over / under for over, under in pairs])
            self.ratio, self.target = f"{figure:.2f}", " ×"
        limit = at_least if at_least is not None else at_most
        if limit is None:
            self.target, self.met = "–", "–"
        else:
            self.met = "yes" if (figure >= limit if at_least is not None else figure <= limit) else "NO"
            self.target = ("≥ " if at_least is not None else "≤ ") + f"{limit:g}" + self.target
        self.when = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M}"
        self.load = f"{os.getloadavg()[0]:.1f}"

    def cells(self):
        return [self.measure, self.what, self.ours, self.peer, self.ratio, self.target, self.met, self.when, self.load]


HEAD = ["Benchmark", "Measure", "Rookery", "Peer", "Ratio", "Target", "Met", "When (UTC)", "Load"]


def show(rows):
    for row in rows:
        verdict = {"yes": "met", "NO": "MISSED"}.get(row.met, "for information")
        beside = f" against {row.peer}, ratio {row.ratio}" if row.peer != "–" else ""
        wanted = f" (target {row.target}: {verdict})" if row.target != "–" else ""
        print(f"  {row.what}: {row.ours}{beside}{wanted}", flush=True)


def write(rows, path):
    """The table as Markdown. Rows of measures that this run left out stay as they were."""
    fresh = {row.measure for row in rows}
    old = []
    if os.path.exists(path):
        with open(path) as file:
            lines = [[cell.strip() for cell in line.strip()[1:-1].split("|")]
                     for line in file if line.startswith("| ")]
        old = [cells for cells in lines if len(cells) == len(HEAD) and cells[0] not in fresh | {HEAD[0], "---"}]
    order = {name: index for index, name in enumerate(ORDER)}
    table = sorted(old + [row.cells() for row in rows], key=lambda cells: order.get(cells[0], len(order)))
    with open(path + ".new", "w") as file:
        file.write(
            "# Results\n\n"
            f"Written by `Benchmarks/run.sh` on {datetime.date.today()}; Linux {platform.release()}, "
            f"{os.cpu_count()} CPUs.\nBoth sides were measured alternately in one run: medians, and the median of each "
            "round's ratio. “Load” is the machine's\nload average when the row was done, the benchmark's own included."
            "\n\n")
        for cells in [HEAD, ["---"] * len(HEAD)] + table:
            file.write("| " + " | ".join(cells) + " |\n")
    os.replace(path + ".new", path)


ORDER = []
