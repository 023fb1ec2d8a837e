import Glibc
import Linux
import Testing

@Suite struct PacketTimesTests {
    @Test func aPacketHasTheTimeOfItsComingNotOfItsReading() throws {
        let receiver = FileDescriptor(owning: socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
        receiver.notePacketTimes(buffer: 65536)
        let number = receiver.rawValue
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var isNotedInTime = false
        // The kernel begins to take notes some time after it is asked to; until then it notes the time of reading.
        for _ in 0..<500 where !isNotedInTime {
            let sent = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    if pointer.pointee.sa_data.0 == 0, pointer.pointee.sa_data.1 == 0 {
                        guard bind(number, pointer, length) == 0 else { return -1 }
                        guard getsockname(number, pointer, &length) == 0 else { return -1 }
                    }
                    return sendto(number, "hello", 5, 0, pointer, length)
                }
            }
            try #require(sent == 5)
            let afterwards = WallClock.now()
            var bytes: [3 of UInt8] = .init(repeating: 0)
            // As much as fits; MSG_TRUNC has the whole length told.
            let (count, time) = withUnsafeMutableBytes(of: &bytes) {
                receiver.receivePacket(into: $0, flags: Int32(MSG_TRUNC))
            }
            #expect(count == 5)
            #expect(time > 0)
            isNotedInTime = time <= afterwards
            if !isNotedInTime { usleep(10_000) }
        }
        #expect(isNotedInTime)
        var bytes: [3 of UInt8] = .init(repeating: 0)
        let nothing = withUnsafeMutableBytes(of: &bytes) {
            receiver.receivePacket(into: $0, flags: Int32(MSG_DONTWAIT))
        }
        #expect(nothing.count == -1)
    }
}
