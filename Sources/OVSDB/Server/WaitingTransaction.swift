/// A client's transaction whose "wait" does not hold yet.
struct WaitingTransaction {
    let id: JSONValue
    let database: Database
    let parameters: [JSONValue]
    /// When the request came, in nanoseconds.
    let created: UInt64
    /// Milliseconds after which it fails; nil for never.
    var timeout: Int64?
    /// The state of the database that it was tried on.
    var triedOn: UUID
    let byteCount: Int

    var deadline: UInt64? {
        timeout.flatMap { milliseconds in
            let (span, overflow) = UInt64(milliseconds).multipliedReportingOverflow(by: 1_000_000)
            let (end, overflowToo) = created.addingReportingOverflow(span)
            return overflow || overflowToo ? nil : end
        }
    }

    func isDue(_ now: UInt64) -> Bool { database.lastCommit != triedOn || deadline.map { now >= $0 } ?? false }
}
