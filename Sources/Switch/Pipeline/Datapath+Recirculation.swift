// Misses, and packets that are looked up again.

extension Datapath {
    /// Asks the pipeline about the packet whose key is in `scratch`, and keeps the answer.
    /// - Parameter run: starts the translation.
    func translate(
        _ packet: PacketRef, _ layout: PacketLayout, now: UInt64, _ run: (Translation) -> Void
    ) -> Int32 {
        if pipeline.pins == 0 { buryMegaflows() }
        if flows.liveCount >= megaflowLimit { removeAllMegaflows() }
        if flows.quarantine.count >= 4096 {
            exactMatches.invalidateAll()
            flows.endQuarantine()
        }
        let translation = translation
        prepare(translation, packet, layout, now: now)
        run(translation)
        translation.wildcards.setExact(.inPort)
        // A packet that is looked up again must not find what was found for it the first time.
        translation.wildcards.setExact(.recirculationID)
        let megaflow = flows.add(actions: translation.actions, credits: translation.credits, now: now)
        _ = megaflows.insert(id: megaflow, key: scratch, mask: &translation.wildcards)
        noteDependencies(of: megaflow, translation)
        // A flow that was learned on the way changes the answer where the table had been asked before.
        endAnswers(before: translation.learnedRules)
        scheduleSweep(now: now)
        return megaflow
    }

    private func prepare(_ translation: Translation, _ packet: PacketRef, _ layout: PacketLayout, now: UInt64) {
        translation.reset()
        translation.key = scratch.pointee
        translation.frame = UnsafeRawBufferPointer(packet.bytes)
        translation.layout = layout
        translation.now = now
    }

    /// Performs what `translate` has answered, which a learned flow may have ended already.
    func performAnswer(
        _ megaflow: Int32, _ packet: PacketRef, _ layout: PacketLayout, isTracked: Bool, now: UInt64
    ) {
        pipeline.pins += 1
        _ = perform(megaflow, packet, layout, isTracked: isTracked, now: now)
        if !flows.flows[Int(megaflow)].isAlive { pay(megaflow) }
        pipeline.pins -= 1
    }

    /// Flows that were learned on the way end the answers of tables that had been asked before, this one's included.
    private func endAnswers(before learned: [LearnedRule]) {
        for rule in learned { changed(bridges[Int(rule.bridge)].table(rule.table), match: rule.match) }
    }

    /// Frees what megaflows that have ended held.
    func buryMegaflows() {
        var gone: [Int32] = []
        repeat {
            // A frozen state's number may be given to another: what was found behind it must go first.
            while let state = gone.popLast() { changed(.frozen(state)) }
        } while flows.bury { actions, credits in
            gone = pipeline.release(actions)
            for credit in credits {
                if case .learned(let number) = credit { _ = pipeline.learnings.release(number) }
            }
        }
    }

    /// One user less of what actions that never became a megaflow refer to.
    func release(_ actions: [DatapathAction]) {
        for state in pipeline.release(actions) { changed(.frozen(state)) }
    }

    func removeAllMegaflows() {
        for index in 0..<flows.used where flows.flows[index].isAlive { remove(megaflow: Int32(index)) }
    }

    // MARK: Recirculation

    /// The packet goes on with a frozen state when its megaflow is done: the way of a hundred bridges that each stop is a
    /// loop and no recursion.
    @inline(never)
    func setTail(_ state: Performance, _ number: Int32) {
        pipeline.tail = state
        pipeline.tailState = number
    }

    /// Goes on with the packet of `setTail`, if there is one, to its end.
    @inline(never)
    func goOn(now: UInt64) {
        var rounds = 0
        while let state = pipeline.tail {
            pipeline.tail = nil
            rounds += 1
            guard rounds <= Self.recirculationLimit else { return discard(state.packet, .tooDeep) }
            lookUpAgain(state, pipeline.tailState, now: now)
        }
    }

    /// A copy of the packet goes on at once, before what the megaflow says next.
    @inline(never)
    func recirculateCopy(_ state: inout Performance, _ number: Int32, now: UInt64) {
        guard pipeline.pins < Self.nestingLimit else {
            drops[Int(DropReason.tooDeep.rawValue)] &+= 1
            return
        }
        let connection = pipeline.connection.pointee
        pipeline.pins += 1
        state.packet.pointee.references &+= 1
        lookUpAgain(state, number, now: now)
        goOn(now: now)
        pipeline.pins -= 1
        pipeline.connection.pointee = connection
        state.hash = 0
    }

    /// How often one packet may be looked up again, one behind the other and one within the other.
    private static var recirculationLimit: Int { 4096 }
    private static var nestingLimit: Int { 64 }

