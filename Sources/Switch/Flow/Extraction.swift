// From a frame's bytes to its flow key.
//
// What cannot be parsed, because a header is cut short or contradicts itself, leaves its fields and those behind it zero, as
// Open vSwitch's flow extraction does, and its offset in the layout -1. Nothing is read outside the frame.

/// Fills `key` with the fields of `frame` and its input port; the other metadata is zero.
/// - Parameters:
///   - frame: an Ethernet frame from the destination address on, of any length.
///   - inPort: the OpenFlow number of the port that it came in by.
///   - key: an initialized key; only its occupied words are cleared.
/// - Returns: where the headers are.
public func extract(
    frame: UnsafeRawBufferPointer, inPort: UInt32, into key: UnsafeMutablePointer<FlowKey>
) -> PacketLayout {
    key.pointee.clear()
    key.pointee.store(UInt64(inPort), at: 0)
    key.pointee.occupied = 1
    guard let base = frame.baseAddress, frame.count >= 14 else { return PacketLayout() }
    var extraction = Extraction(base: base, end: min(frame.count, Int(Int32.max)), key: key)
    extraction.ethernet()
    return extraction.layout
}

private struct Extraction {
    let base: UnsafeRawPointer
    /// The end of what may be read: of the frame, then of the IP packet.
    var end: Int
    let key: UnsafeMutablePointer<FlowKey>
    var layout = PacketLayout()
    var occupied: UInt64 = 1

