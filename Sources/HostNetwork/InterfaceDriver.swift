import CLinux
import Glibc
import Linux

/// What the driver of an interface says of itself and of its link (ethtool(8), linux/ethtool.h).
public struct InterfaceDriver: Equatable, Sendable {
    public var name = ""
    public var version = ""
    public var firmware = ""
    /// Bits per second; nil: not known.
    public var speed: UInt64?
    /// nil: not known.
    public var isFullDuplex: Bool?

    /// Asks about an interface of the calling thread's network namespace; nil where its driver tells nothing.
    public static func read(_ interface: String) -> InterfaceDriver? {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        let descriptor = FileDescriptor(owning: socket)
        // struct ethtool_drvinfo: the command, then five texts of 32 bytes.
        guard let about = ask(descriptor.rawValue, interface, command: 3, byteCount: 196) else { return nil }
        func text(_ offset: Int) -> String {
            String(decoding: about[offset..<offset + 32].prefix { $0 != 0 }, as: UTF8.self)
        }
        var driver = InterfaceDriver()
        driver.name = text(4)
        driver.version = text(36)
        driver.firmware = text(68)
        // struct ethtool_cmd: the speed in two halves, at 12 and 28, in Mbit/s; the duplex at 14.
        if let link = ask(descriptor.rawValue, interface, command: 1, byteCount: 44) {
            let low = UInt32(link[12]) | UInt32(link[13]) << 8
            let high = UInt32(link[28]) | UInt32(link[29]) << 8
            let megabits = high << 16 | low
            if megabits != 0 && megabits != .max && megabits != 0xffff {
                driver.speed = UInt64(megabits) * 1_000_000
            }
            if link[14] <= 1 { driver.isFullDuplex = link[14] == 1 }
        }
        return driver
    }

    /// One request of SIOCETHTOOL: the answer's bytes, or nil where it is refused.
    private static func ask(_ socket: Int32, _ interface: String, command: UInt32, byteCount: Int) -> [UInt8]? {
        let name = Array(interface.utf8)
        guard name.count < Int(IFNAMSIZ) else { return nil }
        var answer = [UInt8](repeating: 0, count: byteCount)
        let isAnswered = answer.withUnsafeMutableBytes { buffer in
            buffer.storeBytes(of: command, as: UInt32.self)
            // struct ifreq: the name, then a pointer.
            var request = [UInt8](repeating: 0, count: 40)
            request.replaceSubrange(0..<name.count, with: name)
            return request.withUnsafeMutableBytes { request in
                request.storeBytes(of: UInt(bitPattern: buffer.baseAddress), toByteOffset: 16, as: UInt.self)
                return rk_ioctl(socket, UInt(0x8946), request.baseAddress) == 0
            }
        }
        return isAnswered ? answer : nil
    }
}
