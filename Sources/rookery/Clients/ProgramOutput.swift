import Linux

/// What other programs print.
enum ProgramOutput {
    /// Runs a program to its end.
    /// - Returns: everything that it has printed, errors included.
    static func of(_ program: String, _ arguments: [String]) throws -> String {
        let pipe = try Pipe()
        var spawn = Spawn(program, arguments)
        spawn.descriptors = [(pipe.writeEnd.rawValue, 1), (pipe.writeEnd.rawValue, 2)]
        let child = try spawn.start()
        let bytes = try pipe.split { (readEnd, writeEnd) throws(SystemError) -> [UInt8] in
            try writeEnd.close()
            return try readEnd.readAll()
        }
        _ = try child.wait()
        return String(decoding: bytes, as: UTF8.self)
    }
}
