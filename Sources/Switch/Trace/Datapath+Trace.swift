// What would happen to a packet: the translation told step by step, in the words of `ovs-appctl ofproto/trace`.
//
// Design: the translation runs as for a packet, but for what it would learn. Where the packet would be looked up again,
// the trace goes on there, as far as the header fields tell: behind a label that came off it ends, as in Open vSwitch.

/// A place where a traced packet is looked up again.
struct TraceStop {
    /// The frozen state's number in the data path.
    var state: Int32
    /// The packet then.
    var key: FlowKey
    /// What the tracker was asked; nil: the packet has not been tracked.
    var tracking: TrackingDescription?
    /// What the packet's hash is taken of.
    var hash: (description: HashDescription, mask: UInt32)?
}

extension Datapath {
    /// Tells what would happen to a packet with these header fields that comes to a port of a bridge. Learns nothing.
    /// - Parameters:
    ///   - key: the packet; its `in_port` is the number of the port in the bridge.
    ///   - frame: the packet's bytes, for what the key does not tell.
    ///   - actions: are done to the packet in the place of the flow tables (`ofproto/trace BRIDGE FLOW ACTIONS`).
    ///   - connectionStates: the `ct_state` of the packet behind each `ct` action with a table, in order (`--ct-next`);
    ///     where they end, a new connection's.
    /// - Returns: the trace, or nil where the bridge has no such port.
    public func trace(
        bridge: Int32, key: FlowKey, frame: [UInt8]? = nil, actions: [Action]? = nil, connectionStates: [UInt32] = [],
        now: UInt64
    ) -> String? {
        let owner = bridges[Int(bridge)]
        let port = owner.ports[UInt32(truncatingIfNeeded: key.value(.inPort))]
        guard port != nil || actions != nil else { return nil }
        var used: [DatapathAction] = []
        var waiting: [TraceStop] = []
        var numbers: [Int32: Int32] = [:]
        var states = connectionStates[...]

        func section(_ start: FlowKey, _ run: (Translation) -> Void) -> String {
            let translation = Translation(datapath: self)
            let recorder = TraceRecorder()
            translation.recorder = recorder
            translation.learns = false
            translation.key = start
            translation.now = now
            run(translation)
            translation.wildcards.setExact(.inPort)
            translation.wildcards.setExact(.recirculationID)
            translation.wildcards.setExact(.packetType)
            used += translation.actions
            waiting += translation.stops
            for stop in translation.stops where numbers[stop.state] == nil {
                numbers[stop.state] = Int32(numbers.count + 1)
            }
            var final = translation.key
            final.set(.inPort, start.value(.inPort))
            var first = start
            first.set(.actionSetOutput, 0)
            final.set(.actionSetOutput, 0)
            var shown = start
            if start.value(.recirculationID) != 0 {
                let number = numbers[Int32(truncatingIfNeeded: start.value(.recirculationID))] ?? 0
                shown.set(.recirculationID, UInt64(number))
                final.set(.recirculationID, UInt64(number))
            }
            let words = DatapathActionText(datapath: self, number: { numbers[$0] ?? 0 })
            translation.wildcards[.ctState] = translation.wildcards[.ctState] & Field.ctState.validBits
            let megaflow = Match(key: shown, mask: translation.wildcards)
            var text = "Flow: \(shown.packetText)\n\(recorder.text)\n"
            text += "Final flow: \(final.equalsPacket(shown) ? "unchanged" : final.packetText)\n"
            text += "Megaflow: \(megaflow.description)\n"
            text += "Datapath actions: \(words.text(translation.actions))"
            if let failure = translation.failure {
                text += "\nTranslation failed (\(failure.reason)), packet is dropped."
            }
            return text
        }

        var text: String
        if let frame {
            text = frame.withUnsafeBytes { bytes in
                section(key) { start($0, bytes, port: port, actions, owner) }
            }
        } else {
            text = section(key) { start($0, nil, port: port, actions, owner) }
        }
        var rounds = 0
        while !waiting.isEmpty, rounds < 4096 {
            rounds += 1
            let stop = waiting.removeFirst()
            guard let frozen = pipeline.frozen.find(stop.state) else { continue }
            var next = stop.key
            next.set(.recirculationID, UInt64(stop.state))
            let heading = resume(&next, stop, numbers[stop.state] ?? 0, &states)
            let line = String(repeating: "=", count: 79)
            text += "\n\n\(line)\n\(heading)\n\(line)\n\n"
            text += section(next) { $0.run(frozen) }
        }
        release(used)
        return text
    }

    private func start(
        _ translation: Translation, _ frame: UnsafeRawBufferPointer?, port: Int32?, _ actions: [Action]?,
        _ owner: Bridge
    ) {
        if let frame {
            translation.frame = frame
            var key = FlowKey()
            translation.layout = extract(frame: frame, inPort: 0, into: &key)
        }
        if let actions {
            translation.run(actions, bridge: owner, port: port.map { ports[Int($0)] })
        } else if let port {
            translation.run(port: port)
        }
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
