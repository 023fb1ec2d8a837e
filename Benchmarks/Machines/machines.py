"""The measures of virtual machines, ours beside QEMU's TCG; `guests.py` has the guests."""
import os, re, shutil, statistics, subprocess, time

import bench
from bench import BIN, HERE, Missing, Row, namespace, run, start
from Machines import guests
from Machines.guests import TCG, Ours

QUIET = "console=ttyS0 quiet"


def rows_beside(measure, what, unit, figures, names, inverse=False, digits=2, absolute=None, ratio=None):
    """Our figures with a target of their own, and against each peer."""
    rows = []
    if absolute or len(figures) == 1:
        rows.append(Row(measure, what, unit, figures[0], digits=digits, **(absolute or {})))
    for name, values in zip(names[1:], figures[1:]):
        rows.append(Row(measure, what, unit, figures[0], name, values, inverse=inverse, digits=digits, **(ratio or {})))
    return rows


def processor(alternate):
    # As the executables are built (Makefile).
    run("swift", "build", "-c", "release", "--omit-frame-pointers", "--package-path", HERE,
        "--product", "processor-bench", timeout=3600)
    rows = []
    for line in run(f"{HERE}/.build/release/processor-bench", timeout=600).splitlines():
        match = re.match(r"(.+): ([\d.]+) million", line)
        if match:
            rows.append(Row("processor", f"interpreter, {match[1]}", "million instructions/s", [float(match[2])],
                            digits=0, at_least=100))
    folder = guests.image("mini")
    with open(f"{BIN}/rookery-work", "rb") as file:
        work = file.read()
    initrd = guests.extended(f"{folder}/initrd", {
        **guests.script("exec /rookery/work serve\n"), "rookery/terminal": (0o644, b"dumb\n"),
        "rookery/work": (0o755, work)})
    sides = [Ours()] + bench.peers(TCG)

    def speeds(side):
        machine = side.boot(folder, initrd, QUIET)
        machine.wait("work: ready", 120)
        figures = []
        for request, count in (("compute", 20_000_000), ("calls", 100_000)):
            machine.text = ""
            machine.type(f"{request} {count}")
            match, _ = machine.wait(r"work: ok (\d+) (\d+) .*\n", 120)
            figures.append(int(match[1]) / int(match[2]) * 1000)
        machine.end()
        return figures

    figures = alternate(sides, speeds)
    for index, what in enumerate(("steps of a loop of shifts and sums", "system calls")):
        rows += rows_beside("processor", f"in a guest, {what}", "million/s", [[each[index] for each in side]
                            for side in figures], [side.name for side in sides])
    return rows


def kernel_boot(alternate):
    folder = guests.image("mini")
    initrd = f"{bench.work}/mark.initrd"
    with open(initrd, "wb") as file:
        file.write(guests.archive({"init": (0o755, guests.static("init"))}))
    sides = [Ours()] + bench.peers(TCG)

    def boot(side):
        machine = side.boot(folder, initrd, QUIET)
        match, seconds = machine.wait(r"rookery-mark ([\d.]+)", 180)
        machine.end()
        return seconds, float(match[1])

    figures = alternate(sides, boot)
    names = [side.name for side in sides]
    rows = []
    for index, what, absolute in (
            (0, "cloud kernel, para, from the monitor's start to /init", dict(at_most=15)),
            (1, "the same by the kernel's own clock", None)):
        rows += rows_beside("kernel-boot", what, "s", [[each[index] for each in side] for side in figures], names,
                            inverse=True, absolute=absolute)
    return rows


def firmware_boot(alternate):
    folder = guests.image("debian")
    sides = [Ours()] + bench.peers(TCG)

    def boot(side):
        machine = side.boot_disk(folder)
        _, seconds = machine.wait(r"login:", 400)
        machine.end()
        return [seconds]

    figures = alternate(sides, boot)
    return rows_beside("firmware-boot", "Debian's disk, full machine, SeaBIOS and GRUB, to the login prompt", "s",
                       [[each[0] for each in side] for side in figures], [side.name for side in sides],
                       inverse=True, absolute=dict(at_most=120))


# Traffic

SECONDS = 5
IPERF = """
tries=0
until iperf3 -c PEER -t 1 > /dev/null 2>&1; do
    tries=$((tries + 1)); [ $tries -lt 60 ] || exit 1; usleep 300000
done
for way in to-host from-host; do
    [ $way = to-host ] && option= || option=-R
    # A server that has just served another stream may be busy still.
    for attempt in 1 2 3 4 5; do
        iperf3 -c PEER -t SECONDS -f m $option > /run/iperf 2>&1 && break
        sleep 1
    done
    echo "iperf $way $(grep receiver /run/iperf | sed 's/.* \\([0-9.]*\\) Mbits.*/\\1/') Mbit/s"
done
echo iperf-done
"""


