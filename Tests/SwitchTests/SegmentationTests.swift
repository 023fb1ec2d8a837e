import Testbed
import Testing
import Wire

@testable import Switch

@Suite struct SegmentationTests {
    static func payload(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    static var models: [FrameModel] {
        var models: [FrameModel] = []
        for isIPv6 in [false, true] {
            for transport in [FrameModel.Transport.tcp, .udp] {
                for tagCount in 0...2 {
                    for labelCount in [0, 2] {
                        for options in [[], [UInt8](repeating: 1, count: 8)] {
                            var model = FrameModel()
                            model.isIPv6 = isIPv6
                            model.transport = transport
                            model.tags = (0..<tagCount).map {
                                VLANTag(protocolIdentifier: $0 == 0 ? 0x88a8 : 0x8100, vlan: UInt16(10 + $0))
                            }
                            model.labels = (0..<labelCount).map {
                                MPLSLabel(label: 20, isBottom: $0 == labelCount - 1, timeToLive: 9)
                            }
                            model.options = isIPv6 && !options.isEmpty ? [0, 0, 1, 4, 0, 0, 0, 0] : options
                            model.flags =
                                TCPHeader.Flag.ack | TCPHeader.Flag.psh | TCPHeader.Flag.fin | TCPHeader.Flag.cwr
                            models.append(model)
                        }
                    }
                }
            }
        }
        return models
    }

    /// What the segment of `number` must be: the same fields, with its part of the payload.
    func expected(_ model: FrameModel, _ number: Int, of count: Int, size: Int) -> FrameModel {
        var segment = model
        segment.payload = Array(model.payload[(number * size)..<min((number + 1) * size, model.payload.count)])
        segment.identification &+= UInt16(number)
        segment.sequence &+= UInt32(number * size)
        if number > 0 { segment.flags &= ~TCPHeader.Flag.cwr }
        if number < count - 1 { segment.flags &= ~(TCPHeader.Flag.fin | TCPHeader.Flag.psh) }
        return segment
    }

    @Test(arguments: [1, 999, 1000, 1001, 2000, 12_345])
    func segmentsAreThoseThatTheSenderWouldHaveSent(payloadByteCount: Int) throws {
        var pool = PacketPool()
        for var model in Self.models {
            model.payload = Self.payload(payloadByteCount)
            for isFinished in [false, true] {
                let packet = pool.packet(model.bytes(isFinished: false), model.superOffload(segment: 1000))
                #expect(Segmentation.fault(packet) == nil)
                let count = max(1, (payloadByteCount + 999) / 1000)
                #expect(packet.wirePacketCount == count)
                packet.pointee.queue = 3
                packet.pointee.stamp = 4
                var wireByteCount = 0
                var number = 0
                var largest = 0
                var segmenter = try Segmenter(packet, finishChecksums: isFinished)
                #expect(segmenter.count == count)
                while let segment = segmenter.next(from: &pool) {
                    let expected = expected(model, number, of: count, size: 1000)
                    #expect(Array(segment.bytes) == expected.bytes(isFinished: isFinished))
                    #expect(segment.pointee.offload == (isFinished ? VirtioNetHeader() : expected.unfinishedOffload))
                    #expect(segment.pointee.queue == 3 && segment.pointee.stamp == 4)
                    Segmentation.finishChecksum(segment)
                    #expect(Array(segment.bytes) == expected.bytes())
                    wireByteCount += segment.pointee.length
                    largest = max(largest, segment.wireLargestPayload)
                    number += 1
                    pool.release(segment)
                }
                #expect(segmenter.isFinished && number == count)
                #expect(packet.wireByteCount == wireByteCount)
                #expect(packet.wireLargestPayload == largest)
                pool.release(packet)
            }
        }
        #expect(pool.inUse == 0)
    }

    @Test func anMTUMakesSegmentsSmallerButNotDatagrams() throws {
        var pool = PacketPool()
        var model = FrameModel()
        model.tags = [VLANTag(vlan: 5)]
        model.payload = Self.payload(5000)
        let packet = pool.packet(model.bytes(isFinished: false), model.superOffload(segment: 1448))
        var segmenter = try Segmenter(packet, mtu: 1000)
        #expect(segmenter.segmentByteCount == 960)
        var number = 0
        while let segment = segmenter.next(from: &pool) {
            #expect(segment.wireLargestPayload <= 1000)
            #expect(Array(segment.bytes) == expected(model, number, of: 6, size: 960).bytes(isFinished: false))
            number += 1
            pool.release(segment)
        }
        #expect(number == 6)
        #expect(throws: OffloadFault.segmentSize) { _ = try Segmenter(packet, mtu: 47) }
        model.transport = .udp
        let datagrams = pool.packet(model.bytes(isFinished: false), model.superOffload(segment: 1400))
        #expect(try Segmenter(datagrams, mtu: 1000).segmentByteCount == 1400)
        pool.release(packet)
        pool.release(datagrams)
    }

    /// Cutting in two steps gives the same segments as cutting in one.
    @Test(arguments: [1, 2, 3, 7, 12, 13, 1000])
    func segmentsThatStayTogether(together: Int) throws {
        var pool = PacketPool()
        for var model in Self.models {
            model.payload = Self.payload(12_345)
            let packet = pool.packet(model.bytes(isFinished: false), model.superOffload(segment: 1000))
            #expect(Segmentation.sanitize(packet))
            var number = 0
            var wireByteCount = 0
            var segmenter = try Segmenter(packet, together: together)
            #expect(segmenter.count == (13 + together - 1) / together)
            while let piece = segmenter.next(from: &pool) {
                wireByteCount += piece.wireByteCount
                let offload = piece.pointee.offload
                #expect(Segmentation.sanitize(piece) && piece.pointee.offload == offload)
                guard piece.pointee.offload.isSuperPacket else {
                    #expect(Array(piece.bytes) == expected(model, number, of: 13, size: 1000).bytes(isFinished: false))
                    number += 1
                    pool.release(piece)
                    continue
                }
                #expect(piece.wirePacketCount == min(together, 13 - number))
                var inner = try Segmenter(piece)
                while let segment = inner.next(from: &pool) {
                    #expect(
                        Array(segment.bytes) == expected(model, number, of: 13, size: 1000).bytes(isFinished: false))
                    number += 1
                    pool.release(segment)
                }
                pool.release(piece)
            }
            #expect(number == 13 && segmenter.isFinished)
            #expect(wireByteCount == packet.wireByteCount)
            pool.release(packet)
        }
        #expect(pool.inUse == 0)
    }

