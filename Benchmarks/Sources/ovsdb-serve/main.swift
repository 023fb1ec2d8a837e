import Glibc
import OVSDB

func complain(_ text: String) { _ = text.withCString { write(2, $0, strlen($0)) } }

// ovsdb-serve FILE SOCKET: serves the database in FILE (made when it is not there) at SOCKET until it is killed.

guard CommandLine.arguments.count == 3 else {
    complain("usage: ovsdb-serve FILE SOCKET\n")
    exit(2)
}
do {
    let database = try Database(path: CommandLine.arguments[1], schema: .openVSwitch) { repair in
        print("cut off \(repair.discardedByteCount) bytes: \(repair.reason)")
    }
    let loop = try UnixLoop(OVSDBServer(databases: [database]), path: CommandLine.arguments[2])
    loop.run()
} catch {
    complain("ovsdb-serve: \(error)\n")
    exit(1)
}
