// What would happen to a packet.
//
// Design: the translation runs as for a packet, but for what it would learn, unless that is asked for too. Where the packet would be looked up again, the
// trace goes on with another part: with the header fields as they are then, where they are known, or with those of the
// frame after the actions so far have been done to a copy. Without a frame, it ends behind a label that comes off, as in
// Open vSwitch.

/// A place where a traced packet is looked up again.
struct TraceStop {
    /// The frozen state's number in the data path.
    var state: Int32
    /// The packet then.
    var key: FlowKey
    /// Whether the key tells all of the packet.
    var isKnown: Bool
    /// What has been done to the packet so far.
    var actions: [DatapathAction]
    /// What the tracker was asked; nil: the packet has not been tracked.
    var tracking: TrackingDescription?
    /// What the packet's hash is taken of.
    var hash: (description: HashDescription, mask: UInt32)?
}

/// One trace under way.
final class PacketTrace {
    private let datapath: Datapath
    private let now: UInt64
    private var states: ArraySlice<UInt32>
    /// Whether what the packet would teach is learned.
    private let learns: Bool
    private var waiting: [(stop: TraceStop, frame: [UInt8]?)] = []
    /// Frozen states in the order in which they were met, from 1.
    private var numbers: [Int32: Int32] = [:]
    /// What holds frozen states and the like, until the trace ends.
    private var used: [DatapathAction] = []

    /// As many parts as Open vSwitch tells.
    private static let limit = 4096

    init(datapath: Datapath, connectionStates: [UInt32], learns: Bool, now: UInt64) {
        self.datapath = datapath
        self.learns = learns
        self.now = now
        states = connectionStates[...]
    }

    /// - Parameter start: the first part's translation.
    func run(
        _ key: FlowKey, _ frame: [UInt8]?, _ options: [TunnelOption], start: (Translation) -> Void
    ) -> String {
        var text = part(key, frame, options, start)
        var rounds = 0
        while !waiting.isEmpty, rounds < Self.limit {
            rounds += 1
            let (stop, frame) = waiting.removeFirst()
            guard let frozen = datapath.pipeline.frozen.find(stop.state) else { continue }
            var next = stop.key
            if !stop.isKnown {
                guard let frame else { continue }
                next = FlowKey()
                frame.withUnsafeBytes { bytes in _ = extract(frame: bytes, inPort: 0, into: &next) }
                next.thaw(frozen.metadata)
                for word in FlowKey.carriedWords { next[word: word] = stop.key[word: word] }
            }
            next.set(.recirculationID, UInt64(stop.state))
            let heading = resume(&next, stop, numbers[stop.state] ?? 0, &states)
            let line = String(repeating: "=", count: 79)
            text += "\n\n\(line)\n\(heading)\n\(line)\n\n"
            next = next.withoutOptionList
            text += part(next, frame, frozen.options) { $0.run(frozen) }
        }
        datapath.release(used)
        return text
    }

    /// Tells of one translation.
    private func part(
        _ start: FlowKey, _ frame: [UInt8]?, _ options: [TunnelOption], _ run: (Translation) -> Void
    ) -> String {
        let translation = Translation(datapath: datapath)
        let recorder = TraceRecorder()
        translation.recorder = recorder
        translation.learns = learns
        translation.key = start
        translation.now = now
        translation.takeOptions(options)
        let start = translation.key
        if let frame {
            frame.withUnsafeBytes { bytes in
                var key = FlowKey()
                translation.frame = bytes
                translation.layout = extract(frame: bytes, inPort: 0, into: &key)
                run(translation)
                translation.frame = nil
            }
        } else {
            run(translation)
        }
        translation.addTracedFlows()
        for field in [Field.inPort, .recirculationID, .packetType] { translation.wildcards.setExact(field) }
        translation.wildcards[.ctState] = translation.wildcards[.ctState] & Field.ctState.validBits
        used += translation.actions
        for stop in translation.stops {
            if numbers[stop.state] == nil { numbers[stop.state] = Int32(numbers.count + 1) }
            waiting.append((stop, frame.flatMap { edited($0, by: stop.actions) }))
        }
        return text(of: translation, recorder, from: start, options)
    }

    private func text(
        of translation: Translation, _ recorder: TraceRecorder, from start: FlowKey, _ options: [TunnelOption]
    ) -> String {
        var first = start
        var last = translation.key
        last.set(.inPort, first.value(.inPort))
        last.set(.actionSetOutput, first.value(.actionSetOutput))
        if let number = numbers[Int32(truncatingIfNeeded: first.value(.recirculationID))] {
            first.set(.recirculationID, UInt64(number))
            last.set(.recirculationID, UInt64(number))
        }
        let numbers = numbers
        let words = DatapathActionText(datapath: datapath, number: { numbers[$0] ?? 0 }, isTrace: !learns)
        var text = "Flow: \(first.packetText(options))\n\(recorder.text)\n"
        text += "Final flow: \(last.equalsPacket(first) ? "unchanged" : last.packetText(translation.options))\n"
        text += "Megaflow: \(Match(key: first, mask: translation.wildcards).description)\n"
        text += "Datapath actions: \(words.text(translation.actions))"
        if let failure = translation.failure {
            text += "\nTranslation failed (\(failure.reason)), packet is dropped."
        }
        return text
    }