    @inline(__always)
    func byte(_ offset: Int) -> UInt64 { UInt64(base.load(fromByteOffset: offset, as: UInt8.self)) }
    @inline(__always)
    func two(_ offset: Int) -> UInt64 {
        UInt64(UInt16(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
    }
    @inline(__always)
    func four(_ offset: Int) -> UInt64 {
        UInt64(UInt32(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
    @inline(__always)
    func eight(_ offset: Int) -> UInt64 {
        UInt64(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    /// An Ethernet address as the lowest 48 bits.
    @inline(__always)
    func six(_ offset: Int) -> UInt64 { two(offset) &<< 32 | four(offset &+ 2) }

    @inline(__always)
    mutating func store(_ value: UInt64, _ word: Int) {
        key.pointee.store(value, at: word)
        occupied |= 1 &<< UInt64(word)
    }

    /// An offset for the layout: those beyond 32,767 (a tower of extension headers in a super-packet) count as unparsed.
    @inline(__always)
    func offset(_ value: Int) -> Int16 { value <= 0x7fff ? Int16(truncatingIfNeeded: value) : -1 }

    @inline(__always)
    mutating func ethernet() {
        var at = 12
        var type = two(12)
        var tci: UInt64 = 0
        if type == 0x8100 || type == 0x88a8 { (tci, at, type) = vlans() }
        layout.etherType = Int16(truncatingIfNeeded: at)
        layout.end = Int32(truncatingIfNeeded: end)
        var next = at &+ 2
        if type < 0x600 {
            // IEEE 802.3 with a length: the type is in the SNAP header, if there is one.
            if end &- next >= 8 && eight(next) &>> 16 == 0xaaaa_0300_0000 && two(next &+ 6) >= 0x600 {
                layout.etherType = Int16(truncatingIfNeeded: next &+ 6)
                type = two(next &+ 6)
                next &+= 8
            } else {
                type = 0x5ff
            }
        }
        store(eight(0) & ~0xffff | type, 32)
        store(eight(6) & ~0xffff | tci, 33)
        switch type {
        case 0x0800: ipv4(next)
        case 0x86dd: ipv6(next)
        case 0x0806, 0x8035: arp(next)
        case 0x8847, 0x8848: mpls(next)
        case 0x88e7: pbb(next)
        default: if next < end { layout.l3 = offset(next) }
        }
        key.pointee.occupied = occupied
    }

    /// Parses up to two tags. Answers the outer TCI, and the place and value of the EtherType behind them.
    @inline(never)
    mutating func vlans() -> (tci: UInt64, at: Int, type: UInt64) {
        var at = 12
        var type = two(12)
        var tcis: (UInt64, UInt64) = (0, 0)
        var word: UInt64 = 0
        while layout.vlanCount < 2 && (type == 0x8100 || type == 0x88a8) && end - at >= 6 {
            let tci = two(at + 2) | UInt64(FlowKey.vlanPresent)
            if layout.vlanCount == 0 {
                tcis.0 = tci
                word |= type << 16
            } else {
                tcis.1 = tci
                word |= type << 32 | tci
            }
            layout.vlanCount += 1
            at += 4
            type = two(at)
        }
        if layout.vlanCount > 0 { store(word, 34) }
        return (tcis.0, at, type)
    }

    @inline(__always)
    mutating func ipv4(_ at: Int) {
        guard end &- at >= 20 else { return }
        let versionAndLength = byte(at)
        let headerLength = Int(versionAndLength & 15) &* 4
        let total = Int(two(at &+ 2))
        guard versionAndLength &>> 4 == 4, headerLength >= 20, total >= headerLength, total <= end &- at else { return }
        end = at &+ total
        layout.l3 = offset(at)
        layout.end = Int32(truncatingIfNeeded: end)
        layout.network = .ipv4
        let proto = byte(at &+ 9)
        layout.ipProtocol = UInt8(truncatingIfNeeded: proto)
        let fragment = two(at &+ 6)
        if fragment & 0x3fff != 0 {
            layout.fragment =
                fragment & 0x1fff != 0 ? FlowKey.fragmentAny | FlowKey.fragmentLater : FlowKey.fragmentAny
        }
        store(eight(at &+ 12), 40)
        store(
            UInt64(layout.fragment) &<< 24 | byte(at &+ 8) &<< 16 | byte(at &+ 1) &<< 8 | proto, 41)
        if layout.fragment & FlowKey.fragmentLater == 0 { transport(at &+ headerLength, proto, icmp: 1) }
    }

    @inline(__always)
    mutating func ipv6(_ at: Int) {
        guard end &- at >= 40, byte(at) &>> 4 == 6 else { return }
        let length = Int(two(at &+ 4))
        guard length <= end &- at &- 40 else { return }
        end = at &+ 40 &+ length
        layout.l3 = offset(at)
        layout.end = Int32(truncatingIfNeeded: end)
        layout.network = .ipv6
        store(eight(at &+ 8), 42)
        store(eight(at &+ 16), 43)
        store(eight(at &+ 24), 44)
        store(eight(at &+ 32), 45)
        let first = four(at)
        var proto = byte(at &+ 6)
        var next = at &+ 40
        var headers: UInt64 = 0
        var parsed = true
        if Self.isExtension(proto) { (proto, next, headers, parsed) = extensionHeaders(proto, next) }
        layout.ipProtocol = UInt8(truncatingIfNeeded: proto)
        store(
            headers &<< 52 | (first & 0xf_ffff) &<< 32 | UInt64(layout.fragment) &<< 24 | byte(at &+ 7) &<< 16
                | (first &>> 20 & 0xff) &<< 8 | proto, 41)
        if parsed && layout.fragment & FlowKey.fragmentLater == 0 { transport(next, proto, icmp: 58) }
    }

    @inline(__always)
    static func isExtension(_ proto: UInt64) -> Bool {
        proto == 0 || proto == 43 || proto == 44 || proto == 50 || proto == 51 || proto == 59 || proto == 60
    }

    /// Walks the chain. Answers the transport protocol, its place and the bits of `ipv6_exthdr` (OpenFlow 1.5, 7.2.3.8); false:
    /// the chain is cut short, and the protocol unknown.
    @inline(never)
    mutating func extensionHeaders(_ first: UInt64, _ start: Int) -> (UInt64, Int, UInt64, Bool) {
        let none: UInt64 = 1 << 0
        let esp: UInt64 = 1 << 1
        let auth: UInt64 = 1 << 2
        let dest: UInt64 = 1 << 3
        let frag: UInt64 = 1 << 4
        let router: UInt64 = 1 << 5
        let hop: UInt64 = 1 << 6
        let unrepeated: UInt64 = 1 << 7
        let unsequenced: UInt64 = 1 << 8
        var proto = first
        var at = start
        var seen: UInt64 = 0
        var destinations = 0
        /// The place of the last header in the order that RFC 8200 (4.1) recommends.
        var rank = 0
        while true {
            let bit: UInt64
            let place: Int
            switch proto {
            case 0: (bit, place) = (hop, 0)
            case 60:
                destinations += 1
                (bit, place) = (dest, rank <= 1 ? 1 : 6)
            case 43: (bit, place) = (router, 2)
            case 44: (bit, place) = (frag, 3)
            case 51: (bit, place) = (auth, 4)
            case 50: (bit, place) = (esp, 5)
            case 59: return (proto, at, seen | none, false)
            default: return (proto, at, seen, true)
            }
            if bit == dest ? destinations > 2 : seen & bit != 0 { seen |= unrepeated }
            if place < rank { seen |= unsequenced }
            rank = max(rank, place)
            seen |= bit
            if bit == esp { return (proto, at, seen, false) }
            guard end - at >= 8 else { return (0, at, seen, false) }
            let next = byte(at)
            if bit == frag {
                let offsetAndMore = two(at + 2)
                // An atomic fragment (RFC 6946) is a whole packet.
                if offsetAndMore & 0xfff9 != 0 {
                    layout.fragment = FlowKey.fragmentAny
                    if offsetAndMore & 0xfff8 != 0 {
                        layout.fragment |= FlowKey.fragmentLater
                        return (next, at + 8, seen, true)
                    }
                }
                at += 8
            } else {
                let length = bit == auth ? (Int(byte(at + 1)) + 2) * 4 : (Int(byte(at + 1)) + 1) * 8
                guard length <= end - at else { return (0, at, seen, false) }
                at += length
            }
            proto = next
        }
    }

    /// - Parameter icmp: the ICMP protocol of the network: ICMP in IPv6 is as unknown as ICMPv6 in IPv4.
    @inline(__always)
    mutating func transport(_ at: Int, _ proto: UInt64, icmp: UInt64) {
        let left = end &- at
        if proto == 6 {
            guard left >= 20 else { return }
            layout.l4 = offset(at)
            let header = Int(byte(at &+ 12) &>> 4) &* 4
            if header >= 20 && header <= left { layout.payload = offset(at &+ header) }
            store(four(at) &<< 16 | two(at &+ 12) & 0xfff, 56)
        } else if proto == 17 {
            guard left >= 8 else { return }
            layout.l4 = offset(at)
            layout.payload = offset(at &+ 8)
            store(four(at) &<< 16, 56)
        } else if proto == icmp {
            control(at, version6: icmp == 58)
        } else if proto == 132 {
            guard left >= 12 else { return }
            layout.l4 = offset(at)
            layout.payload = offset(at &+ 12)
            store(four(at) &<< 16, 56)
        } else if proto == 2 {
            guard left >= 8 else { return }
            layout.l4 = offset(at)
        }
    }

    @inline(never)
    mutating func control(_ at: Int, version6: Bool) {
        guard end - at >= (version6 ? 4 : 8) else { return }
        layout.l4 = offset(at)
        layout.payload = end - at >= 8 ? offset(at + 8) : -1
        let type = byte(at)
        let code = byte(at + 1)
        store(type << 32 | code << 16, 56)
        guard version6, type == 135 || type == 136, code == 0, end - at >= 24 else { return }
        neighbourDiscovery(at)
    }

    /// RFC 4861, 4.3, 4.4 and 4.6. Contradicting options make all but the target and the reserved word zero.
    mutating func neighbourDiscovery(_ at: Int) {
        store(eight(at + 8), 57)
        store(eight(at + 16), 58)
        store(four(at + 4), 61)
        var addresses: (UInt64, UInt64) = (0, 0)
        var option: UInt64 = 0
        var next = at + 24
        while end - next >= 8 {
            let type = byte(next)
            let length = Int(byte(next + 1)) * 8
            guard length > 0, length <= end - next else { return }
            if type == 1 || type == 2, length == 8 {
                let address = six(next + 2)
                if type == 1 {
                    guard addresses.0 == 0 else { return }
                    addresses.0 = address
                } else {
                    guard addresses.1 == 0 else { return }
                    addresses.1 = address
                }
                if option == 0 { option = type }
            }
            next += length
        }
        store(option << 48 | addresses.0, 59)
        store(addresses.1, 60)
    }

    @inline(never)
    mutating func arp(_ at: Int) {
        // Ethernet and IPv4 addresses only.
        guard end - at >= 28, eight(at) >> 16 == 0x0001_0800_0604 else { return }
        layout.l3 = offset(at)
        layout.network = .arp
        store(four(at + 14) << 32 | four(at + 24), 46)
        store(six(at + 8) << 16 | two(at + 6), 47)
        store(six(at + 18), 48)
    }

    @inline(never)
    mutating func mpls(_ start: Int) {
        var at = start
        guard end - at >= 4 else { return }
        layout.l25 = offset(at)
        var entries: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var bottom = false
        while !bottom && end - at >= 4 && layout.mplsCount < 255 {
            let entry = four(at)
            switch layout.mplsCount {
            case 0: entries.0 = entry
            case 1: entries.1 = entry
            case 2: entries.2 = entry
            default: break
            }
            layout.mplsCount += 1
            bottom = entry & 0x100 != 0
            at += 4
        }
        store(entries.0 << 32 | entries.1, 35)
        if layout.mplsCount > 2 { store(entries.2, 36) }
        // What is behind the stack is not named; the first four bits tell IPv4 and IPv6 apart (RFC 4928).
        guard bottom, at < end else { return }
        if byte(at) >> 4 == 4 && end - at >= 20 {
            layout.network = .ipv4
            layout.l3 = offset(at)
        } else if byte(at) >> 4 == 6 && end - at >= 40 {
            layout.network = .ipv6
            layout.l3 = offset(at)
        }
    }

    /// IEEE 802.1ah: the I-TAG's service identifier and its "use customer address" bit.
    @inline(never)
    mutating func pbb(_ at: Int) {
        guard end - at >= 4 else { return }
        layout.l3 = offset(at)
        let tag = four(at)
        store((tag & 0xff_ffff) << 32 | (tag >> 27 & 1) << 56, 36)
    }
}
