import OpenFlow
import Ports
import Switch

// `ofproto/trace` and `ofproto/trace-packet-out`: what would become of a packet.

extension SwitchDaemon {
    func addTraceCommands(_ commands: ControlCommands) {
        commands.add(
            "ofproto/trace", usage: "{[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet]",
            arguments: 1...Int.max
        ) { [unowned self] words in
            do throws(ControlFailure) {
                return .text(try trace(try TraceRequest(words), actions: nil))
            } catch {
                return .failure(error.text)
            }
        }
        commands.add(
            "ofproto/trace-packet-out",
            usage: "[-consistent] {[dp_name] odp_flow | bridge br_flow} [OPTIONS...] [-generate|packet] actions",
            arguments: 2...Int.max
        ) { [unowned self] words in
            do throws(ControlFailure) {
                return .text(try trace(try TraceRequest(Array(words.dropLast())), actions: words.last!))
            } catch {
                return .failure(error.text)
            }
        }
    }

    private func trace(_ request: TraceRequest, actions: String?) throws(ControlFailure) -> String {
        var words = request.words[...]
        var packet: [UInt8]?
        var match: Match
        let bridge: BoundBridge
        if let first = words.first, let named = binding.bridges[first] {
            bridge = named
            words.removeFirst()
            let (flow, bytes) = try Self.split(&words)
            packet = bytes
            match = try read(flow, bridge)
        } else {
            // A data path's flow; the data path's name may come first, and does not matter.
            if words.count > 1, !words.first!.contains("("), DatapathFlowSyntax.isFlow(words[words.startIndex + 1]) {
                words.removeFirst()
            }
            guard let text = words.first, DatapathFlowSyntax.isFlow(text) else {
                throw ControlFailure("\(words.first ?? ""): unknown bridge")
            }
            words.removeFirst()
            let flow = try DatapathFlowSyntax(text)
            guard let (owner, interface) = owner(ofDevice: flow.device) else {
                throw ControlFailure("Invalid datapath flow: no port \(flow.device)")
            }
            bridge = owner
            packet = try words.popFirst().map { word throws(ControlFailure) in try Self.bytes(word) }
            match = try read(flow.match, bridge)
            match.set(.inPort, FieldValue(UInt64(interface.number)), mask: .ones(32))
        }
        guard words.isEmpty else { throw ControlFailure("Too many arguments: \(words.joined(separator: " "))") }
        let names = flowNames(of: bridge)
        var list: [Action]?
        if let actions {
            do throws(ActionSyntaxError) {
                list = try Instructions(parsing: actions[...], names).apply
            } catch {
                throw ControlFailure("Bad actions: \(error)")
            }
        }
        var key = match.key
        if let packet {
            let inPort = UInt32(truncatingIfNeeded: key[.inPort].low)
            packet.withUnsafeBytes { bytes in _ = extract(frame: bytes, inPort: inPort, into: &key) }
        }
        let index = bridge.index
        let (start, options, frame, todo, states) = (key, match, packet, list, request.connectionStates)
        let learns = request.generates || packet != nil
        let text = poller.run { datapath, now in
            datapath.trace(
                bridge: index, key: start, options: options, frame: frame, actions: todo, connectionStates: states,
                learns: learns, now: now)
        }
        guard let text else {
            throw ControlFailure("\(bridge.plan.name): no port \(key[.inPort].low) that the packet could come in by")
        }
        return text
    }

    private func read(_ text: String, _ bridge: BoundBridge) throws(ControlFailure) -> Match {
        let names = flowNames(of: bridge)
        do throws(MatchSyntaxError) {
            return try Match(parsing: text, portNumber: names.portNumber)
        } catch {
            if case .unknownField(let field) = error {
                throw ControlFailure("Bad openflow flow syntax: \(text): unknown field \(field)")
            }
            throw ControlFailure("Bad openflow flow syntax: \(text): \(error)")
        }
    }

    private func owner(ofDevice number: Int32) -> (BoundBridge, BoundInterface)? {
        for bridge in binding.bridges.values {
            for interface in bridge.interfaces.values where interface.deviceNumber.map({ $0 + 1 }) == number {
                return (bridge, interface)
            }
        }
        return nil
    }

    /// The flow, and the packet's bytes where the next word has them.
    private static func split(_ words: inout ArraySlice<String>) throws(ControlFailure) -> (String, [UInt8]?) {
        guard let flow = words.popFirst() else { return ("", nil) }
        guard let word = words.popFirst() else { return (flow, nil) }
        return (flow, try bytes(word))
    }

    /// A packet as pairs of hexadecimal digits; spaces, dots and colons between them do not count.
    private static func bytes(_ text: String) throws(ControlFailure) -> [UInt8] {
        let digits = text.utf8.filter { ![32, 46, 58].contains($0) }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard place + 1 < digits.count,
                let byte = UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16)
            else { throw ControlFailure("Trailing garbage in packet data") }
            bytes.append(byte)
        }
        guard bytes.count >= 14 else { throw ControlFailure("Packet data too short for Ethernet") }
        return bytes
    }
}

/// The words of `ofproto/trace`, options taken out.
struct TraceRequest {
    var words: [String] = []
    /// Whether there is to be a packet, which teaches the bridge what packets teach.
    var generates = false
    /// The states of a packet behind each `ct` action (`--ct-next`).
    var connectionStates: [UInt32] = []

    init(_ arguments: [String]) throws(ControlFailure) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "-generate", "--generate": generates = true
            case "-consistent", "--consistent": break
            // Ports have no other names in it, and a generated packet's load is not told of.
            case "-names", "--names": break
            case "--l7", "--l7-len":
                guard rest.popFirst() != nil else { throw ControlFailure("Missing argument for option \(word)") }
            case "--ct-next":
                guard let flags = rest.popFirst() else { throw ControlFailure("Missing argument for option \(word)") }
                connectionStates.append(try Self.state(flags))
            default:
                if word.hasPrefix("--ct-next=") {
                    connectionStates.append(try Self.state(String(word.dropFirst(10))))
                } else if word.hasPrefix("-") {
                    throw ControlFailure("\(word): unknown option")
                } else {
                    words.append(word)
                }
            }
        }
    }

    /// `trk,est`: always tracked.
    private static func state(_ text: String) throws(ControlFailure) -> UInt32 {
        let names = ["new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"]
        var state: UInt32 = 1 << 5
        for word in text.split(whereSeparator: { $0 == "," || $0 == "|" || $0 == " " }) {
            guard let bit = names.firstIndex(of: String(word)) else {
                throw ControlFailure("Failed to parse ct_state: \(word): unknown flag")
            }
            state |= 1 << UInt32(bit)
        }
        return state
    }
}
