import OpenFlow
import Testbed
import Testing

@Suite("Messages of ovs-ofctl and ovs-vswitchd, byte for byte")
struct GoldenMessageTests {
    @Test("The files are there")
    func filesAreThere() {
        for version in OpenFlowVersion.allCases {
            #expect(GoldenMessage.all.filter { $0.version == version }.count > 80)
        }
    }

    @Test("Decoded and encoded again, they are the same bytes", arguments: OpenFlowVersion.allCases)
    func roundTrip(version: OpenFlowVersion) throws {
        let messages = GoldenMessage.all.filter { $0.version == version }
        for (index, golden) in messages.enumerated() {
            do throws(OpenFlowError) {
                let message = try Message.decode(golden.bytes, version: version, hasTableID: golden.hasTableID)
                // Open vSwitch describes the flows of OpenFlow 1.1 with OpenFlow 1.2's match.
                if version == .v11, message.isFlowReply { continue }
                let encoded = message.encode(version: version, hasTableID: golden.hasTableID)
                if encoded != golden.bytes {
                    Issue.record("\(golden)\n was \(hexadecimal(golden.bytes))\n  is \(hexadecimal(encoded))")
                }
            } catch {
                // What is wrong must be refused with the error of Open vSwitch's answer.
                let next = index + 1 < messages.count ? messages[index + 1] : golden
                let answer = Message(xid: golden.xid, .error(Message.ErrorReport(error, data: golden.bytes)))
                guard golden.direction == .toSwitch, answer.encode(version: version) == next.bytes else {
                    Issue.record("\(golden): \(error)")
                    continue
                }
            }
        }
    }
}

extension Message {
    fileprivate var isFlowReply: Bool {
        if case .multipartReply(let reply) = body, case .flows = reply.body { return true }
        return false
    }
}
