import ArgumentParser
import Glibc
import Lab
import Linux
import OpenFlow
import Switch

struct ShowFlows: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flows", abstract: "Show flows.",
        usage: "rookery switch flows [--names] [--no-stats] [--json] <switch> [<match>]",
        discussion: """
            All of them, or those that match nothing else than a match does; table=,
            cookie=VALUE/MASK, out_port= and out_group= select, too.
              rookery switch flows br0
              rookery switch flows br0 table=1,ip,out_port=eth1 --no-stats
            """, aliases: ["dump-flows"])

    @OptionGroup var target: SwitchArgument
    @Argument(help: "Which flows.") var match = ""
    @Flag(inversion: .prefixedNo, help: "Counters and times.") var stats = true
    @Flag(help: "Ports by their names.") var names = false
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let client = try target.openFlow()
        let printed = try client.names(printed: names)
        let flows = try client.flows(match)
        if json {
            return try Standard.output.writeJSON(
                flows.map { flow in
                    FlowReport(
                        table: flow.table, priority: flow.priority, cookie: flow.cookie,
                        match: flow.match.text(printed),
                        actions: Self.actions(flow, printed), packets: flow.packets, bytes: flow.bytes,
                        duration: flow.age)
                })
        }
        var text = ""
        for flow in flows {
            text += " "
            FlowText.write(
                flow, showsStatistics: stats, showsAges: client.version == .v10, names: printed, to: &text)
            text += "\n"
        }
        Standard.output.write(text)
    }

    private static func actions(_ flow: FlowSnapshot, _ names: FlowNames) -> String {
        let text = FlowText.text(flow, showsStatistics: false, names: names)
        guard let start = text.firstRange(of: "actions=") else { return "" }
        return String(text[start.upperBound...])
    }
}

extension OpenFlowClient {
    /// The flows that a text selects, by table and priority.
    func flows(_ selection: String = "") throws -> [FlowSnapshot] {
        let wanted: FlowModification
        do throws(FlowSyntaxError) {
            wanted = try FlowText.parse(selection, command: .delete, names: try ownNames())
        } catch {
            throw CommandError.usage("“\(selection)”: \(error)")
        }
        let request = Message.FlowRequest(
            table: wanted.table, match: wanted.match, outPort: wanted.outPort, outGroup: wanted.outGroup,
            cookie: wanted.cookie, cookieMask: wanted.cookieMask)
        var flows: [FlowSnapshot] = []
        for case .flows(let some) in try multipart(.flows(request)) { flows += some }
        return flows.sorted { ($0.table, $1.priority) < ($1.table, $0.priority) }
    }

    private func ownNames() throws(FlowSyntaxError) -> FlowNames {
        do { return try names() } catch { throw FlowSyntaxError("\(error)") }
    }

    /// Reads a flow.
    func parse(_ text: String, _ command: FlowModification.Command) throws -> FlowModification {
        do throws(FlowSyntaxError) {
            return try FlowText.parse(text, command: command, names: try ownNames())
        } catch {
            throw CommandError.usage(
                "“\(text)”: \(error)", remedy: "as in: priority=10,ip,nw_dst=10.0.0.2,actions=output:2")
        }
    }

    /// Makes one change.
    func applyOne(_ body: Message.Body, _ text: String) throws {
        if let refused = try apply([body]).first { throw Self.refusal(name, "“\(text)”", refused.error) }
    }
}

/// Texts from files, by lines.
enum LineFile {
    /// The lines of a file (`-`: standard input) that say something, with their numbers; `#` begins a comment.
    static func read(_ path: String) throws -> [(number: Int, text: Substring)] {
        let text: String
        do throws(SystemError) {
            text =
                path == "-"
                ? String(decoding: try FileDescriptor(owning: dup(0)).readAll(), as: UTF8.self)
                : try File.readText(path)
        } catch {
            throw CommandError(error.description)
        }
        var lines: [(number: Int, text: Substring)] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let said = line.prefix { $0 != "#" }
            if !said.allSatisfy(\.isWhitespace) { lines.append((index + 1, said)) }
        }
        return lines
    }
}

struct AddFlow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add-flow", abstract: "Add flows, or replace those with their match and priority.",
        usage: "rookery switch add-flow <switch> <flow> ...",
        discussion: """
              rookery switch add-flow br0 priority=10,ip,nw_dst=10.0.0.2,actions=output:2
            """)

    @OptionGroup var target: SwitchArgument
    @Argument(help: "Flows, as ovs-ofctl writes them.") var flows: [String]

    func run() throws {
        let client = try target.openFlow()
        let changes = try flows.map { try client.parse($0, .add) }
        for (text, change) in zip(flows, changes) { try client.applyOne(.flowMod(change), text) }
    }
}

