"""Mininet's own program and its OVSSwitch, unchanged."""
import os

from place import control, run, start, start_switch


def mn(*arguments):
    """Runs `mn`, and shows who reached whom."""
    lines = run("mn", *arguments, timeout=80).splitlines()
    print("\n".join(line.strip() for line in lines if "->" in line or "Results: 0" in line or "% dropped" in line))


def mininet():
    """Pings through OVSSwitch and OVSBridge as the command line makes them; nothing may stay."""
    start_switch()
    # Open vSwitch itself needs to be told that the kernel has no data path for it.
    options = ",datapath=user" if os.environ["SWITCHD"] == "ovs" else ""
    # ovs-testcontroller.
    mn("--topo", "tree,2,3", "--switch", f"ovsk{options}", "--controller", "ovsc", "--test", "pingpair")
    mn("--topo", "tree,2,2", "--switch", f"ovsk,failMode=standalone{options}", "--controller", "none", "--test",
       "pingall")
    mn("--topo", "linear,3", "--switch", f"ovsbr{options}", "--mac", "--arp", "--link", "tc,bw=10", "--test", "pingall")
    # A loop, which a spanning tree cuts before Mininet goes on.
    mn("--topo", "torus,3,3", "--switch", f"ovsbr,stp=1{options}", "--wait", "--test", "pingpair")
    start("controller", "ovs-testcontroller", "-O", "OpenFlow13", "ptcp:6653")
    mn("--topo", "linear,2", "--switch", f"ovsk,protocols=OpenFlow13,batch=1{options}", "--controller",
       "remote,port=6653", "--test", "pingall")
    print("bridges left:", run("ovs-vsctl", "list-br").split())
    control("add-br", "left")
    # Its cleaning up removes /tmp/*.log and more, whoever they belong to.
    run("unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /tmp && mn -c")
    print("after mn -c:", run("ovs-vsctl", "list-br").split(), "links:", run("ip", "-br", "link").split()[0::4])
