import Switch

/// The topologies that need no file: Mininet's six with its names, ports and syntax, and seven more.
public struct BuiltinTopology: Sendable, Equatable {
    public enum Shape: String, CaseIterable, Sendable {
        case minimal, single, reversed, linear, tree, torus
        case mesh, ring, star, leafspine, fattree, random
    }

    public var shape: Shape
    /// In the order of `parameters(of:)`.
    public var values: [Int]

    /// The names and defaults of a shape's parameters, in the order in which they may stand without names.
    public static func parameters(of shape: Shape) -> [(name: String, standard: Int, least: Int)] {
        switch shape {
        case .minimal: []
        case .single, .reversed: [("k", 2, 1)]
        case .linear: [("k", 2, 1), ("n", 1, 1)]
        case .tree: [("depth", 1, 1), ("fanout", 2, 1)]
        case .torus: [("x", 3, 3), ("y", 3, 3), ("n", 1, 1)]
        case .mesh: [("n", 4, 2)]
        case .ring: [("n", 4, 3)]
        case .star: [("n", 4, 1)]
        case .leafspine: [("leaves", 4, 1), ("spines", 2, 1), ("hosts", 4, 0)]
        case .fattree: [("k", 4, 2)]
        case .random: [("n", 8, 2), ("m", 12, 1), ("seed", 1, 0)]
        }
    }

    /// More than this many nodes or links is taken for a slip of the pen.
    public static let limit = 200_000

    /// `tree,2,3`, `tree,depth=2,fanout=3`, `linear,4`, …
    public init(_ text: String) throws(TopologyError) {
        let words = text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
        guard let shape = Shape(rawValue: words[0].lowercased()) else {
            throw TopologyError(
                "there is no topology “\(words[0])”",
                remedy: nearestHint(words[0], among: Shape.allCases.map(\.rawValue)))
        }
        let parameters = Self.parameters(of: shape)
        var values = parameters.map(\.standard)
        for (place, word) in words.dropFirst().enumerated() {
            var position = place
            var value = word
            if let sign = word.firstIndex(of: "=") {
                let name = word[..<sign].trimmed
                value = word[word.index(after: sign)...].trimmed
                guard let named = parameters.firstIndex(where: { $0.name == name }) else {
                    throw TopologyError(
                        "\(shape) has no parameter “\(name)”", remedy: nearestHint(name, among: parameters.map(\.name)))
                }
                position = named
            }
            guard position < parameters.count else {
                throw TopologyError("“\(text)” has too many parameters", remedy: "write \(Self.usage(shape))")
            }
            guard let number = Int(value), number >= parameters[position].least, number <= 1_000_000 else {
                throw TopologyError(
                    "\(shape): “\(value)” is not a value for \(parameters[position].name)",
                    remedy: "write a number from \(parameters[position].least)")
            }
            values[position] = number
        }
        if shape == .fattree, values[0] % 2 == 1 {
            throw TopologyError("a fat tree needs an even k", remedy: "write fattree,\(values[0] + 1)")
        }
        if shape == .random {
            let (n, m) = (values[0], values[1])
            guard m >= n - 1, m <= n * (n - 1) / 2 else {
                throw TopologyError(
                    "\(n) switches cannot be connected by \(m) different links",
                    remedy: "write \(n - 1) to \(n * (n - 1) / 2) links")
            }
        }
        self.shape = shape
        self.values = values
        guard size <= Self.limit else {
            throw TopologyError(
                "\(text) would have more than \(Self.limit) nodes or links", remedy: "choose smaller numbers")
        }
    }

    /// `tree[,depth[,fanout]]`
    public static func usage(_ shape: Shape) -> String {
        let parameters = parameters(of: shape)
        return shape.rawValue + parameters.map { "[,\($0.name)" }.joined()
            + String(repeating: "]", count: parameters.count)
    }

    /// An upper bound of nodes and links together, without overflow.
    private var size: Int {
        let v = values
        func product(_ factors: Int...) -> Int {
            factors.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? .max : $0 * $1 }
        }
        switch shape {
        case .minimal: return 3
        case .single, .reversed: return v[0]
        case .linear: return product(v[0], v[1] + 1)
        case .tree:
            var total = 0
            var level = 1
            for _ in 0...v[0] {
                total += level
                level = product(level, v[1])
                if total > Self.limit || level > Self.limit * 2 { return .max }
            }
            return total
        case .torus: return product(v[0], v[1], v[2] + 2)
        case .mesh: return product(v[0], v[0]) / 2 + v[0]
        case .ring, .star: return 2 * v[0]
        case .leafspine: return max(product(v[0], v[1] + v[2]), v[0] + v[1])
        case .fattree: return product(v[0], v[0], v[0])
        case .random: return max(v[1], v[0])
        }
    }

    /// Nodes, interfaces and links; addresses are `AddressPlan`'s.
    public func topology(naming: InterfaceNaming = .plain) -> LabTopology {
        var build = TopologyBuilder(name: shape.rawValue, naming: naming)
        let v = values
        switch shape {
        case .minimal: build.single(2, reversed: false)
        case .single: build.single(v[0], reversed: false)
        case .reversed: build.single(v[0], reversed: true)
        case .linear: build.linear(switches: v[0], hosts: v[1])
        case .tree: build.tree(depth: v[0], fanout: v[1])
        case .torus: build.torus(v[0], v[1], hosts: v[2])
        case .mesh: build.mesh(v[0])
        case .ring: build.ring(v[0])
        case .star: build.star(v[0])
        case .leafspine: build.leafSpine(leaves: v[0], spines: v[1], hosts: v[2])
        case .fattree: build.fatTree(v[0])
        case .random: build.random(switches: v[0], links: v[1], seed: UInt64(v[2]))
        }
        var topology = build.finish()
        if shape == .random { topology.seed = UInt64(v[2]) }
        return topology
    }
}