    @Test func aFullPoolStopsAndGoesOn() throws {
        var pool = PacketPool(byteLimit: 69632 * 16 + 2048 * 512)
        var model = FrameModel()
        model.payload = Self.payload(60_000)
        let packet = pool.packet(model.bytes(isFinished: false), model.superOffload(segment: 100))
        var segmenter = try Segmenter(packet)
        var held: [PacketRef] = []
        while let segment = segmenter.next(from: &pool) { held.append(segment) }
        #expect(held.count == 512 && !segmenter.isFinished)
        held.forEach { pool.release($0) }
        var rest = 0
        while let segment = segmenter.next(from: &pool) {
            rest += 1
            pool.release(segment)
        }
        #expect(rest == 600 - 512 && segmenter.isFinished)
        pool.release(packet)
    }

    @Test func checksumIsFinishedInPlace() {
        var pool = PacketPool()
        for isIPv6 in [false, true] {
            for transport in FrameModel.Transport.allCases where transport != .udpWithoutChecksum {
                var model = FrameModel()
                model.isIPv6 = isIPv6 || transport == .solicitation
                model.transport = transport
                model.payload = transport == .solicitation ? [] : Self.payload(77)
                let packet = pool.packet(model.bytes(isFinished: false), model.unfinishedOffload)
                #expect(Segmentation.sanitize(packet))
                #expect(Segmentation.finishChecksum(packet))
                #expect(Array(packet.bytes) == model.bytes())
                #expect(packet.pointee.offload == VirtioNetHeader())
                #expect(Segmentation.finishChecksum(packet))
                #expect(Array(packet.bytes) == model.bytes())
                pool.release(packet)
            }
        }
    }

    @Test func aSumOfZeroIsSentAsOnes() {
        var pool = PacketPool()
        var model = FrameModel()
        model.transport = .udp
        model.payload = [0, 0]
        // The checksum's complement as payload makes the sum all ones and the checksum 0.
        let bytes = model.bytes()
        model.payload = Array(bytes[(model.l4 + 6)..<(model.l4 + 8)])
        let packet = pool.packet(model.bytes(isFinished: false), model.unfinishedOffload)
        #expect(Segmentation.finishChecksum(packet))
        #expect(packet.bytes[model.l4 + 6] == 0xff && packet.bytes[model.l4 + 7] == 0xff)
        pool.release(packet)
    }

