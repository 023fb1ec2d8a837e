/// Values that megaflows refer to by number, since a megaflow's actions hold no references: equal values share a number,
/// and a value goes with the last of its users. Numbers start at 1.
struct SharedTable<Value: Hashable> {
    private struct Entry {
        var value: Value?
        var users: Int32
    }

    private var entries: [Entry] = [Entry(value: nil, users: 0)]
    private var numbers: [Value: Int32] = [:]
    private var free: [Int32] = []

    /// Values in the table.
    var count: Int { numbers.count }

    /// The value under a number that is in use.
    subscript(number: Int32) -> Value { entries[Int(number)].value! }

    /// The value under a number, or nil where nobody uses it any more.
    func find(_ number: Int32) -> Value? {
        number > 0 && Int(number) < entries.count ? entries[Int(number)].value : nil
    }

    /// The number of `value`, with one user more.
    mutating func intern(_ value: Value) -> Int32 {
        if let number = numbers[value] {
            entries[Int(number)].users += 1
            return number
        }
        let number: Int32
        if let last = free.popLast() {
            number = last
            entries[Int(number)] = Entry(value: value, users: 1)
        } else {
            number = Int32(entries.count)
            entries.append(Entry(value: value, users: 1))
        }
        numbers[value] = number
        return number
    }

    /// One user less.
    /// - Returns: whether it was the last; the number may then be given out again.
    mutating func release(_ number: Int32) -> Bool {
        entries[Int(number)].users -= 1
        guard entries[Int(number)].users == 0, let value = entries[Int(number)].value else { return false }
        numbers[value] = nil
        entries[Int(number)].value = nil
        free.append(number)
        return true
    }
}
