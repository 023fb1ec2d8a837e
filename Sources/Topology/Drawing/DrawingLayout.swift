import Foundation

// Where nodes go. Four ways, chosen by what the topology is:
//   map      most nodes have coordinates
//   grid     a torus, by the numbers in its names
//   layers   switches stand as many steps above the hosts as they are away from them, and no link joins two of one
//            layer (trees, leaf-spine, fat tree), or only neighbours in a row (linear)
//   free     springs and repulsion (Fruchterman and Reingold 1991) from a circle, or the circle itself where every
//            switch has as many neighbours as the next (ring, mesh)
// On all but layers, hosts with one link sit close to what they are linked to, in the widest gap between its links.

struct DrawingLayout {
    enum Style { case map, grid, layers, free }

    private(set) var style = Style.free
    private(set) var points: [Point]
    private(set) var size = Point(x: 0, y: 0)
    /// Nodes drawn beside the node that they hang on.
    private(set) var satellites: Set<Int> = []

    private let topology: LabTopology
    private var neighbours: [[Int]]

    struct Point: Equatable {
        var x: Double
        var y: Double
        static func + (a: Point, b: Point) -> Point { Point(x: a.x + b.x, y: a.y + b.y) }
        static func - (a: Point, b: Point) -> Point { Point(x: a.x - b.x, y: a.y - b.y) }
        static func * (a: Point, k: Double) -> Point { Point(x: a.x * k, y: a.y * k) }
        var length: Double { (x * x + y * y).squareRoot() }
    }

    init(_ topology: LabTopology) {
        self.topology = topology
        points = Array(repeating: Point(x: 0, y: 0), count: topology.nodes.count)
        neighbours = Array(repeating: [], count: topology.nodes.count)
        let index = topology.nodeIndex()
        for link in topology.links {
            guard let a = index[link.a.node], let b = index[link.b.node], a != b else { continue }
            neighbours[a].append(b)
            neighbours[b].append(a)
        }
        guard !points.isEmpty else { return }
        findSatellites()
        if !onMap() && !onGrid() && !inLayers() { free() }
        fit()
    }

    private mutating func findSatellites() {
        for node in points.indices where topology.nodes[node].isHost && neighbours[node].count == 1 {
            let hub = neighbours[node][0]
            if !topology.nodes[hub].isHost || neighbours[hub].count > 1 { satellites.insert(node) }
        }
    }

    private var cores: [Int] { points.indices.filter { !satellites.contains($0) } }

    // MARK: Map

    private mutating func onMap() -> Bool {
        let cores = cores
        let placed = cores.filter { topology.nodes[$0].coordinates != nil }
        guard placed.count >= 2, placed.count == cores.count else { return false }
        let latitudes = placed.map { topology.nodes[$0].coordinates!.latitude }
        let middle = (latitudes.min()! + latitudes.max()!) / 2 * .pi / 180
        for node in placed {
            let coordinates = topology.nodes[node].coordinates!
            points[node] = Point(x: coordinates.longitude * cos(middle), y: -coordinates.latitude)
        }
        scale(cores, to: Point(x: 1080, y: 640))
        separate(cores, least: 34)
        placeSatellites(distance: 30)
        style = .map
        return true
    }

    // MARK: Grid

    private mutating func onGrid() -> Bool {
        let cores = cores
        guard cores.count >= 4 else { return false }
        for node in cores {
            guard let match = topology.nodes[node].name.wholeMatch(of: /s([0-9]+)x([0-9]+)/),
                let row = Double(match.1), let column = Double(match.2)
            else { return false }
            // Rows and columns lean, so that the links that wrap around do not lie on the others.
            points[node] = Point(x: column * 130 + row * 22, y: row * 120 + column * 14)
        }
        placeSatellites(distance: 38)
        style = .grid
        return true
    }

    // MARK: Layers