struct AddFlows: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add-flows", abstract: "Carry out a file of flows.",
        usage: "rookery switch add-flows [--bundle] <switch> <file>",
        discussion: """
            A flow a line, which may begin with add, modify, modify_strict, delete or
            delete_strict; # begins a comment; the file - is standard input.
              rookery switch add-flows br0 flows.txt --bundle
            """)

    @OptionGroup var target: SwitchArgument
    @Argument(help: "The file.") var file: String
    @Flag(help: "All at once or, where one is refused, none.") var bundle = false

    func run() throws {
        let client = try target.openFlow()
        let names = try client.names()
        let lines = try LineFile.read(file)
        let changes = try lines.map { line in
            do throws(FlowSyntaxError) {
                return Message.Body.flowMod(try FlowText.parseLine(line.text, names: names))
            } catch {
                throw CommandError.usage("\(file):\(line.number): “\(line.text)”: \(error)")
            }
        }
        let refused = try bundle ? client.applyAtomically(changes) : client.apply(changes)
        guard let first = refused.first else { return }
        let line = lines[first.place]
        throw CommandError(
            "\(client.name) refuses \(file):\(line.number): “\(line.text)”: \(first.error.name)"
                + (refused.count > 1 ? ", and \(refused.count - 1) more" : ""),
            remedy: bundle ? "nothing has been changed" : "the other lines have been carried out")
    }
}

struct ModifyFlows: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mod-flows", abstract: "Give flows that match other actions.",
        usage: "rookery switch mod-flows [--strict] <switch> <flow>")

    @OptionGroup var target: SwitchArgument
    @Argument(help: "A match and actions.") var flow: String
    @Flag(help: "Only the flow with just this match and priority.") var strict = false

    func run() throws {
        let client = try target.openFlow()
        try client.applyOne(.flowMod(try client.parse(flow, strict ? .modifyStrict : .modify)), flow)
    }
}

struct DeleteFlows: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "del-flows", abstract: "Remove flows.",
        usage: "rookery switch del-flows [--strict] <switch> [<match>]",
        discussion: """
            Those that match nothing else than the match does; without one, all.
              rookery switch del-flows br0
              rookery switch del-flows br0 table=1,ip,nw_dst=10.0.0.2
            """)

    @OptionGroup var target: SwitchArgument
    @Argument(help: "Which flows.") var match = ""
    @Flag(help: "Only the flow with just this match and priority.") var strict = false

    func run() throws {
        let client = try target.openFlow()
        try client.applyOne(.flowMod(try client.parse(match, strict ? .deleteStrict : .delete)), match)
    }
}

struct ReplaceFlows: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace-flows", abstract: "Make a switch's flows those of a file, all at once.",
        usage: "rookery switch replace-flows [--no-bundle] <switch> <file>",
        discussion: """
            Flows that are there and not in the file go; those that differ are replaced,
            the others stay with their counters.
              rookery switch replace-flows br0 flows.txt
            """)

    @OptionGroup var target: SwitchArgument
    @Argument(help: "The file; - is standard input.") var file: String
    @Flag(help: "One after the other, for switches before OpenFlow 1.4.") var noBundle = false

    /// What makes two flows the same flow.
    private struct Key: Hashable {
        var table: UInt8
        var priority: UInt16
        var match: String
    }

    func run() throws {
        let client = try target.openFlow()
        let names = try client.names()
        var wanted: [Key: FlowModification] = [:]
        for line in try LineFile.read(file) {
            do throws(FlowSyntaxError) {
                let flow = try FlowText.parse(line.text, names: names)
                let key = Key(table: flow.table ?? 0, priority: flow.priority, match: flow.match.description)
                wanted[key] = flow
            } catch {
                throw CommandError.usage("\(file):\(line.number): “\(line.text)”: \(error)")
            }
        }
        var changes: [Message.Body] = []
        for flow in try client.flows() {
            let key = Key(table: flow.table, priority: flow.priority, match: flow.match.description)
            guard let new = wanted[key] else {
                changes.append(
                    .flowMod(
                        FlowModification(
                            .deleteStrict, table: flow.table, priority: flow.priority, match: flow.match)))
                continue
            }
            if new.instructions == flow.instructions && new.cookie == flow.cookie
                && new.idleTimeout == flow.idleTimeout && new.hardTimeout == flow.hardTimeout
                && new.importance == flow.importance
            {
                wanted[key] = nil
            }
        }
        for flow in wanted.values { changes.append(.flowMod(flow)) }
        if changes.isEmpty { return }
        let refused = try noBundle ? client.apply(changes) : client.applyAtomically(changes)
        guard let first = refused.first, case .flowMod(let flow) = changes[first.place] else { return }
        throw CommandError(
            "\(client.name) refuses “\(FlowText.text(flow))”: \(first.error.name)",
            remedy: noBundle ? "the others have been carried out" : "nothing has been changed")
    }
}
