"""A switch's daemon with its database, ours or the peer's, in a network namespace of its own, driven by Open vSwitch's
tools."""
import os, shutil, subprocess

import bench
from bench import BIN, Missing, run, start, wait_for


class Daemon:
    """The daemon in namespace `place`; its files in `files`, where ovs-vsctl and ovs-ofctl look for it."""

    def __init__(self):
        for tool in ("ovs-vsctl", "ovs-ofctl"):
            if not shutil.which(tool):
                raise Missing(f"{tool}: apt install openvswitch-switch")
        self.place = bench.namespace()
        self.files = f"{bench.work}/{self.place}"
        os.mkdir(self.files)
        self.database = f"unix:{self.files}/db.sock"
        self.environment = dict(os.environ, OVS_RUNDIR=self.files, OVS_LOGDIR=self.files, OVS_DBDIR=self.files)
        self.programs = []
        self.launch()
        self.control("add-br", "s1", "--", "set", "bridge", "s1", "datapath_type=netdev", "fail-mode=secure",
                     "other-config:disable-in-band=true")

    def spawn(self, *command):
        # `ip netns exec` becomes the command: the process is the daemon's own.
        with open(f"{self.files}/{os.path.basename(command[0])}.log", "w") as log:
            program = start("ip", "netns", "exec", self.place, *command, env=self.environment, stdout=log, stderr=log)
        self.programs.append(program)
        return program

    def control(self, *words, **options):
        return run("ovs-vsctl", f"--db={self.database}", "--timeout=300", *words, **options)

    def ofctl(self, *words):
        done = subprocess.run(("ovs-ofctl", *words), env=self.environment, text=True, capture_output=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f"ovs-ofctl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def resident(self):
        """Megabytes of the process that holds the flows."""
        with open(f"/proc/{self.switch.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024

    def stop(self):
        for program in reversed(self.programs):
            bench.stop(program)


class RookeryDaemon(Daemon):
    name = "rookery-switchd"

    def launch(self):
        if not os.path.exists(f"{BIN}/rookery-switchd"):
            raise RuntimeError(f"{BIN}/rookery-switchd is missing: make build")
        self.switch = self.spawn(f"{BIN}/rookery-switchd", "--run-dir", self.files, "--database",
                                 f"{self.files}/conf.db", "--remote", f"p{self.database}")
        wait_for(lambda: os.path.exists(f"{self.files}/db.sock"), "rookery-switchd")


class OpenVSwitchDaemon(Daemon):
    name = "ovs-vswitchd"
    program = "/usr/lib/openvswitch-switch/ovs-vswitchd"

    def launch(self):
        if not os.path.exists(self.program):
            raise Missing(f"{self.name}: apt install openvswitch-switch")
        run("ovsdb-tool", "create", f"{self.files}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
        self.spawn("ovsdb-server", f"{self.files}/conf.db", f"--remote=p{self.database}",
                   f"--unixctl={self.files}/ovsdb.ctl", f"--pidfile={self.files}/ovsdb-server.pid")
        wait_for(lambda: os.path.exists(f"{self.files}/db.sock"), "ovsdb-server")
        self.control("--no-wait", "init")
        self.switch = self.spawn(self.program, self.database, "--disable-system",
                                 f"--unixctl={self.files}/vswitchd.ctl", f"--pidfile={self.files}/ovs-vswitchd.pid")


def both():
    """Ours, and the peer where it is installed."""
    return [RookeryDaemon()] + bench.peers(OpenVSwitchDaemon)
