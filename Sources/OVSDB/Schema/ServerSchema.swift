extension DatabaseSchema {
    /// The database in which a server describes itself and the databases that it serves, "_Server" (ovsdb-server(5)).
    public static let server = DatabaseSchema(
        "_Server", version: "1.2.0", checksum: "3009684573 744",
        tables: [
            TableSchema(
                "Database", isRoot: true,
                columns("name", type: .string),
                columns("model", type: .one(.one(of: "standalone", "clustered", "relay"))),
                columns("connected", "leader", type: .boolean),
                columns("schema", type: .optional(.string)),
                columns("cid", "sid", type: .optional(.uuid)),
                columns("index", type: .optional(.integer)))
        ])
}