    // MARK: Going on

    /// A frame as the actions leave it; nil where it would not fit into memory any more.
    private func edited(_ frame: [UInt8], by actions: [DatapathAction]) -> [UInt8]? {
        guard var state = performance(of: frame) else { return nil }
        var originals: [[UInt8]] = []
        for action in actions {
            var fits = true
            switch action {
            case .setField(let field, let value): PacketEditing.set(field, value, in: state.packet, &state.layout)
            case .pushVLAN(let tpid, let tci):
                fits = PacketEditing.pushVLAN(tpid: tpid, tci: tci & 0xefff, in: state.packet, &state.layout)
                if !fits { datapath.pool.release(state.packet) }
            case .popVLAN: PacketEditing.popVLAN(state.packet, &state.layout)
            case .pushMPLS, .popMPLS, .pushPBB, .popPBB, .copyTTL, .truncate: fits = datapath.edit(action, &state)
            case .beginClone: originals.append(Array(state.packet.bytes))
            case .endClone:
                datapath.pool.release(state.packet)
                guard let next = performance(of: originals.removeLast()) else { return nil }
                state = next
            default: break
            }
            if !fits { return nil }
        }
        defer { datapath.pool.release(state.packet) }
        return Array(state.packet.bytes)
    }

    private func performance(of frame: [UInt8]) -> Performance? {
        guard let packet = frame.withUnsafeBytes({ datapath.pool.allocate(copying: $0) }) else { return nil }
        var key = FlowKey()
        let layout = extract(frame: UnsafeRawBufferPointer(packet.bytes), inPort: 0, into: &key)
        return Performance(packet: packet, layout: layout)
    }

    /// Makes a packet what it is when it is looked up again.
    /// - Returns: what the trace says of it.
    private func resume(
        _ key: inout FlowKey, _ stop: TraceStop, _ number: Int32, _ states: inout ArraySlice<UInt32>
    ) -> String {
        var heading = "recirc(0x\(String(number, radix: 16)))"
        if let hash = stop.hash {
            let value = hash.description.hash(key) & hash.mask
            key[word: FlowKey.hashWord] = 1 << 32 | UInt64(value)
            heading += " - resume with dp_hash=0x\(String(value, radix: 16))/0x\(String(hash.mask, radix: 16))"
        }
        guard let request = stop.tracking?.request else { return heading }
        if let state = states.popFirst() {
            key.set(.ctState, UInt64(state))
            let flags = FieldText.format(.ctState, FieldValue(state), Field.ctState.validBits)
            heading += " - resume conntrack with ct_state=\(flags)"
        } else {
            key.set(.ctState, 0x21)
            heading += " - resume conntrack with default ct_state=trk|new (use --ct-next to customize)"
        }
        key.set(.ctZone, UInt64(request.zone))
        if request.commit {
            key.set(.ctMark, UInt64(request.mark & request.markMask))
            key[.ctLabel] = request.label & request.labelMask
        }
        if let translation = request.translation {
            let isKnown = translation.addresses != nil
            heading += "\nReplacing src/dst IP/ports to simulate NAT:"
            heading += "\n Initial flow: \(isKnown ? key.addressesText : "")"
            key.translate(translation)
            heading += "\n Modified flow: \(isKnown ? key.addressesText : "")"
        }
        return heading
    }
}

extension FlowKey {
    /// Whether packet, metadata and connection are the same.
    fileprivate func equalsPacket(_ other: FlowKey) -> Bool {
        for word in 0..<Self.wordCount
        where word != 17 && word != Self.hashWord && self[word: word] != other[word: word] {
            return false
        }
        return true
    }

    fileprivate var addressesText: String {
        let isIPv6 = value(.ethType) == 0x86dd
        let source = isIPv6 ? Field.ipv6Source : .ipv4Source
        let destination = isIPv6 ? Field.ipv6Destination : .ipv4Destination
        let names = isIPv6 ? ("ipv6_src", "ipv6_dst") : ("nw_src", "nw_dst")
        func text(_ field: Field) -> String { FieldText.format(field, self[field], .ones(field.width)) }
        return "\(names.0)=\(text(source)),tp_src=\(value(.tcpSource)),\(names.1)=\(text(destination)),"
            + "tp_dst=\(value(.tcpDestination))"
    }

    /// The first address and port of the range.
    fileprivate mutating func translate(_ translation: AddressTranslation) {
        let isSource = translation.direction == .source
        switch translation.addresses {
        case .ipv4(let first, _): set(isSource ? .ipv4Source : .ipv4Destination, UInt64(first))
        case .ipv6(let first, _): self[isSource ? .ipv6Source : .ipv6Destination] = first
        case nil: break
        }
        if let ports = translation.ports { set(isSource ? .tcpSource : .tcpDestination, UInt64(ports.lowerBound)) }
    }
}