    private mutating func inLayers() -> Bool {
        let hosts = points.indices.filter { topology.nodes[$0].isHost }
        guard !hosts.isEmpty, hosts.count < points.count else { return false }
        var height = Array(repeating: -1, count: points.count)
        var layers: [[Int]] = [hosts]
        for host in hosts { height[host] = 0 }
        while true {
            var next: [Int] = []
            for node in layers[layers.count - 1] {
                for neighbour in neighbours[node] where height[neighbour] < 0 {
                    height[neighbour] = layers.count
                    next.append(neighbour)
                }
            }
            if next.isEmpty { break }
            layers.append(next)
        }
        guard !height.contains(-1), layers.count > 1 else { return false }
        let flat = layers.dropFirst().map { layer in
            layer.reduce(0) { sum, node in sum + neighbours[node].filter { height[$0] == height[node] }.count } / 2
        }
        guard !hosts.contains(where: { host in neighbours[host].contains { height[$0] == 0 } }) else { return false }
        if flat.reduce(0, +) > 0 {
            // Only a single row of switches, each linked to the next, stays readable.
            guard layers.count == 2, layers[1].count <= 24 else { return false }
            let row = layers[1].sorted { NaturalOrder(topology.nodes[$0].name) < NaturalOrder(topology.nodes[$1].name) }
            guard flat[0] == row.count - 1, zip(row, row.dropFirst()).allSatisfy({ neighbours[$0].contains($1) }) else {
                return false
            }
            layers[1] = row
        }
        // Hosts under their switch, in the order of the switches.
        var order: [Int] = []
        var seen: Set<Int> = []
        for node in (layers.count > 2 ? walk(from: layers[layers.count - 1]) : layers[1]) {
            for host in neighbours[node] where height[host] == 0 && seen.insert(host).inserted { order.append(host) }
        }
        let step = order.count > 60 ? 26.0 : order.count > 24 ? 44.0 : 64.0
        var x = 0.0
        var previous: Int?
        for host in order {
            if let previous, neighbours[previous].first != neighbours[host].first { x += step * 0.5 }
            points[host] = Point(x: x, y: 0)
            x += step
            previous = host
        }
        for (level, layer) in layers.enumerated().dropFirst() {
            let wish = layer.map { node -> (node: Int, x: Double) in
                let below = neighbours[node].filter { height[$0] == level - 1 }.map { points[$0].x }
                return (node, below.reduce(0, +) / Double(max(1, below.count)))
            }
            let sorted = wish.enumerated().sorted { ($0.element.x, $0.offset) < ($1.element.x, $1.offset) }.map(
                \.element)
            var gap = 84.0
            if let first = sorted.first, let last = sorted.last, last.x - first.x < 1, sorted.count > 1 {
                gap = max(gap, min(220, x / Double(sorted.count + 1)))
            }
            var places = sorted.map(\.x)
            for i in places.indices.dropFirst() { places[i] = max(places[i], places[i - 1] + gap) }
            let shift =
                (sorted.map(\.x).reduce(0, +) - places.reduce(0, +)) / Double(max(1, places.count))
            for (i, entry) in sorted.enumerated() {
                points[entry.node] = Point(x: places[i] + shift, y: -Double(level) * (level == 1 ? 110 : 130))
            }
        }
        satellites = []
        style = .layers
        return true
    }

    /// Depth first, so that subtrees stay together.
    private func walk(from roots: [Int]) -> [Int] {
        var order: [Int] = []
        var seen: Set<Int> = []
        var stack = Array(roots.reversed())
        while let node = stack.popLast() {
            guard seen.insert(node).inserted else { continue }
            order.append(node)
            stack += neighbours[node].reversed().filter { !topology.nodes[$0].isHost && !seen.contains($0) }
        }
        return order
    }

    // MARK: Free