class LabTraffic:
    """A guest on the lab's switch by its own card's rings (vhost-user), and a process beside it."""
    name = "Rookery"

    def measure(self, folder):
        initrd = guests.extended(f"{folder}/initrd", guests.script(
            IPERF.replace("PEER", "10.0.0.1").replace("SECONDS", str(SECONDS))))
        lab = bench.Rookery(hosts=("h1", "vm1"), file=f"""topology:
  nodes:
    s1: {{ kind: switch }}
    h1: {{ ipv4: 10.0.0.1/8 }}
    vm1: {{ kind: vm, cpu: software, memory: 512M, ipv4: 10.0.0.2/8, kernel: {folder}/vmlinuz, initrd: {initrd} }}
  links:
    - {{ endpoints: [h1, s1] }}
    - {{ endpoints: [vm1, s1] }}
""")
        server = lab.start(0, "iperf3", "-s", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        log = f"{os.environ['ROOKERY_RUN_DIR']}/{lab.lab}/vm/vm1/console.log"

        def said():
            with open(log, errors="replace") as file:
                return file.read()
        try:
            bench.wait_for(lambda: "iperf-done" in said(), "the guest's iperf3", 180)
            return results(said())
        finally:
            bench.stop(server)
            lab.down()


class BridgeTraffic(TCG):
    """A guest of QEMU's on a kernel bridge by a TAP, and a process beside it, all in namespaces of their own."""

    def measure(self, folder):
        bridge, host = namespace(), namespace()
        run("ip", "-n", bridge, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", bridge, "tuntap", "add", "tap0", "mode", "tap", "vnet_hdr")
        run("ip", "-n", bridge, "link", "add", "p0", "type", "veth", "peer", "name", "eth0", "netns", host)
        for port in ("tap0", "p0"):
            run("ip", "-n", bridge, "link", "set", port, "master", "br0", "up")
        run("ip", "-n", bridge, "link", "set", "br0", "up")
        run("ip", "-n", host, "addr", "add", "10.0.0.1/8", "dev", "eth0")
        run("ip", "-n", host, "link", "set", "eth0", "up")
        server = start("ip", "netns", "exec", host, "iperf3", "-s", stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        initrd = guests.extended(f"{folder}/initrd", guests.script(
            IPERF.replace("PEER", "10.0.0.1").replace("SECONDS", str(SECONDS))))
        self.extra = ("-netdev", "tap,id=n0,ifname=tap0,script=no,downscript=no,vhost=off",
                      "-device", "virtio-net-pci,netdev=n0")
        machine = self.boot(
            folder, initrd, QUIET + " ip=10.0.0.2/8::::vm1:eth0:off", where=("ip", "netns", "exec", bridge))
        machine.wait("iperf-done", 180)
        figures = results(machine.text)
        machine.end()
        bench.stop(server)
        return figures


def results(text):
    """Gbit/s from the guest and to it."""
    found = dict(re.findall(r"iperf (to-host|from-host) ([\d.]+) Mbit/s", text))
    if len(found) != 2:
        raise RuntimeError(f"the guest's iperf3 says nothing:\n{text[-800:]}")
    return [float(found[way]) / 1000 for way in ("to-host", "from-host")]


def guest_tcp(alternate):
    if not shutil.which("iperf3"):
        raise Missing("iperf3: apt install iperf3")
    folder = guests.image("mini")
    sides = [LabTraffic()] + bench.peers(BridgeTraffic)
    figures = alternate(sides, lambda side: side.measure(folder))
    rows = []
    for index, what in enumerate(("from a guest to a process", "from a process to a guest")):
        rows += rows_beside("guest-tcp", f"TCP, one stream, {what}, virtio-net", "Gbit/s",
                            [[each[index] for each in side] for side in figures], [side.name for side in sides],
                            ratio=dict(at_least=0.5))
    return rows


# Memory

def beside_guest(process):
    """MiB of a process's memory that is its own, shared parts in proportion, without what it maps as guest's RAM."""
    total, is_ram = 0, False
    with open(f"/proc/{process}/smaps") as file:
        for line in file:
            header = re.match(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+\s*(.*)", line)
            if header:
                is_ram = "/memfd:" in header[1]
            elif line.startswith("Pss:") and not is_ram:
                total += int(line.split()[1])
    return total / 1024


def guest_memory(alternate):
    folder = guests.image("mini")
    sides = [Ours("256M")] + bench.peers(lambda: TCG("256M", extra=(
        "-object", "memory-backend-memfd,id=ram,size=256M", "-machine", "memory-backend=ram")))

    def measure(side):
        initrd = guests.extended(f"{folder}/initrd", guests.script("echo guest-is-up; sleep 600\n"))
        machine = side.boot(folder, initrd, QUIET)
        machine.wait("guest-is-up", 180)
        time.sleep(1)
        process = machine.program.pid
        if isinstance(side, Ours):
            # The monitor is a process of its own beside the command.
            children = [pid for pid in os.listdir("/proc") if pid.isdigit() and is_monitor_of(pid, process)]
            if not children:
                raise RuntimeError("the monitor's process is not to be found")
            figure = sum(beside_guest(child) for child in children)
        else:
            figure = beside_guest(process)
        machine.end()
        return [figure]

    figures = alternate(sides, measure, 1)
    return rows_beside("guest-memory", "the monitor beside the RAM of a mini guest, 256 MiB", "MiB",
                       [[each[0] for each in side] for side in figures], [side.name for side in sides],
                       inverse=True, digits=1, absolute=dict(at_most=15))


def is_monitor_of(pid, ancestor):
    """Whether a process is a rookery-vmm that descends from another."""
    try:
        with open(f"/proc/{pid}/comm") as file:
            if not file.read().startswith("rookery-vmm"):
                return False
        while pid not in ("0", "1"):
            with open(f"/proc/{pid}/stat") as file:
                pid = file.read().rpartition(")")[2].split()[1]
            if pid == str(ancestor):
                return True
    except OSError:
        pass
    return False


MEASURES = {"processor": processor, "kernel-boot": kernel_boot, "firmware-boot": firmware_boot,
            "guest-tcp": guest_tcp, "guest-memory": guest_memory}
