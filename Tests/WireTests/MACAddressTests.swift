import Testing
import Wire

@Suite struct MACAddressTests {
    @Test func textBothWays() throws {
        let address = try #require(MACAddress("02:Aa:bb:cc:0d:0e"))
        #expect(address.rawValue == 0x02aa_bbcc_0d0e)
        #expect(address.description == "02:aa:bb:cc:0d:0e")
        #expect(MACAddress("02-aa-bb-cc-0d-0e") == address)
    }

    @Test(arguments: [
        "", "02:aa:bb:cc:0d", "02:aa:bb:cc:0d:0e:", "02:aa:bb:cc:0d:0e:0f", "2:aa:bb:cc:0d:0e", "02:aa:bb:cc:0d:0g",
        "02:aa-bb:cc:0d:0e", "02aabbcc0d0e", ":02:aa:bb:cc:0d:0", "02:aa:bb:cc:0d:0e ", "０2:aa:bb:cc:0d:0e",
    ])
    func refusesOtherText(text: String) {
        #expect(MACAddress(text) == nil)
    }

    @Test func wireBothWays() {
        let bytes: [UInt8] = [0x55, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66]
        let address = bytes.withUnsafeBytes { MACAddress(reading: $0.baseAddress! + 1) }
        #expect(address == MACAddress(0x02, 0x11, 0x22, 0x33, 0x44, 0x55))
        #expect(address.bytes == Array(bytes[1..<7]))
        var out = [UInt8](repeating: 0xa5, count: 8)
        out.withUnsafeMutableBytes { address.write(to: $0.baseAddress! + 1) }
        #expect(out == [0xa5, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0xa5])
    }

    @Test func kinds() {
        #expect(MACAddress.broadcast.isMulticast && MACAddress.broadcast.isBroadcast)
        #expect(MACAddress.bridgeGroup.isReservedBridgeGroup && MACAddress.nearestBridge.isReservedBridgeGroup)
        #expect(!MACAddress(rawValue: 0x0180_c200_0010).isReservedBridgeGroup)
        #expect(MACAddress(rawValue: 0x0200_0000_0001).isLocallyAdministered)
        #expect(!MACAddress(rawValue: 0x0200_0000_0001).isMulticast)
        #expect(MACAddress(rawValue: .max) == .broadcast)
    }
}