    @Test func lyingHeadersAreRefused() {
        var pool = PacketPool()
        var tcp = FrameModel()
        tcp.payload = Self.payload(3000)
        var udp = tcp
        udp.transport = .udp
        func fault(_ model: FrameModel, bytes: [UInt8]? = nil, _ change: (inout VirtioNetHeader) -> Void)
            -> OffloadFault?
        {
            var offload = model.superOffload(segment: 1000)
            change(&offload)
            let packet = pool.packet(bytes ?? model.bytes(isFinished: false), offload)
            defer { pool.release(packet) }
            return Segmentation.fault(packet)
        }
        #expect(fault(tcp) { $0.headerLength = 0xffff } == nil)
        #expect(fault(tcp) { $0.gsoType |= VirtioNetHeader.gsoECN } == nil)
        #expect(fault(tcp) { $0.gsoType = 2 } == .unknownType)
        #expect(fault(tcp) { $0.gsoType = VirtioNetHeader.gsoUDP } == .unknownType)
        #expect(fault(tcp) { $0.gsoType = 0x7f } == .unknownType)
        #expect(fault(udp) { $0.gsoType |= VirtioNetHeader.gsoECN } == .unknownType)
        #expect(fault(tcp) { $0.gsoSize = 0 } == .segmentSize)
        #expect(fault(tcp) { $0.gsoSize = 7 } == .segmentSize)
        #expect(fault(udp) { $0.gsoSize = 0 } == .segmentSize)
        #expect(fault(udp) { $0.gsoSize = 23 } == .segmentSize)
        #expect(fault(udp) { $0.gsoSize = 24 } == nil)
        #expect(fault(tcp) { $0.gsoType = VirtioNetHeader.gsoTCPv6 } == .headerMismatch)
        #expect(fault(tcp) { $0.gsoType = VirtioNetHeader.gsoUDPL4 } == .headerMismatch)
        #expect(fault(tcp) { $0.checksumStart = 35 } == .checksumMismatch)
        #expect(fault(tcp) { $0.checksumOffset = 6 } == .checksumMismatch)
        #expect(fault(tcp) { $0.checksumStart = 0xffff } == .checksumOutsideFrame)
        #expect(fault(tcp) { $0.checksumOffset = 0xffff } == .checksumOutsideFrame)
        #expect(fault(tcp) { $0.checksumStart = 13 } == .checksumOutsideFrame)
        var bytes = tcp.bytes(isFinished: false)
        #expect(fault(tcp, bytes: Array(bytes[..<13])) { _ in } == .truncatedFrame)
        #expect(fault(tcp, bytes: Array(bytes.dropLast())) { _ in } == .headerMismatch)
        #expect(fault(tcp, bytes: Array(bytes[..<53])) { _ in } == .headerMismatch)
        bytes[tcp.l3 + 6] = 0x20
        #expect(fault(tcp, bytes: bytes) { _ in } == .headerMismatch)
        bytes[tcp.l3 + 6] = 0
        bytes[tcp.l4 + 12] = 0x40
        #expect(fault(tcp, bytes: bytes) { _ in } == .headerMismatch)
    }

    @Test func ordinaryPacketsAreTidied() {
        var pool = PacketPool()
        var model = FrameModel()
        model.payload = Self.payload(10)
        var offload = VirtioNetHeader()
        offload.flags = 0xfe
        offload.headerLength = 77
        offload.gsoSize = 5
        offload.checksumStart = 0xffff
        let packet = pool.packet(model.bytes(), offload)
        #expect(Segmentation.sanitize(packet))
        #expect(packet.pointee.offload == VirtioNetHeader())
        #expect(packet.wirePacketCount == 1 && packet.wireByteCount == packet.pointee.length)
        #expect(packet.wireLargestPayload == 50)
        pool.release(packet)
    }

    /// Random headers on damaged frames: whatever passes the check is cut into segments that add up.
    @Test func hostileHeadersDoNoHarm() throws {
        var pool = PacketPool()
        var random = SeededGenerator(seed: 99)
        let models = Self.models
        var passed = 0
        for _ in 0..<20_000 {
            var model = models.randomElement(using: &random)!
            model.payload = [UInt8](repeating: 7, count: Int.random(in: 0...400, using: &random))
            var bytes = model.bytes(isFinished: false)
            var offload = model.superOffload(segment: UInt16.random(in: 0...200, using: &random))
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes = Array(bytes.prefix(Int.random(in: 0...500, using: &random))) }
            if Int.random(in: 0...3, using: &random) == 0 {
                var raw = [UInt8](repeating: 0, count: 10)
                raw.withUnsafeMutableBytes { offload.write(to: $0.baseAddress!) }
                raw[Int.random(in: 0..<10, using: &random)] = UInt8.random(in: 0...255, using: &random)
                offload = raw.withUnsafeBytes { VirtioNetHeader(reading: $0.baseAddress!) }
            }
            let packet = pool.packet(bytes, offload)
            defer { pool.release(packet) }
            guard Segmentation.sanitize(packet) else {
                if packet.pointee.offload.isSuperPacket {
                    #expect(throws: OffloadFault.self) { _ = try Segmenter(packet) }
                }
                continue
            }
            if !packet.pointee.offload.isSuperPacket {
                #expect(Segmentation.finishChecksum(packet))
                continue
            }
            passed += 1
            var segmenter = try Segmenter(packet, finishChecksums: Bool.random(using: &random))
            var produced = 0
            while let segment = segmenter.next(from: &pool) {
                #expect(segment.pointee.length <= packet.pointee.length)
                #expect(Segmentation.sanitize(segment))
                produced += 1
                pool.release(segment)
            }
            #expect(produced == segmenter.count && produced <= 65_536)
        }
        #expect(passed > 1000)
        #expect(pool.inUse == 0)
    }
}