    private func lookUpAgain(_ state: Performance, _ number: Int32, now: UInt64) {
        let packet = state.packet
        guard let frozen = pipeline.frozen.find(number) else { return discard(packet, .tooDeep) }
        let port = frozen.context.port?.index ?? -1
        let layout = extract(
            frame: UnsafeRawBufferPointer(packet.bytes), inPort: UInt32(bitPattern: port), into: scratch)
        if state.hash > 0 {
            let hash = pipeline.hashes[state.hash].hash(scratch.pointee)
            // The bit above says that there is a hash.
            scratch.pointee[word: FlowKey.hashWord] = 1 << 32 | UInt64(hash & state.hashMask)
        }
        scratch.pointee.set(.recirculationID, UInt64(number))
        if state.isTracked { pipeline.connection.pointee.store(into: &scratch.pointee) }
        let hash = scratch.exactHash(seed: hashSeed)
        var megaflow = exactMatches.lookup(scratch, hash: hash)
        if megaflow >= 0 && flows.flows[Int(megaflow)].isAlive {
            exactMatchHits &+= 1
        } else {
            megaflow = megaflows.lookup(scratch)
            if megaflow >= 0 {
                megaflowHits &+= 1
                exactMatches.insert(scratch, hash: hash, payload: megaflow)
            } else {
                misses &+= 1
                pipeline.pins += 1
                megaflow = translate(packet, layout, now: now) {
                    $0.note(.frozen(number))
                    $0.run(frozen)
                }
                pipeline.pins -= 1
                performAnswer(megaflow, packet, layout, isTracked: state.isTracked, now: now)
                return
            }
        }
        _ = perform(megaflow, packet, layout, isTracked: state.isTracked, now: now)
    }

    // MARK: Once

    /// Does a controller's actions to a packet. Takes the packet over.
    /// - Parameters:
    ///   - inPort: the port that it counts as received on, which need not be one of the bridge's.
    ///   - fields: pipeline fields that come with it.
    func perform(
        _ list: [Action], _ packet: PacketRef, bridge: Int32, inPort: UInt32, fields: Match? = nil, now: UInt64
    ) {
        let owner = bridges[Int(bridge)]
        let port = owner.ports[inPort].map { ports[Int($0)] }
        let layout = extract(frame: UnsafeRawBufferPointer(packet.bytes), inPort: inPort, into: scratch)
        if let fields { takeFields(fields) }
        scratch.pointee.set(.inPort, UInt64(inPort))
        let options = fields.map { owner.tunnelOptions.options(of: $0) } ?? []
        performOnce(packet, layout, now: now) {
            $0.takeOptions(options)
            $0.run(list, bridge: owner, port: port)
        }
    }

    /// Puts pipeline fields into the key in `scratch`.
    private func takeFields(_ fields: Match) {
        for word in 0..<32 where fields.key[word: word] != 0 { scratch.pointee[word: word] = fields.key[word: word] }
        scratch.pointee.set(.recirculationID, 0)
    }

    /// Lets a packet go on that a controller was asked about (`ControllerOutput.pause`). Takes the packet over.
    /// - Parameters:
    ///   - continuation: of the packet-in.
    ///   - fields: the pipeline fields as the controller gives them back.
    /// - Returns: whether the continuation was known; otherwise the packet is dropped.
    func perform(continuation: UInt64, _ packet: PacketRef, fields: Match, now: UInt64) -> Bool {
        guard let frozen = pipeline.continuations[continuation],
            bridges[Int(frozen.context.bridge.index)] === frozen.context.bridge
        else {
            discard(packet, .tooDeep)
            return false
        }
        let layout = extract(frame: UnsafeRawBufferPointer(packet.bytes), inPort: 0, into: scratch)
        takeFields(fields)
        // What the controller has changed counts.
        let state = FrozenState(
            metadata: scratch.pointee, options: frozen.context.bridge.tunnelOptions.options(of: fields),
            context: frozen.context, notedQueue: 0, steps: frozen.steps)
        performOnce(packet, layout, now: now) { $0.run(state) }
        return true
    }

    private func performOnce(_ packet: PacketRef, _ layout: PacketLayout, now: UInt64, _ run: (Translation) -> Void) {
        if pipeline.pins == 0 { buryMegaflows() }
        let isTracked = scratch.pointee.value(.ctState) != 0
        if isTracked { pipeline.connection.pointee = PacketConnection(of: scratch.pointee) }
        let translation = translation
        prepare(translation, packet, layout, now: now)
        run(translation)
        let megaflow = flows.add(actions: translation.actions, credits: translation.credits, now: now)
        endAnswers(before: translation.learnedRules)
        pipeline.pins += 1
        remove(megaflow: megaflow)
        performAnswer(megaflow, packet, layout, isTracked: isTracked, now: now)
        goOn(now: now)
        pipeline.pins -= 1
        if !delivered.isEmpty { runDelivered() }
        if !(arrivals.isEmpty && control.isEmpty) { runArrivals(now: now) }
    }
}
