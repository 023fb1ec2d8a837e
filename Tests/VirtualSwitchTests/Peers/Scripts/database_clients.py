"""Clients of the database: the ovs Python library, and os-ken's two."""
import os

from place import RUN, add_bridge, control, log, run, start, start_switch, wait_for


def library():
    """python3-openvswitch's IDL: conditions, transactions, changes as they come, locks, and coming back."""
    import ovs.db.idl

    start_switch()
    remote = f"unix:{RUN}/db.sock"
    events = []

    class Watch(ovs.db.idl.Idl):
        def notify(self, event, row, updates=None):
            columns = sorted(updates._data if updates else {})
            events.append((event, row._table.name, getattr(row, "name", None), columns))

    def client(*tables, lock=None):
        helper = ovs.db.idl.SchemaHelper("/usr/share/openvswitch/vswitch.ovsschema")
        for table in tables:
            helper.register_table(table)
        idl = Watch(remote, helper)
        idl.cond_change("Interface", [["name", "==", "p1"]]) if "Interface" in tables else None
        if lock:
            idl.set_lock(lock)
        return idl

    def follow(condition, what, *idls):
        def turn():
            for idl in idls:
                idl.run()
            return condition()

        wait_for(turn, what)

    def commit(idl, transaction):
        status = transaction.commit_block()
        return status, transaction.get_error()

    first = client("Open_vSwitch", "Bridge", "Port", "Interface", lock="ours")
    follow(lambda: first.tables["Open_vSwitch"].rows and first.has_lock, "the database", first)
    root = next(iter(first.tables["Open_vSwitch"].rows.values()))
    transaction = ovs.db.idl.Transaction(first)
    transaction.add_comment("a bridge with two ports")
    bridge = transaction.insert(first.tables["Bridge"])
    bridge.name, bridge.datapath_type = "s1", "netdev"
    ports = []
    for name, kind in (("s1", "internal"), ("p1", "internal"), ("p2", "internal")):
        interface = transaction.insert(first.tables["Interface"])
        interface.name, interface.type = name, kind
        port = transaction.insert(first.tables["Port"])
        port.name, port.interfaces = name, [interface]
        ports.append(port)
    bridge.ports = ports
    root.verify("bridges")
    root.addvalue("bridges", bridge)
    root.increment("next_cfg")
    print("bridge:", commit(first, transaction)[0])
    wanted = transaction.get_increment_new_value()
    follow(lambda: root.cur_cfg >= wanted, "the switch to follow", first)
    print("interfaces that the condition lets through:", [row.name for row in first.tables["Interface"].rows.values()])
    follow(lambda: all(row.ofport for row in first.tables["Interface"].rows.values()), "port numbers", first)
    print("bridges:", run("ovs-vsctl", "list-ports", "s1").split())
    # The condition is made wider while the connection is up.
    first.cond_change("Interface", [True])
    follow(lambda: len(first.tables["Interface"].rows) == 3, "the other interfaces", first)
    print("after a wider condition:", sorted(row.name for row in first.tables["Interface"].rows.values()))
    # What others change comes as events.
    events.clear()
    control("set", "interface", "p1", "external-ids:iface-id=red")
    row = next(row for row in first.tables["Interface"].rows.values() if row.name == "p1")
    follow(lambda: row.external_ids == {"iface-id": "red"}, "the change", first)
    print("event:", [event for event in events if event[1] == "Interface" and "external_ids" in event[3]])
    # A transaction on stale data is refused, and changes nothing.
    transaction = ovs.db.idl.Transaction(first)
    row.verify("external_ids")
    row.external_ids = {"iface-id": "blue"}
    control("set", "interface", "p1", "external-ids:iface-id=green")
    print("stale:", commit(first, transaction)[0], control("get", "interface", "p1", "external-ids").strip())
    # One has the lock; the other gets it when the first goes.
    second = client("Open_vSwitch", lock="ours")
    follow(lambda: second.has_ever_connected() and second.is_lock_contended, "the lock to be taken", second, first)
    print("lock:", first.has_lock, second.has_lock)
    first.close()
    follow(lambda: second.has_lock, "the lock", second)
    print("lock:", second.has_lock)
    # A client that comes back is told what it has missed.
    third = client("Bridge", "Port")
    follow(lambda: len(third.tables["Bridge"].rows) == 1, "the bridge", third)
    events.clear()
    third.force_reconnect()
    third.run()
    control("del-port", "p2", "--", "set", "bridge", "s1", "external-ids:seen=1")
    follow(lambda: next(iter(third.tables["Bridge"].rows.values())).external_ids, "what was missed", third)
    print("told again:", sorted((event[0], event[2]) for event in events))
    transaction = ovs.db.idl.Transaction(second)
    bad = transaction.insert(second.tables["Open_vSwitch"])
    print("a second root:", commit(second, transaction)[0])
    second.close()
    third.close()


def manager():
    """A switch that connects to its manager, and os-ken's client of ovs-vsctl's kind."""
    import ovs.db.idl

    # os-ken's client takes this from ovs.db.idl, which has it no more.
    ovs.db.idl._uuid_to_row = lambda atom, _: atom
    from os_ken.lib.ovs import bridge

    start_switch()
    add_bridge()
    control("set-manager", "tcp:127.0.0.1:6640", "ptcp:6632")
    # ovsdb-client waits for the switch to connect.
    print("managed:", run("ovsdb-client", "-f", "csv", "--no-headings", "dump", "ptcp:6640:127.0.0.1", "Open_vSwitch",
                          "Bridge", "name").splitlines()[-1])
    start("watch", "ovsdb-client", "monitor", "ptcp:6640:127.0.0.1", "Open_vSwitch", "Bridge", "name,external_ids")
    wait_for(lambda: "s1" in log("watch"), "the switch to connect again")
    control("set", "bridge", "s1", "external-ids:managed=yes")
    wait_for(lambda: "{managed=yes}" in log("watch"), "the change")

    def managers():
        lines = control("-f", "csv", "--no-headings", "--columns=target,is_connected", "list", "manager").splitlines()
        return sorted(line.replace('"', "") for line in lines)

    wait_for(lambda: "true" in managers()[1], "the manager's state")
    print("managers:", managers())
    client = bridge.OVSBridge(None, 1, "tcp:127.0.0.1:6632", timeout=10)
    client.init()
    control("add-port", "s1", "p1", "--", "set", "interface", "p1", "type=internal", "ofport_request=5")
    print("by its datapath id:", client.br_name, client.get_port_name_list(), client.get_ofport("p1"))
    client.set_controller(["tcp:127.0.0.1:6653"])
    print("controller:", control("get-controller", "s1").strip(), client.get_controller())
    client.delete_port("p1")
    print("ports:", control("list-ports", "s1").split())
