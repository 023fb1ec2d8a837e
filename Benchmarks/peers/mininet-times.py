"""Starts and stops one Mininet network with Open vSwitch's user-space data path, and prints a line of JSON.

usage: mininet-times.py TOPOLOGY      for example tree,4,4

Run it in network, mount and process namespaces of its own (../measures.py does): Mininet makes its switches'
interfaces in the namespace it is started in and talks to the Open vSwitch of /var/run/openvswitch, which is this
script's own there. A line on standard input stops the network; "stopped" is printed when that is done.
"""
import json, os, subprocess, sys, time
from functools import partial

from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.node import NullController, OVSSwitch
from mininet.topo import LinearTopo, MinimalTopo, SingleSwitchTopo
from mininet.topolib import TorusTopo, TreeTopo
from mininet.util import buildTopo

run, etc = "/var/run/openvswitch", "/etc/openvswitch"
for directory in (run, etc):
    os.makedirs(directory, exist_ok=True)
    subprocess.check_call(["mount", "-t", "tmpfs", "tmpfs", directory])
quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
subprocess.check_call(["ip", "link", "set", "lo", "up"])
subprocess.check_call(["ovsdb-tool", "create", f"{etc}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema"])
for daemon in (["ovsdb-server", f"--remote=punix:{run}/db.sock", f"{etc}/conf.db"],
               ["/usr/lib/openvswitch-switch/ovs-vswitchd", f"unix:{run}/db.sock"]):
    subprocess.check_call(daemon + ["--pidfile", "--detach", "--log-file=/dev/null"], **quiet)
    if daemon[0] == "ovsdb-server":
        subprocess.check_call(["ovs-vsctl", "--no-wait", "init"])

setLogLevel("error")
kinds = dict(minimal=MinimalTopo, linear=LinearTopo, single=SingleSwitchTopo, tree=TreeTopo, torus=TorusTopo)
begun = time.time()
net = Mininet(topo=buildTopo(kinds, sys.argv[1]), controller=NullController, waitConnected=False, autoSetMacs=True,
              switch=partial(OVSSwitch, datapath="user", failMode="standalone"))
net.start()
started = time.time()
first, last = net.hosts[0], net.hosts[-1]
reached = " 0% packet loss" in first.cmd(f"ping -c2 -W2 {last.IP()}")
print(json.dumps(dict(start=started - begun, hosts=len(net.hosts), switches=len(net.switches), reached=reached)),
      flush=True)
sys.stdin.readline()
net.stop()
print("stopped", flush=True)
