extension Datum {
    /// Puts in the pairs of `other`; a key that is there keeps its value, or takes the new one where `replacing`.
    mutating func formUnion(_ other: Datum, replacing: Bool = false) {
        if other.keys.count > 8, other.keys.count * 4 > keys.count {
            self = merged(with: other, replacing: replacing)
            return
        }
        for (number, key) in other.keys.enumerated() {
            let index = insertionIndex(of: key)
            if index < keys.count, keys[index] == key {
                if replacing, !other.values.isEmpty { values[index] = other.values[number] }
            } else {
                keys.insert(key, at: index)
                if !other.values.isEmpty { values.insert(other.values[number], at: index) }
            }
        }
    }

    private func merged(with other: Datum, replacing: Bool) -> Datum {
        let isMap = !values.isEmpty || !other.values.isEmpty
        var result = Datum.empty
        result.keys.reserveCapacity(keys.count + other.keys.count)
        walk(self, other) { mine, theirs in
            let takesTheirs = mine == nil || (replacing && theirs != nil)
            result.keys.append(takesTheirs ? other.keys[theirs!] : keys[mine!])
            if isMap { result.values.append(takesTheirs ? other.values[theirs!] : values[mine!]) }
        }
        return result
    }

    /// Takes out the keys of `other`; where `other` is a map, only pairs with the same value.
    mutating func subtract(_ other: Datum) {
        if isEmpty || other.isEmpty { return }
        var kept = Datum.empty
        walk(self, other) { mine, theirs in
            guard let mine else { return }
            if let theirs, other.values.isEmpty || other.values[theirs] == values[mine] { return }
            kept.keys.append(keys[mine])
            if !values.isEmpty { kept.values.append(values[mine]) }
        }
        if kept.keys.count != keys.count { self = kept }
    }

    /// Whether every key of `other` is here; of a map, with the same value.
    func includes(_ other: Datum) -> Bool {
        other.keys.indices.allSatisfy { number in
            guard let index = index(of: other.keys[number]) else { return false }
            return other.values.isEmpty || (index < values.count && values[index] == other.values[number])
        }
    }

    /// Whether no key of `other` is here; of a map, none with the same value.
    func excludes(_ other: Datum) -> Bool {
        other.keys.indices.allSatisfy { number in
            guard let index = index(of: other.keys[number]) else { return true }
            return !other.values.isEmpty && index < values.count && values[index] != other.values[number]
        }
    }

    /// The keys that only `self` has.
    func keys(notIn other: Datum) -> [Atom] {
        var found: [Atom] = []
        walk(self, other) { mine, theirs in
            if let mine, theirs == nil { found.append(keys[mine]) }
        }
        return found
    }

    /// What leads from `old` to this value (ovsdb-server(7), "update2"): of a column with at most one element the new
    /// value; of a set the elements that came or went; of a map also the keys whose values changed, with the new value.
    func difference(from old: Datum, type: ColumnType) -> Datum {
        guard type.isComposite else { return self }
        var result = Datum.empty
        walk(old, self) { before, after in
            if let before, let after {
                if values.isEmpty || old.values[before] == values[after] { return }
                result.keys.append(keys[after])
                result.values.append(values[after])
            } else if let before {
                result.keys.append(old.keys[before])
                if !old.values.isEmpty { result.values.append(old.values[before]) }
            } else if let after {
                result.keys.append(keys[after])
                if !values.isEmpty { result.values.append(values[after]) }
            }
        }
        return result
    }

    /// The value that `difference(from:type:)` was made of.
    func applying(difference: Datum, type: ColumnType) -> Datum {
        guard type.isComposite else { return difference }
        var result = Datum.empty
        walk(self, difference) { mine, change in
            if let mine, let change {
                // The same pair went away; another value replaced it.
                if values.isEmpty || values[mine] == difference.values[change] { return }
                result.keys.append(keys[mine])
                result.values.append(difference.values[change])
            } else if let mine {
                result.keys.append(keys[mine])
                if !values.isEmpty { result.values.append(values[mine]) }
            } else if let change {
                result.keys.append(difference.keys[change])
                if !difference.values.isEmpty { result.values.append(difference.values[change]) }
            }
        }
        return result
    }
}

/// Goes through the keys of two values in order, those in both together.
private func walk(_ a: Datum, _ b: Datum, _ body: (Int?, Int?) -> Void) {
    var i = 0
    var j = 0
    while i < a.keys.count || j < b.keys.count {
        if j == b.keys.count {
            body(i, nil)
            i += 1
        } else if i == a.keys.count {
            body(nil, j)
            j += 1
        } else if a.keys[i] == b.keys[j] {
            body(i, j)
            i += 1
            j += 1
        } else if a.keys[i] < b.keys[j] {
            body(i, nil)
            i += 1
        } else {
            body(nil, j)
            j += 1
        }
    }
}
