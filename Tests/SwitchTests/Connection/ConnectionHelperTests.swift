import Testing
import Wire

@testable import Switch

/// FTP and TFTP through translation: what is said, the numbers behind it, and the connections that follow.
@Suite struct ConnectionHelperTests {
    typealias Flag = TCPHeader.Flag

    /// A control connection from a client at 10.0.0.1 to a server at 10.9.9.9, or fd00::1 and fd00::9.
    struct Control {
        let harness = ConnectionHarness()
        let isIPv6: Bool
        let request: ConnectionRequest
        let back = ConnectionRequest(commit: true, translation: AddressTranslation(), helper: .ftp)
        /// Addresses as client and server see each other and themselves.
        var client: String { isIPv6 ? "fd00::1" : "10.0.0.1" }
        var shownServer: String
        var shownClient: String
        var server: String

        init(isIPv6: Bool = false, destination: Bool = false) {
            self.isIPv6 = isIPv6
            let address = isIPv6 ? FieldValue(high: 0x2001_0db8 << 32, low: 1) : FieldValue(0xc000_0201 as UInt32)
            let server = isIPv6 ? FieldValue(high: 0xfd00 << 48, low: 9) : FieldValue(0x0a09_0909 as UInt32)
            let to = destination ? server : address
            self.server = isIPv6 ? "fd00::9" : "10.9.9.9"
            let name = isIPv6 ? "2001:db8::1" : "192.0.2.1"
            shownServer = destination ? name : self.server
            shownClient = destination ? (isIPv6 ? "fd00::1" : "10.0.0.1") : name
            request = ConnectionRequest(
                commit: true,
                translation: AddressTranslation(
                    direction: destination ? .destination : .source,
                    addresses: isIPv6
                        ? .ipv6(first: to, last: to)
                        : .ipv4(first: UInt32(to.low), last: UInt32(to.low))),
                helper: .ftp)
            _ = fromClient(Flag.syn, 1000)
            _ = fromServer(Flag.syn | Flag.ack, 5000, 1001)
            _ = fromClient(Flag.ack, 1001, 5001)
        }

        func fromClient(
            _ flags: UInt16, _ sequence: UInt32, _ acknowledgment: UInt32 = 0, _ text: String = "",
            options: [UInt8] = []
        ) -> ConnectionHarness.Outcome {
            harness.send(
                ConnectionFrames.tcp(
                    client, shownServer, (4000, 21), flags, sequence, acknowledgment, text, options: options), request)
        }

        func fromServer(
            _ flags: UInt16, _ sequence: UInt32, _ acknowledgment: UInt32, _ text: String = "", options: [UInt8] = []
        ) -> ConnectionHarness.Outcome {
            harness.send(
                ConnectionFrames.tcp(
                    server, shownClient, (21, 4000), flags, sequence, acknowledgment, text, options: options), back)
        }

        /// The client's frame as the server is to see it, and the other way round.
        func seenByServer(
            _ flags: UInt16, _ sequence: UInt32, _ acknowledgment: UInt32, _ text: String = "", options: [UInt8] = []
        ) -> [UInt8] {
            ConnectionFrames.tcp(
                shownClient, server, (4000, 21), flags, sequence, acknowledgment, text, options: options)
        }

        func seenByClient(
            _ flags: UInt16, _ sequence: UInt32, _ acknowledgment: UInt32, _ text: String = "", options: [UInt8] = []
        ) -> [UInt8] {
            ConnectionFrames.tcp(
                shownServer, client, (21, 4000), flags, sequence, acknowledgment, text, options: options)
        }
    }

    let push = Flag.psh | Flag.ack

