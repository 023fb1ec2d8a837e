// Stopping a translation where the key says no more (FrozenState.swift).
//
// Design: what is left to do is on Swift's stack. So the stop unwinds it: each level of actions, rules and bridges adds
// its own rest to `freezing` on its way out, and the bridge (or the clone, or the bucket) that is left then makes a
// frozen state of the whole.

extension Translation {
    /// A stop under way.
    struct Freezing {
        var trigger: FreezeTrigger
        var steps: [FrozenStep]
    }

    /// What makes the packet go on.
    enum FreezeTrigger {
        /// It is looked up again at once.
        case recirculation
        /// The same, with the packet's hash in the key.
        case hash(HashDescription, mask: UInt32)
        /// The same, with a bit that says whether the packet is longer.
        case length(UInt16, bit: Subfield)
        /// A controller resumes it (`NXT_RESUME`).
        case controller(ControllerNotice)
    }

    /// Stops the translation: `steps` come first when it goes on.
    func freeze(_ steps: [FrozenStep], for trigger: FreezeTrigger = .recirculation) {
        guard !failed else { return }
        freezing = Freezing(trigger: trigger, steps: steps)
    }

    /// Turns a stop into a frozen state and the action that leads there.
    func finishFreezing() {
        guard let stop = freezing else { return }
        freezing = nil
        guard !failed else { return }
        commit()
        switch stop.trigger {
        case .recirculation:
            let state = keep(freezeState(stop.steps))
            actions.append(.recirculate(state))
            let tracking = tracking(before: actions.count - 1)
            noteStop(state, isKnown: tracking != nil && !hidden, tracking: tracking)
        case .hash(let description, let mask):
            let state = keep(freezeState(stop.steps))
            actions.append(.hash(datapath.pipeline.hashes.intern(description), mask: mask))
            actions.append(.recirculate(state))
            noteStop(state, isKnown: !hidden, hash: (description, mask))
        case .length(let length, let bit):
            write(FieldValue(1), to: bit)
            let longer = keep(freezeState(stop.steps))
            noteStop(longer, isKnown: !hidden)
            write(.zero, to: bit)
            let other = keep(freezeState(stop.steps))
            noteStop(other, isKnown: !hidden)
            actions.append(.checkLength(length, longer: longer, other: other))
        case .controller(var notice):
            notice.continuation = freezeState(stop.steps)
            tell(notice)
        }
    }

    private func freezeState(_ steps: [FrozenStep]) -> FrozenState {
        FrozenState(metadata: key, options: options, context: here, notedQueue: notedQueue, steps: steps)
    }

    private func keep(_ state: FrozenState) -> Int32 {
        datapath.pipeline.frozen.intern(state)
    }

    /// What the tracker does right before the action at `place`.
    private func tracking(before place: Int) -> TrackingDescription? {
        guard place > 0, case .track(let number) = actions[place - 1] else { return nil }
        return datapath.pipeline.trackings[number]
    }

    /// Notes for a trace where the packet goes on.
    private func noteStop(
        _ state: Int32, isKnown: Bool, tracking: TrackingDescription? = nil,
        hash: (description: HashDescription, mask: UInt32)? = nil
    ) {
        guard recorder != nil else { return }
        stops.append(
            TraceStop(
                state: state, key: key, isKnown: isKnown, actions: actions, tracking: tracking, hash: hash))
    }

    /// Does the steps of a frozen state; where one of them stops again, the others are part of what is left.
    func perform(_ steps: [FrozenStep]) {
        for (place, step) in steps.enumerated() {
            if failed || exited { return }
            switch step {
            case .actions(let list, let origin):
                self.origin = origin
                perform(list)
            case .instructions(let instructions, let origin):
                self.origin = origin
                if let table = instructions.goTo, instructions == Instructions(goTo: table), !hidden {
                    lookUp(table: table)
                } else {
                    followRest(instructions)
                }
            case .actionSet:
                performActionSet()
            case .leave(let number):
                leave(by: number)
            }
            if freezing != nil {
                freezing!.steps += steps[(place + 1)...]
                return
            }
        }
    }
}

extension FlowKey {
    /// Some bits of a field, as the low bits of a value.
    subscript(bits: Subfield) -> FieldValue {
        get { (self[bits.field] >> bits.start) & .ones(bits.count) }
        set {
            let mask = FieldValue.ones(bits.count) << bits.start
            self[bits.field] = self[bits.field] & ~mask | (newValue << bits.start) & mask
        }
    }
}
