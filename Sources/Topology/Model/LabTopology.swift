import Switch

/// A lab as data: every node, interface, address and link written out, so that the supervisor makes exactly what stands
/// here and decides nothing itself. `LabFile`, `BuiltinTopology` and `GraphML` make one; `AddressPlan` fills the gaps.
///
/// Times are nanoseconds, sizes bytes, rates bits per second.
public struct LabTopology: Codable, Equatable, Sendable {
    public var name: String
    /// Seeds everything random in the lab: loss, jitter, random topologies.
    public var seed: UInt64
    /// In the order of the file; hosts are numbered by it.
    public var nodes: [Node]
    public var links: [Link]
    /// Sorted by time; entries of one time keep the order of the file.
    public var schedule: [ScheduledChange]
    /// What was accepted but has no effect here, one sentence each, to be shown to the user.
    public var notes: [String]

    public init(
        name: String, seed: UInt64 = 1, nodes: [Node] = [], links: [Link] = [], schedule: [ScheduledChange] = [],
        notes: [String] = []
    ) {
        self.name = name
        self.seed = seed
        self.nodes = nodes
        self.links = links
        self.schedule = schedule
        self.notes = notes
    }

    /// One end of a link.
    public struct Endpoint: Codable, Hashable, Sendable, CustomStringConvertible {
        public var node: String
        public var interface: String
        public init(_ node: String, _ interface: String) {
            self.node = node
            self.interface = interface
        }
        public var description: String { "\(node):\(interface)" }
    }

    /// Two endpoints and what happens between them, per direction.
    public struct Link: Codable, Equatable, Sendable {
        public var a: Endpoint
        public var b: Endpoint
        public var aToB: LinkProfile
        public var bToA: LinkProfile
        /// False: the link starts down.
        public var up: Bool
        public var label: String?

        public init(
            a: Endpoint, b: Endpoint, aToB: LinkProfile = LinkProfile(), bToA: LinkProfile = LinkProfile(),
            up: Bool = true, label: String? = nil
        ) {
            self.a = a
            self.b = b
            self.aToB = aToB
            self.bToA = bToA
            self.up = up
            self.label = label
        }
    }

    /// A change that the lab makes to itself at a time after it is up.
    public struct ScheduledChange: Codable, Equatable, Sendable {
        /// Nanoseconds after the lab came up.
        public var at: UInt64
        public var action: Action

        public init(at: UInt64, action: Action) {
            self.at = at
            self.action = action
        }

        public enum Action: Codable, Equatable, Sendable {
            /// `link` is an index into `LabTopology.links`.
            case link(index: Int, change: LinkChange)
            /// A shell command on a node.
            case exec(node: String, command: String)
        }
    }

    /// The index of each node by name.
    public func nodeIndex() -> [String: Int] {
        var index: [String: Int] = [:]
        index.reserveCapacity(nodes.count)
        for (position, node) in nodes.enumerated() { index[node.name] = position }
        return index
    }
}