    @Test func activeThroughSourceTranslation() {
        let control = Control()
        let said = "PORT 10,0,0,1,4,1\r\n"
        let heard = "PORT 192,0,2,1,4,1\r\n"
        let port = control.fromClient(push, 1001, 5001, said)
        #expect(port.frame == control.seenByServer(push, 1001, 5001, heard))
        // The server acknowledges what it has heard; the client hears what it has said.
        let end = UInt32(1001 + heard.count)
        #expect(
            control.fromServer(Flag.ack, 5001, end).frame == control.seenByClient(Flag.ack, 5001, end - 1))
        // The client says it again, since the answer was lost: it is changed again, and once.
        #expect(control.fromClient(push, 1001, 5001, said).frame == port.frame)
        let list = control.fromClient(push, end - 1, 5001, "LIST\r\n")
        #expect(list.state.contains(.established))
        #expect(list.frame == control.seenByServer(push, end, 5001, "LIST\r\n"))
        // Selective acknowledgments count likewise, at odd offsets too.
        let lost: [UInt8] = [1, 5, 10] + Self.big(end + 6) + Self.big(end + 20) + [1, 1, 1]
        let told: [UInt8] = [1, 5, 10] + Self.big(end + 5) + Self.big(end + 19) + [1, 1, 1]
        #expect(
            control.fromServer(Flag.ack, 5001, end + 6, options: lost).frame
                == control.seenByClient(Flag.ack, 5001, end + 5, options: told))
        // The data connection: from port 20, to where the server was told to.
        let data = control.harness.send(
            ConnectionFrames.tcp("10.9.9.9", "192.0.2.1", (20, 1025), Flag.syn, 1), control.back)
        #expect(data.state == [.new, .related, .tracked, .destinationTranslated])
        #expect(data.frame == ConnectionFrames.tcp("10.9.9.9", "10.0.0.1", (20, 1025), Flag.syn, 1))
        #expect(data.metadata.original.destinationPort == 21)
        let answer = control.harness.send(
            ConnectionFrames.tcp("10.0.0.1", "10.9.9.9", (1025, 20), Flag.syn | Flag.ack, 7, 2), control.request)
        #expect(answer.state == [.established, .related, .reply, .tracked, .sourceTranslated])
        #expect(answer.frame == ConnectionFrames.tcp("192.0.2.1", "10.9.9.9", (1025, 20), Flag.syn | Flag.ack, 7, 2))
    }

    static func big(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * $0)) }
    }

    @Test func passiveThroughDestinationTranslation() {
        let control = Control(destination: true)
        let said = "227 Entering Passive Mode (10,9,9,9,4,2).\r\n"
        let heard = "227 Entering Passive Mode (192,0,2,1,4,2).\r\n"
        let passive = control.fromServer(push, 5001, 1001, said)
        #expect(passive.frame == control.seenByClient(push, 5001, 1001, heard))
        let end = UInt32(5001 + heard.count)
        #expect(
            control.fromClient(Flag.ack, 1001, end).frame == control.seenByServer(Flag.ack, 1001, end - 1))
        #expect(
            control.fromServer(push, end - 1, 1001, "150\r\n").frame == control.seenByClient(push, end, 1001, "150\r\n")
        )
        let data = control.harness.send(
            ConnectionFrames.tcp("10.0.0.1", "192.0.2.1", (4001, 1026), Flag.syn, 1), control.request)
        #expect(data.state == [.new, .related, .tracked, .destinationTranslated])
        #expect(data.frame == ConnectionFrames.tcp("10.0.0.1", "10.9.9.9", (4001, 1026), Flag.syn, 1))
    }

    @Test func passiveThroughSourceTranslation() {
        let control = Control()
        let said = "227 Entering Passive Mode (10,9,9,9,4,2).\r\n"
        #expect(control.fromServer(push, 5001, 1001, said).frame == control.seenByClient(push, 5001, 1001, said))
        let data = control.harness.send(
            ConnectionFrames.tcp("10.0.0.1", "10.9.9.9", (4001, 1026), Flag.syn, 1), control.request)
        #expect(data.state == [.new, .related, .tracked, .sourceTranslated])
        #expect(data.frame == ConnectionFrames.tcp("192.0.2.1", "10.9.9.9", (4001, 1026), Flag.syn, 1))
    }

    @Test func extendedCommands() {
        let six = Control(isIPv6: true)
        #expect(
            six.fromClient(push, 1001, 5001, "EPRT |2|fd00::1|1025|\r\n").frame
                == six.seenByServer(push, 1001, 5001, "EPRT |2|2001:db8::1|1025|\r\n"))
        let data = six.harness.send(
            ConnectionFrames.tcp("fd00::9", "2001:db8::1", (20, 1025), Flag.syn, 1), six.back)
        #expect(data.frame == ConnectionFrames.tcp("fd00::9", "fd00::1", (20, 1025), Flag.syn, 1))
        let four = Control()
        #expect(
            four.fromClient(push, 1001, 5001, "eprt |1|10.0.0.1|1025|\r\n").frame
                == four.seenByServer(push, 1001, 5001, "eprt |1|192.0.2.1|1025|\r\n"))
        let passive = "229 Entering Extended Passive Mode (|||1026|)\r\n"
        #expect(four.fromServer(push, 5001, 1001, passive).frame == four.seenByClient(push, 5001, 1001, passive))
        let next = four.harness.send(
            ConnectionFrames.tcp("10.0.0.1", "10.9.9.9", (4001, 1026), Flag.syn, 1), four.request)
        #expect(next.state.contains(.related))
    }

    /// The translated address may have the announced port taken: then the server is told another.
    @Test func portTakenByAnotherClient() {
        let control = Control()
        let other = ConnectionFrames.tcp("10.0.0.2", "10.9.9.9", (4001, 21), Flag.syn, 1)
        _ = control.harness.send(other, control.request)
        _ = control.harness.send(
            ConnectionFrames.tcp("10.9.9.9", "192.0.2.1", (21, 4001), Flag.syn | Flag.ack, 1, 2), control.back)
        _ = control.fromClient(push, 1001, 5001, "PORT 10,0,0,1,4,1\r\n")
        let said = control.harness.send(
            ConnectionFrames.tcp("10.0.0.2", "10.9.9.9", (4001, 21), push, 2, 2, "PORT 10,0,0,2,4,1\r\n"),
            control.request)
        #expect(
            said.frame
                == ConnectionFrames.tcp("192.0.2.1", "10.9.9.9", (4001, 21), push, 2, 2, "PORT 192,0,2,1,4,2\r\n"))
        let data = control.harness.send(
            ConnectionFrames.tcp("10.9.9.9", "192.0.2.1", (20, 1026), Flag.syn, 1), control.back)
        #expect(data.frame == ConnectionFrames.tcp("10.9.9.9", "10.0.0.2", (20, 1025), Flag.syn, 1))
    }

    @Test(arguments: [
        "PORT 10,0,0,7,4,1\r\n", "PORT 10,0,0,1,4\r\n", "PORT 10,0,0,256,4,1\r\n", "PORT 10,0,0,1,0,0\r\n",
        "EPRT |2|fd00::1|1025|\r\n", "EPRT |1|10.0.0.1|65536|\r\n", "EPRT |3|10.0.0.1|1|\r\n", "PORT \r\n", "EPRT ",
    ])
    func refuses(_ text: String) {
        let control = Control()
        let outcome = control.fromClient(push, 1001, 5001, text)
        #expect(outcome.state.contains(.invalid))
        #expect(control.harness.tracker.announcements.isEmpty)
        #expect(control.harness.tracker.announced.isEmpty)
        #expect(control.harness.tracker.statistics.invalidMessages == 1)
    }

    @Test func announcementsAreBoundedAndGo() {
        let control = Control()
        var sequence: UInt32 = 1001
        for port in 1...200 {
            let text = "PORT 10,0,0,1,9,\(port)\r\n"
            _ = control.fromClient(push, sequence, 5001, text)
            sequence += UInt32(text.count)
        }
        #expect(control.harness.tracker.announcements.count == Int(ConnectionTracker.announcementsEach))
        control.harness.tracker.flush()
        #expect(control.harness.tracker.announcements.isEmpty)
        #expect(control.harness.tracker.announced.isEmpty)
    }

    @Test func tftp() {
        let harness = ConnectionHarness()
        let request = ConnectionRequest(
            commit: true,
            translation: AddressTranslation(
                direction: .source, addresses: .ipv4(first: 0xc000_0201, last: 0xc000_0201), ports: 7000...7000),
            helper: .tftp)
        _ = harness.send(ConnectionFrames.udp("10.0.0.1", "10.9.9.9", (3000, 69)), request)
        let data = harness.send(
            ConnectionFrames.udp("10.9.9.9", "192.0.2.1", (5555, 7000)),
            ConnectionRequest(commit: true, translation: AddressTranslation()))
        #expect(data.state == [.new, .related, .tracked, .destinationTranslated])
        #expect(data.frame == ConnectionFrames.udp("10.9.9.9", "10.0.0.1", (5555, 3000)))
        let acknowledgment = harness.send(ConnectionFrames.udp("10.0.0.1", "10.9.9.9", (3000, 5555)), request)
        #expect(acknowledgment.frame == ConnectionFrames.udp("192.0.2.1", "10.9.9.9", (7000, 5555)))
    }
}
