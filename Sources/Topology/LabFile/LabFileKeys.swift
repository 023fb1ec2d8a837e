/// The keys that the parser accepts, and the one source of the JSON Schema: a key that is not here is an error in a lab
/// file and in an editor alike.
public enum LabFileKeys {
    public struct Key: Sendable {
        public var name: String
        /// A JSON Schema fragment for the value.
        public var schema: String
        public var summary: String
        /// Why the key is accepted and has no effect; nil: it has one.
        public var ignored: String?

        init(_ name: String, _ schema: String, _ summary: String, ignored: String? = nil) {
            self.name = name
            self.schema = schema
            self.summary = summary
            self.ignored = ignored
        }
    }

    private static let text = #"{"type": ["string", "number", "boolean"]}"#
    private static let flag = #"{"type": "boolean"}"#
    private static let count = #"{"type": ["integer", "string"]}"#
    private static let texts = #"{"type": "array", "items": {"type": "string"}}"#
    private static let textOrTexts = #"{"type": ["string", "array"], "items": {"type": "string"}}"#
    private static let map = #"{"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}"#
    private static let any = "true"
    static func choice(_ names: [String]) -> String {
        #"{"enum": ["# + names.map { "\"\($0)\"" }.joined(separator: ", ") + "]}"
    }

    public static let root: [Key] = [
        .init("name", #"{"type": "string"}"#, "The lab's name, unique on the machine."),
        .init("seed", count, "Seeds everything random in the lab; 1 where left out."),
        .init("vars", map, "Variables for ${name} and ${name:-default}; they come before the environment's."),
        .init("ip-base", text, "The IPv4 network of automatic addresses; 10.0.0.0/8 where left out."),
        .init("link-base", text, "The IPv4 network of links between hosts; 172.16.0.0/12 where left out."),
        .init("addresses", choice(["auto", "mininet", "none"]), "How interfaces without an address get one."),
        .init("routing", choice(["auto", "none"]), "Static routes of hosts without routes; see the reference."),
        .init("interface-names", choice(["plain", "mininet"]), "eth0, or h1-eth0 as in Mininet."),
        .init("topology", ##"{"$ref": "#/$defs/topology"}"##, "Nodes and links."),
        .init("schedule", ##"{"type": "array", "items": {"$ref": "#/$defs/schedule"}}"##, "What changes when."),
        .init("prefix", any, "containerlab's.", ignored: "names are the lab's own, so there is nothing to prefix"),
        .init("mgmt", any, "containerlab's.", ignored: "there is no management network"),
        .init("settings", any, "containerlab's.", ignored: "there are no certificates to make"),
        .init("debug", any, "containerlab's.", ignored: "it has no meaning here"),
        .init("$schema", text, "For editors."),
    ]

    public static let topology: [Key] = [
        .init("builtin", text, "A built-in topology such as tree,2,3, to which nodes and links below are added."),
        .init(
            "graphml", ##"{"anyOf": [{"type": "string"}, {"$ref": "#/$defs/graphml"}]}"##,
            "A GraphML file of the Internet Topology Zoo, beside the lab file."),
        .init("defaults", nodeReference, "Settings of every node."),
        .init("kinds", nodesReference, "Settings of every node of a kind."),
        .init("groups", nodesReference, "Settings of every node of a group."),
        .init("nodes", nodesReference, "Nodes by name; a name may be a range such as h[1-100]."),
        .init("link-defaults", ##"{"$ref": "#/$defs/direction"}"##, "Properties of every link."),
        .init("links", ##"{"type": "array", "items": {"$ref": "#/$defs/link"}}"##, "Links."),
    ]
    private static let nodeReference = ##"{"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]}"##
    private static let nodesReference =
        ##"{"type": ["object", "null"], "additionalProperties": \##(nodeReference)}"##

    public static let graphml: [Key] = [
        .init("file", text, "The file, from the lab file's folder."),
        .init("cities", choice(["switch", "router"]), "What a city becomes: a switch with a host, or a router."),
        .init("max-rate", text, "No link is faster."),
        .init("default-rate", text, "The rate of links whose file gives none."),
    ]

    public static let node: [Key] =
        [
            .init("kind", choice(NodeKindName.allCases.map(\.rawValue)), "What the node is; process where left out."),
            .init(
                "image", text,
                "Of a virtual machine: mini, debian, or a disk image's file, with a slash in it; it is never written."),
            .init("kernel", text, "The kernel that a virtual machine starts without firmware."),
            .init("initrd", text, "Its initial RAM disk."), .init("append", text, "Added to its command line."),
            .init("vcpus", count, "Processors of a virtual machine, 1 to 4."),
            .init("virtualization", choice(["para", "full"]), "virtio devices, or a PC's real chips."),
            .init(
                "transport", choice(["pci", "mmio"]), "virtio devices on a PCI bus, or in memory and no PCI at all."),
            .init(
                "monitor", choice(["rookery", "external"]),
                "external: another monitor runs the machine, and comes in by vhost-user."),
            .init("disks", texts, "Disk images of a virtual machine, raw or qcow2; :ro to read only."),
            .init("files", texts, "Directories that the guest sees, as ./here:/mnt/there[:ro]."),
            .init("group", text, "Takes the settings of topology.groups.NAME."),
            .init("exec", textOrTexts, "Shell commands run one after the other once the network is up."),
            .init("cmd", text, "A shell command that runs as long as the lab."),
            .init("env", map, "Environment variables."),
            .init("dir", text, "Working directory."),
            .init("cpu", text, "Cores, for example 0.5; of a virtual machine also auto, kvm or software."),
            .init("cpu-set", text, "Processors to run on, for example 0-2,4."),
            .init("cpu-shares", count, "Relative weight under contention, 2 to 262144."),
            .init("memory", text, "Memory limit, for example 128M; of a virtual machine its RAM, 256M where left out."),
            .init("pids", count, "Largest number of processes."),
            .init("pid-namespace", choice(["shared", "private"]), "private: the host sees only its own processes."),
            .init("sysctls", map, "Kernel parameters of the host's network namespace."),
            .init("forwarding", flag, "Forward packets; set on kind router."),
            .init("nat", flag, "Give the lab a way out through this host."),
            .init(
                "routes", ##"{"type": "array", "items": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/route"}]}}"##,
                "Static routes, as “10.2.0.0/16 via 10.1.0.1” or as maps."),
            .init("mac", text, "Ethernet address of the first interface."),
            .init("ipv4", textOrTexts, "IPv4 addresses of the first interface."),
            .init("ipv6", textOrTexts, "IPv6 addresses of the first interface."),
            .init(
                "addresses", choice(["auto", "none", "cmdline", "dhcp", "cloud-init"]),
                "none: the host's own commands set its addresses; others: how a virtual machine gets them."),
            .init(
                "interfaces",
                ##"{"type": "object", "additionalProperties": {"$ref": "#/$defs/interface"}}"##,
                "Settings by interface."),
            .init("stp", #"{"enum": ["auto", "on", "off", true, false]}"#, "Spanning tree of a switch."),
            .init("stp-priority", count, "Bridge priority, 0 to 61440 in steps of 4096."),
            .init("fail-mode", choice(["standalone", "secure"]), "What a switch does without a controller."),
            .init(
                "controller", text,
                "learning, shortest-path, remote, none, or tcp:HOST:PORT, ssl:…, unix:FILE; several with commas."),
            .init("dpid", count, "Datapath identifier of a switch, hexadecimal."),
            .init("ageing", text, "How long a switch remembers an address; 300s where left out."),
            .init(
                "coordinates", #"{"type": "array", "items": {"type": "number"}}"#, "[latitude, longitude] in degrees."),
            .init("labels", map, "Texts for whoever reads them."),
        ] + ignoredNodeKeys

    private static let ignoredNodeKeys: [Key] = [
        ("binds", "a process sees the machine's own files"), ("ports", "a process's ports are reached in the lab"),
        ("mgmt-ipv4", "there is no management network"), ("mgmt-ipv6", "there is no management network"),
        ("startup-config", "a process has none"), ("enforce-startup-config", "a process has no startup-config"),
        ("startup-delay", "use the schedule"), ("type", "a process has no types"), ("license", "none is needed"),
        ("user", "programs run as the lab's user"), ("entrypoint", "use cmd"), ("runtime", "there is one"),
        ("network-mode", "each host has its own namespace"), ("restart-policy", "use a loop in cmd"),
        ("auto-remove", "hosts end with the lab"), ("dns", "names of the lab are in /etc/hosts"),
        ("certificate", "none is made"), ("healthcheck", "use exec"), ("stages", "nodes start together"),
        ("aliases", "use names"), ("extras", "it is for images"), ("config", "it is for images"),
        ("shm-size", "a process uses the machine's"), ("devices", "a process sees the machine's"),
        ("cap-add", "a process has the lab's capabilities"), ("env-files", "use env"),
        ("image-pull-policy", "there is no image"), ("position", "use coordinates"), ("components", "it is for images"),
    ].map { .init($0.0, any, "containerlab's.", ignored: $0.1) }

    public static let interface: [Key] = [
        .init("mac", text, "Ethernet address."), .init("ipv4", textOrTexts, "IPv4 addresses with prefix length."),
        .init("ipv6", textOrTexts, "IPv6 addresses with prefix length."), .init("mtu", count, "MTU in bytes."),
        .init(
            "vlan", ##"{"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/vlan"}]}"##,
            "Of a switch's port: an access VLAN, or {trunk: [10, 20], native: 1}."),
        .init("port", count, "Port number of a switch's interface."),
    ]

    public static let vlan: [Key] = [
        .init("access", count, "The VLAN of untagged frames; tagged ones are dropped."),
        .init("trunk", #"{"type": "array", "items": {"type": "integer"}}"#, "VLANs that pass tagged; []: all."),
        .init("native", count, "The VLAN of untagged frames on a trunk."),
    ]

    public static let route: [Key] = [
        .init("to", text, "A prefix, or default."), .init("via", text, "The gateway."),
        .init("interface", text, "The interface."), .init("metric", count, "Smaller is preferred."),
    ]

    public static let direction: [Key] = [
        .init("rate", text, "10mbit, 1gbit; none."), .init("delay", text, "20ms."),
        .init("jitter", any, "2ms, or {spread: 2ms, distribution: normal, correlation: 25%}."),
        .init("distribution", any, "uniform, normal, pareto, or a list of multiples of the jitter."),
        .init("correlation", text, "Of the jitter."),
        .init("loss", any, "1%, {percent: 1%, correlation: 25%}, or {gilbert: {p: 1%, r: 20%}}."),
        .init("duplicate", any, "0.1%."), .init("corrupt", any, "0.1%."),
        .init("reorder", any, "5%, or {percent: 5%, correlation: 50%, gap: 5}."), .init("mtu", text, "Bytes."),
        .init("queue", text, "100p, 64kB or 20ms."),
        .init("aqm", any, "droptail, codel, {codel: {target: 5ms, interval: 100ms, ecn: true}}, red, …"),
    ]

    public static let link: [Key] =
        [
            .init(
                "endpoints",
                ##"{"type": "array", "items": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/endpoint"}]}}"##,
                "Two endpoints, node:interface or node; ranges fan out or pair up."),
            .init("type", choice(["veth", "host", "dummy", "physical"]), "containerlab's extended form."),
            .init("endpoint", ##"{"$ref": "#/$defs/endpoint"}"##, "The node's end of a link of type host or dummy."),
            .init("host-interface", text, "The machine's end of a link of type host or physical."),
            .init("forward", ##"{"$ref": "#/$defs/direction"}"##, "From the first endpoint to the second only."),
            .init("reverse", ##"{"$ref": "#/$defs/direction"}"##, "From the second endpoint to the first only."),
            .init("up", flag, "false: the link starts down."), .init("label", text, "Shown in drawings."),
            .init("labels", map, "containerlab's.", ignored: "links have one label"),
            .init("vars", any, "containerlab's.", ignored: "they are for generated configurations"),
        ] + direction

    public static let endpoint: [Key] = [
        .init("node", text, "The node."), .init("interface", text, "Its interface."),
        .init("mac", text, "Its address."),
        .init("ipv4", textOrTexts, "IPv4 addresses."), .init("ipv6", textOrTexts, "IPv6 addresses."),
    ]

    public static let schedule: [Key] = [
        .init("at", text, "Time since the lab came up."), .init("link", text, "h1:s1 (two nodes) or h1:eth0."),
        .init(
            "set", ##"{"anyOf": [{"type": "string"}, {"$ref": "#/$defs/change"}]}"##,
            "down, up, or the properties that change."),
        .init("node", text, "The node that exec runs on."), .init("exec", textOrTexts, "Shell commands."),
    ]

    public static let change: [Key] =
        [
            .init("up", flag, "false: down."), .init("ideal", flag, "true: first forget every property."),
            .init("forward", ##"{"$ref": "#/$defs/direction"}"##, "One direction."),
            .init("reverse", ##"{"$ref": "#/$defs/direction"}"##, "The other."),
        ] + direction

    /// Every table by its name in the schema's `$defs`; `root` is the schema itself.
    public static let tables: [(name: String, keys: [Key], required: [String])] = [
        ("root", root, ["name", "topology"]), ("topology", topology, []), ("graphml", graphml, ["file"]),
        ("node", node, []), ("interface", interface, []), ("vlan", vlan, []), ("route", route, ["to"]),
        ("direction", direction, []), ("link", link, []), ("endpoint", endpoint, ["node"]),
        ("schedule", schedule, ["at"]), ("change", change, []),
    ]

    /// The lab file's JSON Schema, draft 2020-12; Documentation/lab.schema.json is this text.
    public static func jsonSchema() -> String {
        func object(_ table: (name: String, keys: [Key], required: [String]), _ indent: String) -> String {
            var lines = ["\(indent)\"type\": \"object\"", "\(indent)\"additionalProperties\": false"]
            if !table.required.isEmpty {
                lines.append(
                    "\(indent)\"required\": [" + table.required.map { "\"\($0)\"" }.joined(separator: ", ") + "]")
            }
            let properties = table.keys.map { key in
                let summary = key.ignored.map { "\(key.summary) No effect: \($0)." } ?? key.summary
                let value =
                    key.schema == "true"
                    ? "{\"description\": \"\(summary)\"}"
                    : "{\"description\": \"\(summary)\", " + key.schema.dropFirst()
                return "\(indent)  \"\(key.name)\": \(value)"
            }
            lines.append("\(indent)\"properties\": {\n" + properties.joined(separator: ",\n") + "\n\(indent)}")
            return lines.joined(separator: ",\n")
        }
        let definitions = tables.dropFirst().map { "    \"\($0.name)\": {\n\(object($0, "      "))\n    }" }
        return """
            {
              "$schema": "https://json-schema.org/draft/2020-12/schema",
              "title": "Rookery lab file",
            \(object(tables[0], "  ")),
              "$defs": {
            \(definitions.joined(separator: ",\n"))
              }
            }

            """
    }
}

/// The kinds as lab files write them.
enum NodeKindName: String, CaseIterable {
    case process, host, linux, router
    case `switch`
    case ovsBridge = "ovs-bridge"
    case bridge, container, vm
}
