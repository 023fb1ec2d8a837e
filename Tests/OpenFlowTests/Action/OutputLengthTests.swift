import OpenFlow
import Switch
import Testing

/// `max_len` of outputs that are not for the controller: it means nothing, and statistics must give it back.
struct OutputLengthTests {
    /// To port 2 and to NORMAL, `max_len` 0xffe5, as each version's bytes.
    private static func outputs(_ version: OpenFlowVersion) -> [UInt8] {
        version == .v10
            ? [0, 0, 0, 8, 0, 2, 0xff, 0xe5, 0, 0, 0, 8, 0xff, 0xfa, 0xff, 0xe5]
            : [0, 0, 0, 16, 0, 0, 0, 2, 0xff, 0xe5, 0, 0, 0, 0, 0, 0]
                + [0, 0, 0, 16, 0xff, 0xff, 0xff, 0xfa, 0xff, 0xe5, 0, 0, 0, 0, 0, 0]
    }

    @Test(arguments: OpenFlowVersion.allCases) func comesBackAsItWasSent(version: OpenFlowVersion) throws {
        let bytes = Self.outputs(version)
        let actions = try bytes.withUnsafeBytes { raw in
            var reader = WireReader(raw)
            return try ActionCodec.decode(&reader, version: version)
        }
        #expect(actions == [.output(2, maxLength: 0xffe5), .output(PortNumber.normal, maxLength: 0xffe5)])
        var writer = WireWriter()
        ActionCodec.encode(actions, version: version, into: &writer)
        #expect(writer.bytes == bytes)
    }

    @Test func textShowsThePortAlone() {
        #expect([Action.output(2, maxLength: 0xffe5)].map(\.description) == ["output:2"])
    }
}
