import Foundation
import Switch
import Wire

/// What a drawing shows besides the topology itself.
public struct DrawingAnnotations: Sendable {
    public var title: String?
    /// Measured values by index into `links`, for example `RTT 8.4ms`.
    public var links: [Int: String]
    /// Measured values by node name.
    public var nodes: [String: String]
    /// Links that are down now, besides those that start down.
    public var down: Set<Int>
    /// Links that a path takes, drawn bold.
    public var highlighted: Set<Int>

    public init(
        title: String? = nil, links: [Int: String] = [:], nodes: [String: String] = [:], down: Set<Int> = [],
        highlighted: Set<Int> = []
    ) {
        self.title = title
        self.links = links
        self.nodes = nodes
        self.down = down
        self.highlighted = highlighted
    }
}

extension LabTopology {
    /// The topology as an SVG picture: on the map where coordinates exist, in layers or freely otherwise. It brings its
    /// own background and follows the viewer's light or dark scheme.
    public func svg(_ annotations: DrawingAnnotations = .init()) -> String {
        SVGDrawing(self, annotations).text()
    }
}

private struct SVGDrawing {
    private typealias Point = DrawingLayout.Point

    private struct Box {
        var x: Double
        var y: Double
        var width: Double
        var height: Double

        func overlap(_ other: Box) -> Double {
            let w = min(x + width, other.x + other.width) - max(x, other.x)
            let h = min(y + height, other.y + other.height) - max(y, other.y)
            return w > 0 && h > 0 ? w * h : 0
        }

        /// The length of a segment's part inside, by the Liang–Barsky cut.
        func cut(_ a: Point, _ b: Point) -> Double {
            var (from, to) = (0.0, 1.0)
            let d = b - a
            for (p, q) in [(-d.x, a.x - x), (d.x, x + width - a.x), (-d.y, a.y - y), (d.y, y + height - a.y)] {
                if p == 0 {
                    if q < 0 { return 0 }
                } else if p < 0 {
                    from = max(from, q / p)
                } else {
                    to = min(to, q / p)
                }
            }
            return to > from ? (to - from) * d.length : 0
        }
    }

    private let topology: LabTopology
    private let annotations: DrawingAnnotations
    private let layout: DrawingLayout
    private var segments: [(link: Int, a: Point, b: Point)] = []
    private var occupied: [Box] = []
    /// What all labelled links have in common, said once below the title.
    private var shared: [String] = []
    private let showsLinkLabels: Bool
    private let showsHostLabels: Bool

    init(_ topology: LabTopology, _ annotations: DrawingAnnotations) {
        self.topology = topology
        self.annotations = annotations
        layout = DrawingLayout(topology)
        showsLinkLabels = topology.links.count <= 120
        showsHostLabels = topology.nodes.count <= 150
        let index = topology.nodeIndex()
        for (number, link) in topology.links.enumerated() {
            guard let a = index[link.a.node], let b = index[link.b.node] else { continue }
            segments.append((number, layout.points[a], layout.points[b]))
        }
        let modelled = topology.links.filter { !($0.aToB.isIdeal && $0.bToA.isIdeal) }
        if modelled.count > 1, let first = modelled.first {
            for part in parts(first) where modelled.allSatisfy({ parts($0).contains(part) }) { shared.append(part) }
        }
    }

    func text() -> String {
        var drawing = self
        return drawing.draw()
    }

