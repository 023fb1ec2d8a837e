/// The steps of a translation as a tree, printed the way `ovs-appctl ofproto/trace` prints its own.
final class TraceRecorder {
    enum Kind {
        case action, detail, warning, error
        /// These have steps below them.
        case bridge, table, bucket, thaw
    }

    private final class Node {
        let kind: Kind
        let text: String
        var steps: [Node] = []

        init(_ kind: Kind, _ text: String) {
            self.kind = kind
            self.text = text
        }

        /// Whether it stands further right than what ends its list: the last table or bridge of a list goes on in the
        /// place of what led to it, so that a long chain of tables stays at the left.
        var isIndented: Bool {
            switch kind {
            case .action, .detail, .warning, .error, .bucket: true
            case .bridge, .table, .thaw: false
            }
        }
    }

    /// The root and the parts that are open, innermost last.
    private var path = [Node(.bridge, "")]

    private func add(_ kind: Kind, _ text: String) { path[path.count - 1].steps.append(Node(kind, text)) }

    func action(_ action: Action) { add(.action, action.description) }
    func action(_ text: String) { add(.action, text) }
    func detail(_ text: String) { add(.detail, text) }
    func warning(_ text: String) { add(.warning, text) }
    func error(_ text: String) { add(.error, text) }

    func open(_ kind: Kind, _ text: String) {
        let node = Node(kind, text)
        path[path.count - 1].steps.append(node)
        path.append(node)
    }

    func close() { path.removeLast() }

    /// Goes on in the part that was closed last.
    func reopen() {
        if let last = path[path.count - 1].steps.last { path.append(last) }
    }

    /// The steps as lines, each with its end.
    var text: String {
        var out = ""
        Self.write(path[0].steps, level: 0, to: &out)
        return out
    }

    private static func write(_ nodes: [Node], level: Int, to out: inout String) {
        for (place, node) in nodes.enumerated() {
            if node.kind == .bridge { out += "\n" }
            let step = place < nodes.count - 1 || node.isIndented ? 1 : 0
            let margin = String(repeating: "    ", count: level + step)
            out += margin
            switch node.kind {
            case .detail: out += " -> "
            case .warning: out += " >> "
            case .error: out += " >>>> "
            default: break
            }
            out += node.text
            if node.kind == .error { out += " <<<<" }
            out += "\n"
            if node.kind == .bridge { out += margin + String(repeating: "-", count: node.text.utf8.count) + "\n" }
            write(node.steps, level: level + 2 * step, to: &out)
        }
    }
}
