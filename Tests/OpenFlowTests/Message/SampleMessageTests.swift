import OpenFlow
import Testbed
import Testing

@Suite("A message of every kind")
struct SampleMessageTests {
    @Test("In the versions that have it, it is written, read, and written again the same; in others it is nothing")
    func roundTrip() throws {
        for sample in SampleMessage.all {
            for version in OpenFlowVersion.allCases {
                let bytes = sample.message.encode(version: version)
                if !sample.versions.contains(version) { continue }
                #expect(!bytes.isEmpty, "\(sample.name) in \(version)")
                do {
                    let message = try Message.decode(bytes, version: version)
                    #expect(message.encode(version: version) == bytes, "\(sample.name) in \(version)")
                } catch { Issue.record("\(sample.name) in \(version): \(error) \(hexadecimal(bytes))") }
            }
        }
    }

    @Test("ovs-ofctl prints it as it is meant", .enabled(if: ReferenceTool.isThere, ReferenceTool.absence))
    func printing() throws {
        var messages: [(sample: SampleMessage, version: OpenFlowVersion)] = []
        for sample in SampleMessage.all where sample.prints != nil {
            for version in OpenFlowVersion.allCases where sample.versions.contains(version) {
                messages.append((sample, version))
            }
        }
        let printed = try ReferenceTool.print(
            messages.enumerated().map { index, item in
                // The number that it is printed with, and a message inside has too.
                var message = item.sample.message
                message.xid = UInt32(index + 1)
                if case .bundleAdd(var add) = message.body {
                    add.message.xid = message.xid
                    message.body = .bundleAdd(add)
                }
                return message.encode(version: item.version)
            })
        for ((sample, version), text) in zip(messages, printed) {
            let missing = (sample.prints ?? []).filter { !text.contains($0) }
            if !missing.isEmpty || text.contains("***") {
                Issue.record("\(sample.name) in \(version): no \(missing) in\n\(text)")
            }
        }
    }
}
