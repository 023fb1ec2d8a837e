import OpenFlow
import Switch
import Testbed
import Testing

/// Recorded flows and groups with characters changed: refused, or printed as text that is read as the same. The fuzz
/// target `FlowSyntax` goes further.
@Suite struct MutatedTextTests {
    private static var names: FlowNames {
        FlowNames(
            portNumber: { ["eth0": 1, "a b": 2][$0] }, tableNumber: { ["first": 1][$0] },
            portName: { [1: "eth0", 2: "a b"][$0] }, tableName: { [1: "first"][$0] })
    }

    private static func mutated(_ text: [UInt8], with other: [UInt8], _ source: inout FlowSource) -> String {
        var text = text
        for _ in 0...source.below(2) where !text.isEmpty {
            let place = source.below(text.count)
            switch source.below(6) {
            case 0: text.remove(at: place)
            case 1: text[place] = Array("0123456789abcdefx,:=()[].->/+\" ".utf8)[source.below(31)]
            case 2: text.insert(text[source.below(text.count)], at: place)
            case 3: text.removeSubrange(place..<min(text.count, place + source.below(8)))
            case 4:
                let start = source.below(other.count)
                text.insert(contentsOf: other[start..<min(other.count, start + source.below(20))], at: place)
            default:
                let start = source.below(text.count)
                text.insert(contentsOf: text[start..<min(text.count, start + source.below(10))], at: place)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    @Test func flows() throws {
        let texts = try Recording.load("flows.golden").map { Array($0.text.utf8) }
        var source = FlowSource(seed: 17)
        var read = 0
        for text in texts {
            for _ in 0..<12 {
                let mutation = Self.mutated(text, with: texts[source.below(texts.count)], &source)
                guard var flow = try? FlowText.parse(mutation, names: Self.names) else { continue }
                read += 1
                flow.table = flow.table ?? 0
                for names in [Self.names, FlowNames()] {
                    let printed = FlowText.text(FlowSnapshot(flow), names: names)
                    let again = try? FlowText.parse(printed, names: names)
                    #expect(again == flow, "\(mutation)\n\(printed)")
                }
            }
        }
        #expect(read > 200)
    }

    @Test func groups() throws {
        let texts = try Recording.load("groups.golden").map { Array($0.text.utf8) }
        var source = FlowSource(seed: 18)
        for text in texts {
            for _ in 0..<100 {
                let mutation = Self.mutated(text, with: texts[source.below(texts.count)], &source)
                guard let change = try? GroupText.parse(mutation, names: Self.names) else { continue }
                let printed = GroupText.text(change.group, names: Self.names)
                let again = try? GroupText.parse(printed, names: Self.names)
                #expect(again == change, "\(mutation)\n\(printed)")
            }
        }
    }
}

extension FlowSnapshot {
    /// The flow that a modification adds, some time later.
    init(_ flow: FlowModification) {
        self.init(
            table: flow.table ?? 0, priority: flow.priority, match: flow.match, cookie: flow.cookie,
            instructions: flow.instructions, idleTimeout: flow.idleTimeout, hardTimeout: flow.hardTimeout,
            importance: flow.importance, flags: flow.flags, age: 3_250_000_000, idle: 2_000_000_000, packets: 4,
            bytes: 512)
    }
}
