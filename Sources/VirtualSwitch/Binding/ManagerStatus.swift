import OVSDB
import Streams

/// How a manager's connection is, for the Manager table.
struct ManagerStatus {
    var isConnected: Bool
    /// `state`, `sec_since_connect`, `last_error` …
    var words: [String: String]
}

extension SwitchBinding {
    /// Brings the Manager table up to date.
    func writeManagers(_ status: (Endpoint) -> ManagerStatus?) {
        guard let root = database.rows("Open_vSwitch").first else { return }
        let rows = root["manager_options"].uuids.compactMap { database.row("Manager", $0) }
        guard !rows.isEmpty else { return }
        write { transaction in
            for row in rows {
                let found = Endpoint(row["target"].string ?? "", defaultPort: 6640).flatMap { status($0) }
                let state =
                    found ?? ManagerStatus(isConnected: false, words: ["last_error": "the target is no endpoint"])
                try transaction.update(
                    "Manager", row.uuid, ["is_connected": .boolean(state.isConnected), "status": .map(state.words)])
            }
        }
    }
}
