"""os-ken's samples that are told what to do over HTTP."""
import json, os, urllib.error, urllib.request

from place import (add_bridge, add_host, applications, connect, control, inside, join, log, matrix, one_switch, reaches,
                   run, start, start_switch, wait_for)


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
    """rest_router on two switches: networks of their own, a network between them, and routes by hand."""
    start_switch()
    applications({"rest_router": 6653})
    networks = {1: ["192.168.1.1/24", "10.9.0.1/30"], 2: ["192.168.2.1/24", "10.9.0.2/30"]}
    for number in networks:
        add_bridge(f"s{number}", number)
        add_host(f"h{number}", f"s{number}", 1, f"192.168.{number}.10/24", gateway=f"192.168.{number}.1")
    join("s1-eth2", "s2-eth2")
    connect(s1=6653, s2=6653)
    answers("the routers", "/router/all", lambda reply: len(reply) == 2)
    print("before:", "reached" if reaches("h1", "192.168.2.10") else "not reached")

    def tell(number, **what):
        print(ask("POST", f"/router/{number:016x}", what)[0]["command_result"][0]["details"])

    for number, addresses in networks.items():
        for address in addresses:
            tell(number, address=address)
    print("gateway:", "reached" if reaches("h1", "192.168.1.1", tries=10) else "not reached")
    tell(1, gateway="10.9.0.2")
    tell(2, destination="192.168.1.0/24", gateway="10.9.0.1")
    print("after:", "reached" if reaches("h1", "192.168.2.10", tries=20) else "not reached")
    routes = ask("GET", "/router/0000000000000002")[0]["internal_network"][0]["route"]
    print("routes:", sorted((route["destination"], route["gateway"]) for route in routes))
    ask("DELETE", "/router/0000000000000002", dict(route_id="all"))
    print("without the route back:", "reached" if reaches("h1", "192.168.2.10") else "not reached")


def firewall():
    """rest_firewall lets only what it is told to pass."""
    hosts = {f"h{number}": f"10.0.0.{number}" for number in (1, 2, 3)}
    one_switch("rest_firewall", len(hosts))
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


def firewall_of_networks():
    """rest_firewall between two bridges with access ports of two VLANs: rules for one of them."""
    start_switch()
    applications({"rest_firewall": 6653})
    add_bridge()
    for number in (1, 2):
        bridge = f"s1{number}"
        control("add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev")
        for port, vlan in ((1, 2), (2, 110)):
            add_host(f"h{number}v{vlan}", bridge, port, f"10.0.{vlan}.{number}/24")
            control("set", "port", f"{bridge}-eth{port}", f"tag={vlan}")
        join(f"s1-eth{number}", f"{bridge}-eth3")
    connect(s1=6653)
    answers("the firewall", "/firewall/module/status", lambda reply: len(reply) == 1)
    switch = "0000000000000001"
    print(ask("PUT", f"/firewall/module/enable/{switch}", {})[0]["command_result"]["details"])
    for source, target in ((1, 2), (2, 1)):
        rule = dict(nw_src=f"10.0.2.{source}", nw_dst=f"10.0.2.{target}", nw_proto="ICMP")
        print(ask("POST", f"/firewall/rules/{switch}/2", rule)[0]["command_result"][0]["result"])
    for vlan, tries in ((2, 10), (110, 1)):
        print(f"VLAN {vlan}:", "reached" if reaches(f"h1v{vlan}", f"10.0.{vlan}.2", tries) else "not reached")
    rules = ask("GET", f"/firewall/rules/{switch}/all")[0]["access_control_list"]
    print("rules:", sorted((entry.get("vlan_id", 0), rule["nw_src"], rule["actions"])
                           for entry in rules for rule in entry["rules"] if "nw_src" in rule))


def quality():
    """rest_qos: queues that os-ken configures in the database, and rules that choose among them."""
    start_switch()
    control("set-manager", "ptcp:6632")
    applications({"rest_qos+qos_simple_switch_13+rest_conf_switch": 6653})
    add_bridge()
    for number in (1, 2):
        add_host(f"h{number}", "s1", number, f"10.0.0.{number}/24")
    connect(s1=6653)
    switch = "0000000000000001"
    wait_for(lambda: f"dpid={switch}: Join qos switch" in log("rest_qos+qos_simple_switch_13+rest_conf_switch"),
             "the switch")
    ask("PUT", f"/v1.0/conf/switches/{switch}/ovsdb_addr", "tcp:127.0.0.1:6632")
    queues = [dict(max_rate="500000"), dict(min_rate="800000", max_rate="1000000")]
    body = dict(port_name="s1-eth1", type="linux-htb", max_rate="1000000", queues=queues)
    # The application looks for the database after it has answered the last request.
    wait_for(lambda: ask("POST", f"/qos/queue/{switch}", body)[0]["command_result"]["result"] == "success", "queues")
    rule = dict(match=dict(nw_dst="10.0.0.1", nw_proto="UDP", tp_dst="5002"), actions=dict(queue="1"))
    print(ask("POST", f"/qos/rules/{switch}", rule)[0]["command_result"][0]["details"])
    print("queues in the database:", sorted(control("--bare", "--columns=other_config", "list", "queue").split()))
    print("rules:", [(rule["tp_dst"], rule["actions"])
                     for entry in ask("GET", f"/qos/rules/{switch}")[0]["command_result"] for rule in entry["qos"]])
    print("h1 -> h2:", "reached" if reaches("h1", "10.0.0.2", tries=10) else "not reached")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "datagrams.py")
    for port in ("5001", "5002"):
        start(port, "ip", "netns", "exec", "h1", "python3", script, "receive", "10.0.0.1", port)
        wait_for(lambda: f":{port} " in inside("h1", "ss", "-lun"), "the receiver")
        # 2 Mbit/s for 3 s, of which the last 2 count: the first ones fill the queue.
        inside("h2", "python3", script, "send", "10.0.0.1", port, "750", "0.004", "972")
        times = [float(line.split()[2]) for line in log(port).splitlines()]
        last = [moment for moment in times if moment > times[0] + 1 and moment < times[0] + 3]
        rate = len(last) * 1000 * 8 / 2
        print(f"port {port}:",
              "up to 0.6 Mbit/s" if rate < 600_000 else "0.6 to 1.1 Mbit/s" if rate < 1_100_000 else rate)
    status = ask("GET", f"/qos/queue/status/{switch}")[0]["command_result"][switch.lstrip("0")]
    print("queues that have sent:", sorted(queue["queue_id"] for queue in status if queue["tx_packets"] > 100))


def rest():
    """ofctl_rest: every kind of statistics, and flows, groups and meters added and removed."""
    one_switch("ofctl_rest", 2)
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
    print("h1 -> h2:", "reached" if reaches("h1", "10.0.0.2", tries=10) else "not reached")
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
