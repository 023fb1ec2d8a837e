"""A place of one's own for a switch, its controllers and its hosts: `enter` makes network, mount and process namespaces
in which the standard paths (/run/openvswitch) are private, and which end with the script and take every process along.
"""
import os, subprocess, sys, time

RUN = "/run/openvswitch"
processes = []


def enter():
    """Called in `unshare --net --mount --pid --fork --kill-child --mount-proc`."""
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    os.makedirs(RUN)
    if os.path.isdir("/etc/openvswitch"):
        run("mount", "-t", "tmpfs", "tmpfs", "/etc/openvswitch")
    run("ip", "link", "set", "lo", "up")


def run(*command, check=True, timeout=60):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout)
    if check and done.returncode:
        sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{logs()}")
    return done.stdout


def start(name, *command, **environment):
    with open(f"/run/{name}.log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=dict(os.environ, **environment))
    processes.append(process)
    return process


def log(name):
    with open(f"/run/{name}.log", errors="replace") as file:
        return file.read()


def logs():
    names = sorted(name[:-4] for name in os.listdir("/run") if name.endswith(".log"))
    return "".join(f"--- {name}\n{log(name)[-2000:]}\n" for name in names)


def wait_for(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"waited {seconds} s in vain for {what}\n{logs()}")
        time.sleep(0.05)


def start_switch():
    """rookery-switchd (SWITCHD names the program), or Open vSwitch where SWITCHD is "ovs": the scripts' own oracle."""
    program = os.environ["SWITCHD"]
    if program == "ovs":
        run("ovsdb-tool", "create", f"{RUN}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
        start("ovsdb-server", "ovsdb-server", f"{RUN}/conf.db", f"--remote=punix:{RUN}/db.sock",
              "--remote=db:Open_vSwitch,Open_vSwitch,manager_options", "--private-key=db:Open_vSwitch,SSL,private_key",
              "--certificate=db:Open_vSwitch,SSL,certificate", "--ca-cert=db:Open_vSwitch,SSL,ca_cert", "--pidfile")
        wait_for(lambda: os.path.exists(f"{RUN}/db.sock"), "ovsdb-server")
        run("ovs-vsctl", "--no-wait", "init")
        start("ovs-vswitchd", "ovs-vswitchd", f"unix:{RUN}/db.sock", "--disable-system", "--pidfile")
    else:
        start("rookery-switchd", program, "--run-dir", RUN, "--database", f"{RUN}/conf.db", "--remote",
              f"punix:{RUN}/db.sock")
        wait_for(lambda: os.path.exists(f"{RUN}/db.sock"), "rookery-switchd")


def control(*words):
    return run("ovs-vsctl", "--timeout=20", *words)


def add_bridge(name="s1", dpid=1, version="13"):
    control("add-br", name, "--", "set", "bridge", name, "datapath_type=netdev", "fail-mode=secure",
            f"protocols=OpenFlow{version}", f"other-config:datapath-id={dpid:016x}",
            "other-config:disable-in-band=true")


def connect(**bridges):
    """Bridges to their controllers' ports; after the bridges' ports have been added: some samples ask only once."""
    for bridge, port in bridges.items():
        control("set-controller", bridge, f"tcp:127.0.0.1:{port}", "--", "set", "controller", bridge,
                "connection-mode=out-of-band", "max_backoff=1000")
    wait_for(lambda: control("show").count("is_connected: true") == len(bridges), "the controller")


def add_host(name, bridge, port, address, gateway=None):
    """A network namespace with eth0, joined to port number `port` of the bridge."""
    run("ip", "netns", "add", name)
    peer = f"{bridge}-eth{port}"
    run("ip", "link", "add", peer, "type", "veth", "peer", "name", "eth0", "netns", name)
    inside(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
    inside(name, "ip", "link", "set", "eth0", "address", f"02:00:00:00:{int(bridge[1:]):02x}:{port:02x}")
    inside(name, "ip", "addr", "add", address, "dev", "eth0")
    inside(name, "ip", "link", "set", "eth0", "up")
    if gateway:
        inside(name, "ip", "route", "add", "default", "via", gateway)
    run("ip", "link", "set", peer, "up")
    control("add-port", bridge, peer, "--", "set", "interface", peer, f"ofport_request={port}")


def join(first, second):
    """A cable between two bridges' ports, each named BRIDGE-ethNUMBER."""
    run("ip", "link", "add", first, "type", "veth", "peer", "name", second)
    for name in (first, second):
        bridge, number = name.split("-eth")
        run("ip", "link", "set", name, "up")
        control("add-port", bridge, name, "--", "set", "interface", name, f"ofport_request={number}")


def inside(name, *command, **options):
    return run("ip", "netns", "exec", name, *command, **options)


def reaches(host, address, tries=1, wait=1):
    """Whether one of so many echo requests is answered, each within `wait` seconds."""
    return any(" 0% packet loss" in inside(host, "ping", "-n", "-c1", f"-W{wait}", address, check=False)
               for _ in range(tries))


def matrix(hosts, **options):
    """Whom each of the hosts ({name: address}) reaches: Mininet's lines."""
    return [" ".join([f"{host} ->"] + [other if reaches(host, address, **options) else "X"
                                       for other, address in hosts.items() if other != host]) for host in hosts]


def applications(ports, options=(), **environment):
    """Starts sample applications of os-ken's, each on a port of its own, and waits until they listen."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "application.py")
    for name, port in ports.items():
        start(name, "/usr/bin/python3", "-B", script, name, "--ofp-tcp-listen-port", str(port),
              *options, **environment)
    # A switch that is refused comes back after its back-off only.
    listening(*ports.values())


def one_switch(application, hosts):
    """The switch with a bridge s1, so many hosts h1, h2 … on it, and an application that controls it."""
    start_switch()
    applications({application: 6653})
    add_bridge()
    for number in range(1, hosts + 1):
        add_host(f"h{number}", "s1", number, f"10.0.0.{number}/24")
    connect(s1=6653)


def listening(*ports):
    """Waits until somebody listens on these TCP ports."""
    wait_for(lambda: any(process.poll() is not None for process in processes)
             or all(f":{port} " in run("ss", "-ltn") for port in ports), "listeners", 60)
    if any(process.poll() is not None for process in processes):
        sys.exit(f"a program has ended\n{logs()}")