    private mutating func free() {
        let cores = cores
        let count = cores.count
        let radius = max(120, Double(count) * 26)
        for (number, node) in cores.enumerated() {
            let angle = 2 * Double.pi * Double(number) / Double(max(1, count)) - Double.pi / 2
            points[node] = count == 1 ? Point(x: 0, y: 0) : Point(x: radius * cos(angle), y: radius * sin(angle))
        }
        let inner = Set(cores)
        let degrees = Set(cores.map { node in neighbours[node].filter { inner.contains($0) }.count })
        if degrees.count > 1 && count <= 400 { spring(cores, ideal: 120) }
        separate(cores, least: 60)
        placeSatellites(distance: 58)
        style = .free
    }

    private mutating func spring(_ cores: [Int], ideal: Double) {
        var heat = ideal * 2
        let inner = Set(cores)
        for _ in 0..<250 {
            var force = [Int: Point](minimumCapacity: cores.count)
            for a in cores {
                var sum = Point(x: 0, y: 0)
                for b in cores where a != b {
                    let away = points[a] - points[b]
                    let distance = max(1, away.length)
                    sum = sum + away * (ideal * ideal / (distance * distance))
                }
                for b in neighbours[a] where inner.contains(b) {
                    let toward = points[b] - points[a]
                    sum = sum + toward * (toward.length / ideal)
                }
                force[a] = sum
            }
            for a in cores {
                let push = force[a]!
                let length = max(0.001, push.length)
                points[a] = points[a] + push * (min(length, heat) / length)
            }
            heat = max(1, heat * 0.97)
        }
    }

    // MARK: Shared

    /// Pushes nodes apart that would cover each other.
    private mutating func separate(_ cores: [Int], least: Double) {
        guard cores.count <= 600 else { return }
        for _ in 0..<60 {
            var moved = false
            for (i, a) in cores.enumerated() {
                for b in cores[(i + 1)...] {
                    var away = points[b] - points[a]
                    guard away.length < least else { continue }
                    if away.length < 0.01 { away = Point(x: 1, y: Double(i % 3) - 1) }
                    let push = away * ((least - away.length) / 2 / max(0.01, away.length) + 0.001)
                    points[a] = points[a] - push
                    points[b] = points[b] + push
                    moved = true
                }
            }
            if !moved { break }
        }
    }

    /// In the widest gap between the hub's links, fanned out.
    private mutating func placeSatellites(distance: Double) {
        var bySatellite: [Int: [Int]] = [:]
        for node in satellites.sorted() { bySatellite[neighbours[node][0], default: []].append(node) }
        for (hub, nodes) in bySatellite {
            let angles = neighbours[hub].filter { !satellites.contains($0) }.map { other -> Double in
                let way = points[other] - points[hub]
                return atan2(way.y, way.x)
            }.sorted()
            var start = -Double.pi / 2
            var width = 2 * Double.pi
            if let first = angles.first {
                (start, width) = (angles[angles.count - 1], first + 2 * Double.pi - angles[angles.count - 1])
                for (a, b) in zip(angles, angles.dropFirst()) where b - a > width + 0.01 { (start, width) = (a, b - a) }
            }
            let reach = max(distance, Double(nodes.count) * 44 / max(1.5, width))
            for (number, node) in nodes.enumerated() {
                let angle = start + width * Double(number + 1) / Double(nodes.count + 1)
                points[node] = points[hub] + Point(x: cos(angle), y: sin(angle)) * reach
            }
        }
    }

    private mutating func scale(_ nodes: [Int], to box: Point) {
        let xs = nodes.map { points[$0].x }
        let ys = nodes.map { points[$0].y }
        let width = max(1e-9, xs.max()! - xs.min()!)
        let height = max(1e-9, ys.max()! - ys.min()!)
        let factor = min(box.x / width, box.y / height)
        for node in nodes { points[node] = points[node] * factor }
    }

    /// Moves everything to positive coordinates with a margin.
    private mutating func fit() {
        let margin = Point(x: 80, y: 50)
        let least = Point(x: points.map(\.x).min()!, y: points.map(\.y).min()!)
        for node in points.indices { points[node] = points[node] - least + margin }
        size = Point(x: points.map(\.x).max()! + margin.x, y: points.map(\.y).max()! + margin.y)
    }
}
