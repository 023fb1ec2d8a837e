import OpenFlow
import Testbed
import Testing

@Suite("Groups and meters as ovs-ofctl sends them")
struct GoldenGroupTests {
    @Test("Read, a group is sent as the same bytes; the bytes are read, and written again the same")
    func groups() throws {
        let groups = try Recording.load("groups.golden")
        #expect(groups.count > 10)
        for group in groups {
            for (versions, words) in group.sent {
                for recorded in versions {
                    let version = try #require(OpenFlowVersion(recorded: recorded))
                    let sent = [version.rawValue] + octets(words[0])
                    let change = try GroupText.parse(group.text)
                    #expect(
                        Message(xid: 2, .groupMod(change)).encode(version: version) == sent,
                        "\(group.text) in \(version)")
                    let read = try Message.decode(sent, version: version)
                    #expect(read.encode(version: version) == sent, "\(group.text) in \(version)")
                }
            }
        }
    }

    @Test("Read, a meter is sent as the same bytes; the bytes are read, and written again the same")
    func meters() throws {
        let meters = try Recording.load("meters.golden")
        #expect(meters.count > 3)
        for meter in meters {
            for (_, words) in meter.sent {
                for version in [OpenFlowVersion.v13, .v14, .v15] {
                    let sent = [version.rawValue] + octets(words[0])
                    let change = try MeterText.parse(meter.text)
                    #expect(
                        Message(xid: 2, .meterMod(change)).encode(version: version) == sent,
                        "\(meter.text) in \(version)")
                    let read = try Message.decode(sent, version: version)
                    #expect(read.encode(version: version) == sent, "\(meter.text) in \(version)")
                }
            }
        }
    }
}
