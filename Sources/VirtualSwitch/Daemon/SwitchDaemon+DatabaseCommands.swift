import Linux
import OVSDB
import Streams

// The commands of ovsdb-server.

extension SwitchDaemon {
    func addDatabaseCommands(_ commands: ControlCommands) {
        commands.add("ovsdb-server/list-dbs") { [unowned self] _ in
            .text(server.databases.keys.sorted().joined(separator: "\n"))
        }
        commands.add("ovsdb-server/compact", usage: "[db]", arguments: 0...1) { [unowned self] arguments in
            if let name = arguments.first, name != database.schema.name { return .failure("no database by that name") }
            do throws(OVSDBError) {
                try database.compact()
                return .text("")
            } catch {
                return .failure("\(error)")
            }
        }
        commands.add("ovsdb-server/list-remotes") { [unowned self] _ in
            .text(remoteNames.sorted().joined(separator: "\n"))
        }
        commands.add("ovsdb-server/add-remote", usage: "REMOTE", arguments: 1...1) { [unowned self] arguments in
            addRemote(arguments[0])
        }
        commands.add("ovsdb-server/remove-remote", usage: "REMOTE", arguments: 1...1) { [unowned self] arguments in
            removeRemote(arguments[0]) ? .text("") : .failure("no such remote")
        }
        commands.add("ovsdb-server/reconnect") { [unowned self] _ in
            sockets.reconnect()
            return .text("")
        }
        commands.add("ovsdb-server/sync-status") { _ in .text("state: active") }
        for name in ["get-active-ovsdb-server", "get-sync-exclude-tables"] {
            commands.add("ovsdb-server/\(name)") { _ in .text("") }
        }
        commands.add("ovsdb-server/get-db-storage-status", usage: "DB", arguments: 1...1) { [unowned self] arguments in
            arguments[0] == database.schema.name ? .text("status: ok") : .failure("no such database")
        }
        commands.add("ovsdb-server/add-db", usage: "DB", arguments: 1...1) { arguments in
            .failure("\(arguments[0]): this server has one database, and it is there from the start")
        }
        commands.add("ovsdb-server/remove-db", usage: "DB", arguments: 1...1) { [unowned self] arguments in
            arguments[0] == database.schema.name
                ? .failure("\(arguments[0]): the switch needs it") : .failure("Failed to find the database.")
        }
        commands.add("memory/show") { [unowned self] _ in
            var cells = 0
            for table in database.schema.tables {
                cells += database.rows(table.name).count * (table.columns.count + 1)
            }
            let sessions = sockets.sessionCount
            return .text("cells:\(cells)" + (sessions > 0 ? " sessions:\(sessions)" : ""))
        }
    }
}