    private mutating func draw() -> String {
        let top = 64.0
        let size = Point(x: max(layout.size.x, 640), y: layout.size.y + top + 52)
        let shift = Point(x: (size.x - layout.size.x) / 2, y: top)
        segments = segments.map { ($0.link, $0.a + shift, $0.b + shift) }
        let points = layout.points.map { $0 + shift }
        for (number, point) in points.enumerated() {
            let r = topology.nodes[number].isHost && topology.nodes[number].host.forwarding == false ? 8.0 : 13.0
            occupied.append(Box(x: point.x - r, y: point.y - r, width: 2 * r, height: 2 * r))
        }
        let title = annotations.title ?? topology.name
        var out = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(size.x)) \(number(size.y))" \
            width="\(number(size.x))" height="\(number(size.y))" font-family="'DejaVu Sans', Verdana, sans-serif">
            <title>\(escape(title))</title>
            <style>
            .back { fill: #ffffff } .title { fill: #1b2733; font-size: 20px } .sub { fill: #5a6b7b; font-size: 12px }
            .link { stroke: #8797a6; stroke-width: 1.6; fill: none } .path { stroke: #1f6fd0; stroke-width: 3.4 }
            .down { stroke: #d03030; stroke-width: 2; stroke-dasharray: 7 5 }
            .switch { fill: #2f6f9f; stroke: #ffffff; stroke-width: 1.5 } .host { fill: #e8a33d; stroke: #ffffff; stroke-width: 1.5 }
            .router { fill: #3c9a6b; stroke: #ffffff; stroke-width: 1.5 } .outside { fill: #8a63b5; stroke: #ffffff; stroke-width: 1.5 }
            .name { fill: #1b2733; font-size: 12px } .small { font-size: 10px } .asked { fill: #5a6b7b; font-size: 10px }
            .got { fill: #0b57b0; font-size: 10px; font-weight: bold }
            text { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round }
            @media (prefers-color-scheme: dark) {
            .back { fill: #14191f } text { stroke: #14191f } .title, .name { fill: #e6edf3 } .sub, .asked { fill: #9fb0c0 }
            .link { stroke: #5f7183 } .got { fill: #7db8ff } .switch, .host, .router, .outside { stroke: #14191f }
            .down { stroke: #ff6b6b } .path { stroke: #58a6ff }
            }
            </style>
            <rect class="back" width="100%" height="100%"/>
            <text class="title" x="24" y="34">\(escape(title))</text>
            <text class="sub" x="24" y="53">\(escape(subtitle()))</text>

            """
        for segment in segments { out += line(segment) }
        for (number, point) in points.enumerated() { out += symbol(number, point) }
        // Names first: they may not move far; link labels then take what is free along their link.
        for (number, point) in points.enumerated() { out += name(number, point) }
        if showsLinkLabels {
            for segment in segments { out += label(segment) }
        }
        return out + legend(y: size.y - 22) + "</svg>\n"
    }

    private func subtitle() -> String {
        let hosts = topology.nodes.filter(\.isHost).count
        let switches = topology.nodes.filter { $0.kind == .switch }.count
        func count(_ n: Int, _ one: String, _ many: String) -> String { n == 1 ? "1 \(one)" : "\(n) \(many)" }
        var parts = [count(hosts, "host", "hosts")]
        if switches > 0 { parts.append(count(switches, "switch", "switches")) }
        parts.append(count(topology.links.count, "link", "links"))
        if layout.style == .map, layout.satellites.contains(where: { isNamedAfterHub($0) }) {
            parts.append("each city has a host h-CITY")
        }
        if !shared.isEmpty { parts.append("links with properties: " + shared.joined(separator: ", ")) }
        return parts.joined(separator: " · ")
    }

    private func isDown(_ link: Int) -> Bool { annotations.down.contains(link) || !topology.links[link].up }

    private func line(_ segment: (link: Int, a: Point, b: Point)) -> String {
        var style = "link"
        if annotations.highlighted.contains(segment.link) { style += " path" }
        if isDown(segment.link) { style += " down" }
        let link = topology.links[segment.link]
        let title = escape("\(link.a) – \(link.b) " + parts(link).joined(separator: " "))
        let way = segment.b - segment.a
        if layout.style == .grid, way.length > 200 {
            // A link that wraps around a torus goes past the switches between its ends.
            let control = segment.a + way * 0.5 + Point(x: -way.y, y: way.x) * (100 / way.length)
            return """
                <path class="\(style)" d="M\(number(segment.a.x)) \(number(segment.a.y)) Q\(number(control.x)) \
                \(number(control.y)) \(number(segment.b.x)) \(number(segment.b.y))"><title>\(title)</title></path>

                """
        }
        return """
            <line class="\(style)" x1="\(number(segment.a.x))" y1="\(number(segment.a.y))" x2="\(number(segment.b.x))" \
            y2="\(number(segment.b.y))"><title>\(title)</title></line>

            """
    }

    private func symbol(_ index: Int, _ point: Point) -> String {
        let node = topology.nodes[index]
        let title = "<title>\(escape(tooltip(node)))</title>"
        switch node.kind {
        case .switch, .bridge:
            return """
                <rect class="switch" x="\(number(point.x - 11))" y="\(number(point.y - 8))" width="22" height="16" rx="4">\
                \(title)</rect>

                """
        case .process where node.host.forwarding:
            return
                "<circle class=\"router\" cx=\"\(number(point.x))\" cy=\"\(number(point.y))\" r=\"10\">\(title)</circle>\n"
        case .vm:
            return """
                <rect class="host" x="\(number(point.x - 7))" y="\(number(point.y - 6))" width="14" height="12" rx="1">\
                \(title)</rect>

                """
        case .process:
            return
                "<circle class=\"host\" cx=\"\(number(point.x))\" cy=\"\(number(point.y))\" r=\"6\">\(title)</circle>\n"
        case .machine, .physical:
            return """
                <rect class="outside" x="\(number(point.x - 9))" y="\(number(point.y - 9))" width="18" height="18">\
                \(title)</rect>

                """
        }
    }

    private func tooltip(_ node: LabTopology.Node) -> String {
        let addresses = node.interfaces.flatMap { $0.ipv4.map(\.description) }.prefix(8)
        return ([node.name, node.kind.rawValue] + addresses).joined(separator: " ")
    }

    private mutating func name(_ index: Int, _ point: Point) -> String {
        let node = topology.nodes[index]
        let isSmall = node.isHost && !node.host.forwarding
        let measured = annotations.nodes[node.name]
        if isSmall && measured == nil && (!showsHostLabels || (layout.style == .map && isNamedAfterHub(index))) {
            return ""
        }
        let fontSize = isSmall ? 10.0 : 12.0
        let text = layout.style == .map ? node.labels["city"].flatMap { isSmall ? nil : $0 } ?? node.name : node.name
        var lines = [(text, isSmall ? "name small" : "name", fontSize)]
        if let measured { lines.append((measured, "got", 10)) }
        let r = isSmall ? 7.0 : 12.0
        let box = boxSize(lines)
        let candidates = [
            Point(x: point.x - box.x / 2, y: point.y + r + 1),
            Point(x: point.x - box.x / 2, y: point.y - r - box.y - 1),
            Point(x: point.x + r + 3, y: point.y - box.y / 2),
            Point(x: point.x - r - 3 - box.x, y: point.y - box.y / 2),
            Point(x: point.x + r, y: point.y + r * 0.6), Point(x: point.x - r - box.x, y: point.y + r * 0.6),
            Point(x: point.x + r, y: point.y - r * 0.6 - box.y),
            Point(x: point.x - r - box.x, y: point.y - r * 0.6 - box.y),
        ]
        return place(lines, box, candidates, allowsLines: nil)
    }

    private mutating func label(_ segment: (link: Int, a: Point, b: Point)) -> String {
        let link = topology.links[segment.link]
        var lines: [(String, String, Double)] = []
        var asked = parts(link).filter { !shared.contains($0) }
        if let text = link.label, !shared.contains(text), topology.links.filter({ $0.label == text }).count < 4 {
            asked.insert(text, at: 0)
        }
        if !asked.isEmpty { lines.append((asked.joined(separator: " "), "asked", 10)) }
        if let measured = annotations.links[segment.link] { lines.append((measured, "got", 10)) }
        if isDown(segment.link) { lines.append(("down", "asked", 10)) }
        guard !lines.isEmpty else { return "" }
        let box = boxSize(lines)
        let candidates = [0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8].flatMap { t -> [Point] in
            let middle = segment.a + (segment.b - segment.a) * t
            return [
                Point(x: middle.x - box.x / 2, y: middle.y - box.y / 2),
                Point(x: middle.x + 4, y: middle.y - box.y - 1), Point(x: middle.x + 4, y: middle.y + 1),
                Point(x: middle.x - box.x - 4, y: middle.y - box.y - 1),
                Point(x: middle.x - box.x - 4, y: middle.y + 1),
            ]
        }
        return place(lines, box, candidates, allowsLines: segment.link)
    }

    private func boxSize(_ lines: [(String, String, Double)]) -> Point {
        Point(
            x: lines.map { Double($0.0.count) * $0.2 * 0.62 }.max()! + 2, y: lines.map { $0.2 * 1.2 }.reduce(0, +))
    }

    /// Writes the lines where they cover least; a label may lie on its own link.
    private mutating func place(
        _ lines: [(String, String, Double)], _ size: Point, _ candidates: [Point], allowsLines own: Int?
    ) -> String {
        var best = candidates[0]
        var least = Double.infinity
        for (order, candidate) in candidates.enumerated() {
            let box = Box(x: candidate.x, y: candidate.y, width: size.x, height: size.y)
            var cost = Double(order) * 2
            for other in occupied { cost += box.overlap(other) * 3 }
            if segments.count <= 400 {
                for segment in segments where segment.link != own { cost += box.cut(segment.a, segment.b) * 1.5 }
            }
            if candidate.x < 4 { cost += 500 }
            if cost < least { (best, least) = (candidate, cost) }
        }
        occupied.append(Box(x: best.x, y: best.y, width: size.x, height: size.y))
        var out = ""
        var y = best.y
        for (text, style, fontSize) in lines {
            y += fontSize * 1.2
            out += """
                <text class="\(style)" text-anchor="middle" x="\(number(best.x + size.x / 2))" \
                y="\(number(y - fontSize * 0.25))">\(escape(text))</text>

                """
        }
        return out
    }

    private func legend(y: Double) -> String {
        var x = 24.0
        var out = ""
        func add(_ shape: String, _ text: String) {
            out +=
                "<g transform=\"translate(\(number(x)) \(number(y)))\">\(shape)<text class=\"sub\" x=\"30\" y=\"4\">\(text)</text></g>\n"
            x += 46 + Double(text.count) * 7.4
        }
        func has(_ test: (LabTopology.Node) -> Bool) -> Bool { topology.nodes.contains(where: test) }
        if has({ $0.kind == .switch || $0.kind == .bridge }) {
            add("<rect class=\"switch\" y=\"-8\" width=\"22\" height=\"16\" rx=\"4\"/>", "switch")
        }
        if has({ $0.isHost && !$0.host.forwarding }) { add("<circle class=\"host\" cx=\"11\" r=\"6\"/>", "host") }
        if has({ $0.isHost && $0.host.forwarding }) { add("<circle class=\"router\" cx=\"11\" r=\"10\"/>", "router") }
        if has({ $0.kind == .machine || $0.kind == .physical }) {
            add("<rect class=\"outside\" x=\"2\" y=\"-9\" width=\"18\" height=\"18\"/>", "outside the lab")
        }
        if topology.links.indices.contains(where: isDown) {
            add("<line class=\"link down\" x2=\"24\"/>", "link that is down")
        }
        if !annotations.highlighted.isEmpty { add("<line class=\"link path\" x2=\"24\"/>", "path taken") }
        if !annotations.links.isEmpty || !annotations.nodes.isEmpty {
            add("<text class=\"got\" y=\"4\">1ms</text>", "measured")
        }
        return out
    }

    private func isNamedAfterHub(_ index: Int) -> Bool {
        guard layout.satellites.contains(index) else { return false }
        let name = topology.nodes[index].name
        return name.hasPrefix("h-") && topology.nodes.contains { $0.name == name.dropFirst(2) }
    }

    /// What was asked of a link, in short.
    private func parts(_ link: LabTopology.Link) -> [String] {
        func both(_ path: (LinkProfile) -> String?) -> String? {
            let (forward, reverse) = (path(link.aToB), path(link.bToA))
            if forward == reverse { return forward }
            return "\(forward ?? "–")/\(reverse ?? "–")"
        }
        return [
            both { $0.rate.map(Units.describe(rate:)) },
            both { $0.delay == 0 ? nil : shortTime($0.delay) },
            both { $0.jitter.map { "±" + shortTime($0.spread) } },
            both { profile in
                switch profile.loss {
                case .random(let chance)?: "loss " + Units.describe(share: chance.probability)
                case .gilbertElliott?: "bursty loss"
                case nil: nil
                }
            },
        ].compactMap { $0 }
    }

    private func shortTime(_ time: UInt64) -> String {
        for (scale, unit) in [(1e9, "s"), (1e6, "ms"), (1e3, "µs")] where Double(time) >= scale {
            let value = Double(time) / scale
            return Units.plain((value * 100).rounded() / 100) + unit
        }
        return "\(time)ns"
    }

    private func number(_ value: Double) -> String { Units.plain((value * 10).rounded() / 10) }

    private func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
