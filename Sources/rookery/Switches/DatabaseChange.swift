import ArgumentParser
import OVSDB

/// How a change of the configuration is made.
struct ChangeOptions: ParsableArguments {
    @Flag(help: "Return before the switch has put the change into effect.") var noWait = false
    @Option(help: ArgumentHelp("How long to wait for that.", valueName: "seconds")) var timeout = 10.0

    func validate() throws {
        if !(timeout > 0 && timeout < 1e9) { throw ValidationError("--timeout takes seconds, more than 0") }
    }

    /// Makes the change, and says so where the switch has not taken it in time.
    @discardableResult
    func apply(_ operations: [JSONValue], to database: DatabaseClient) throws -> [JSONValue] {
        let outcome = try database.change(operations, patience: noWait ? nil : UInt64(timeout * 1e9))
        if !outcome.isInEffect {
            throw CommandError(
                "the database has the change, but no switch has put it into effect within \(Readable.short(timeout)) s",
                remedy: "is rookery-switchd (or ovs-vswitchd) running?")
        }
        return outcome.results
    }
}
