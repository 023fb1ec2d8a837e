/// One ACPI table: the common header, a body, a checksum (ACPI 6.4, 5.2.6).
struct ACPITable {
    static let headerByteCount = 36
    private(set) var bytes: [UInt8]

    init(_ signature: String, revision: UInt8, body: [UInt8]) {
        precondition(signature.utf8.count == 4)
        bytes = Array(signature.utf8)
        bytes += AML.little(UInt32(Self.headerByteCount + body.count))
        bytes += [revision, 0]
        bytes += Array("ROOKRYROOKERY ".utf8)
        bytes += AML.little(UInt32(1)) + Array("ROOK".utf8) + AML.little(UInt32(1))
        bytes += body
        bytes[9] = Self.checksum(bytes)
    }

    /// What makes the sum of all bytes 0.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt8 { 0 &- bytes.reduce(0, &+) }
}
