/// The names that a transaction gives to rows which it inserts ("uuid-name"), so that its other operations can refer to
/// them ("named-uuid"), before or after.
final class RowNames {
    private var uuids: [String: UUID] = [:]
    /// The names whose rows are inserted.
    private(set) var inserted: Set<String> = []

    /// The row of that name.
    func uuid(_ name: String) -> UUID {
        if let uuid = uuids[name] { return uuid }
        let uuid = UUID.random()
        uuids[name] = uuid
        return uuid
    }

    /// Names a row that is inserted now.
    /// - Parameter uuid: what the client wants it to be.
    func insert(_ name: String, _ uuid: UUID?) -> UUID {
        if let uuid { uuids[name] = uuid }
        inserted.insert(name)
        return self.uuid(name)
    }
}
