import Wire

// The actions that few packets meet, apart from the hot loop.

extension Datapath {
    /// - Returns: whether the packet goes on; false: it has been given back.
    @inline(never)
    func performRare(_ action: DatapathAction, _ state: inout Performance, now: UInt64) -> Bool {
        switch action {
        case .setQueue(let queue):
            guard own(&state.packet) else { return false }
            state.packet.pointee.queue = queue
        case .capture(let port, let outgoing):
            capture(state.packet, port: port, outgoing: outgoing, now: now)
        case .bridgeProtocol(let port):
            // Not here: it may change ports, and with them the megaflow that is being performed.
            guard let copy = pool.copy(state.packet) else {
                drops[Int(DropReason.noMemory.rawValue)] &+= 1
                return true
            }
            copy.pointee.link = port
            control.append(copy)
        case .pushMPLS, .popMPLS, .pushPBB, .popPBB, .copyTTL, .truncate:
            return edit(action, &state)
        case .checkLength(let length, let longer, let other):
            let isLonger = state.packet.wireLargestFrame > Int(length)
            recirculateCopy(&state, isLonger ? longer : other, now: now)
        case .hash(let number, let mask):
            state.hash = number
            state.hashMask = mask
        case .controller(let number):
            notify(state.packet, pipeline.notices[number])
        case .sample(let number):
            sample(state.packet, pipeline.samples[number], now: now)
        case .meter(let number):
            guard admit(meter: number, &state, now: now) else { return false }
        case .track(let number):
            return track(number, &state, now: now)
        case .hideConnection:
            state.isTracked = false
        case .clearConnection:
            state.isTracked = false
            state.wasTracked = false
        case .device, .link, .setField, .pushVLAN, .popVLAN, .beginClone, .endClone, .recirculate:
            break
        }
        return true
    }

    func edit(_ action: DatapathAction, _ state: inout Performance) -> Bool {
        guard own(&state.packet) else { return false }
        var fits = true
        let before = state.packet.pointee.length
        switch action {
        case .pushMPLS(let type, let entry):
            fits = PacketEditing.pushMPLS(
                etherType: type, entry: MPLSLabel(rawValue: entry), in: state.packet, &state.layout)
        case .popMPLS(let type):
            PacketEditing.popMPLS(etherType: type, state.packet, &state.layout)
            PacketEditing.pad(state.packet, from: before)
        case .pushPBB(let type, let tag):
            fits = PacketEditing.pushPBB(etherType: type, tag: tag, in: state.packet, &state.layout)
        case .popPBB: PacketEditing.popPBB(state.packet, &state.layout)
        case .copyTTL(let inward): PacketEditing.copyTTL(inward: inward, state.packet, state.layout)
        case .truncate(let length): PacketEditing.truncate(to: Int(length), state.packet, &state.layout)
        default: break
        }
        if !fits { discard(state.packet, .noMemory) }
        return fits
    }

    // MARK: Copies

    @inline(never)
    func beginClone(_ state: Performance) {
        // Whoever changes a packet with several holders takes a copy: so the original needs no more than a hold.
        state.packet.pointee.references &+= 1
        pipeline.saved.append((state, pipeline.connection.pointee))
    }

    /// Gives the copy back and goes on with its original.
    @inline(never)
    func endClone(_ state: inout Performance) {
        pool.release(state.packet)
        abandonClone(&state)
    }

    /// The same, where the copy has been given back already.
    @inline(never)
    func abandonClone(_ state: inout Performance) {
        let saved = pipeline.saved.removeLast()
        state = saved.state
        pipeline.connection.pointee = saved.connection
    }

    // MARK: Controllers

    /// Shows so many of 65,535 packets to whoever samples.
    private func sample(_ packet: PacketRef, _ description: SampleDescription, now: UInt64) {
        guard let onSample else { return }
        let probability = description.sample.probability
        guard probability == .max || UInt16(truncatingIfNeeded: pipeline.random.next() >> 16) < probability else {
            return
        }
        onSample(description.bridge, description.sample, UnsafeRawBufferPointer(packet.bytes), now)
    }

    /// Tells the controllers of a packet.
    private func notify(_ packet: PacketRef, _ notice: ControllerNotice) {
        guard let onEvent else { return }
        let continuation = notice.continuation.map { pipeline.continuations.number(for: $0) } ?? 0
        forEachFrame(packet) { frame in
            onEvent(
                .packetIn(
                    PacketIn(
                        bridge: notice.bridge, reason: notice.reason, table: notice.table, cookie: notice.cookie,
                        maxLength: notice.maxLength, frame: frame, fields: notice.fields, controller: notice.controller,
                        userData: notice.userData, continuation: continuation)))
        }
    }

    /// The frames that a packet is on a wire, checksums and all.
    private func forEachFrame(_ packet: PacketRef, _ body: ([UInt8]) -> Void) {
        let offload = packet.pointee.offload
        guard offload.isSuperPacket || offload.flags & VirtioNetHeader.needsChecksum != 0 else {
            return body(Array(packet.bytes))
        }
        if offload.isSuperPacket {
            guard var segmenter = try? Segmenter(packet, finishChecksums: true) else { return }
            while let segment = segmenter.next(from: &pool) {
                body(Array(segment.bytes))
                pool.release(segment)
            }
        } else if let copy = pool.copy(packet) {
            Segmentation.finishChecksum(copy)
            body(Array(copy.bytes))
            pool.release(copy)
        }
    }
}
