// The options of a packet's tunnel (TunnelOption.swift) in the pipeline.
//
// Design: the key says which the packet has (`FlowKey.optionWord`), and, in bits that no field has, which of the
// translation's lists they are. So they follow the key wherever it is put aside and put back: branches, groups, bridges.

extension FlowKey {
    /// The list of options that the packet has, from 1; 0: none.
    fileprivate(set) var optionList: Int {
        get { Int(self[word: 30] >> 48) }
        set { self[word: 30] = self[word: 30] & 0xffff_ffff_ffff | UInt64(newValue) << 48 }
    }

    /// The key without the translation's own mark.
    var withoutOptionList: FlowKey {
        var result = self
        result.optionList = 0
        return result
    }
}

extension Translation {
    /// What the packet has, in the order of the options' numbers, each in as many bytes as its bridge has for it.
    var options: [TunnelOption] {
        get {
            let list = key.optionList
            return list > 0 && list <= optionLists.count ? optionLists[list - 1] : []
        }
        set {
            key[word: FlowKey.optionWord] = newValue.reduce(0) { $0 | 1 << UInt64($1.index) }
            guard !newValue.isEmpty else {
                key.optionList = 0
                return
            }
            if let present = optionLists.firstIndex(of: newValue) {
                key.optionList = present + 1
            } else if optionLists.count < 0xffff {
                optionLists.append(newValue)
                key.optionList = optionLists.count
            } else {
                fail(.tooManyResubmits, "over 65535 changes of tunnel options")
            }
        }
    }

    /// Gives a packet that comes from outside its options.
    func takeOptions(_ present: [TunnelOption]) {
        if !present.isEmpty || key[word: FlowKey.optionWord] != 0 { options = present }
    }

    /// Writes to an option, which the packet has from then on. What the bridge has no option for stays as it is.
    func setTunnelOption(_ setting: TunnelOption) {
        guard let byteCount = here.bridge.tunnelOptions.byteCount(setting.index) else { return }
        var list = options
        let place = list.firstIndex { $0.index >= setting.index } ?? list.endIndex
        if place < list.endIndex, list[place].index == setting.index {
            list[place] = list[place].applying(setting)
        } else {
            let zeros = TunnelOption(index: setting.index, value: []).fitted(to: byteCount)
            list.insert(zeros.applying(setting), at: place)
        }
        options = list
    }

    func deleteOption(_ index: Int) {
        if key[word: FlowKey.optionWord] >> UInt64(index) & 1 != 0 { options.removeAll { $0.index == index } }
    }

    /// Bits of an option; zeros where the packet does not have it.
    func readOption(_ index: Int, _ bits: Subfield) -> FieldValue {
        wildcards.setExact(bits.field)
        return options.first { $0.index == index }?.bits(bits.start, min(bits.count, 128)) ?? .zero
    }

    /// Copies more bits than a value has: options are longer than other fields.
    func moveOptionBits(from source: Subfield, to target: Subfield) {
        var values: [FieldValue] = []
        func part(_ bits: Subfield, _ offset: Int) -> Subfield {
            Subfield(bits.field, start: bits.start + offset, count: min(128, bits.count - offset))
        }
        for offset in stride(from: 0, to: source.count, by: 128) { values.append(read(part(source, offset)) ?? .zero) }
        for (place, value) in values.enumerated() { write(value, to: part(target, 128 * place)) }
    }
}

extension Match {
    /// Asks for bits of a field besides what it asks already.
    mutating func add(_ value: FieldValue, _ bits: Subfield) {
        let mask = FieldValue.ones(bits.count) << bits.start
        guard let index = bits.field.tunnelOption else {
            set(
                bits.field, key[bits.field] & ~mask | value << bits.start & mask, mask: self.mask[bits.field] | mask)
            return
        }
        let added = TunnelOption(index: index, value, start: bits.start, count: bits.count)
        set(option(index)?.united(with: added) ?? added)
    }
}
