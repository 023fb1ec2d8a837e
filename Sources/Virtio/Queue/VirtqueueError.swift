/// What a driver did wrong with a queue. The device stops and wants a reset.
public enum VirtqueueError: Error, Equatable, CustomStringConvertible {
    case badSize(Int)
    /// A part of the queue is not in RAM, or not aligned (clause 2.7).
    case badRing(String, address: UInt64)
    case tooManyAvailable(UInt16)
    case badIndex(UInt16)
    case notRAM(address: UInt64, byteCount: UInt32)
    case loop
    case readableAfterWritable
    case badIndirectTable(address: UInt64, byteCount: UInt32)
    /// A chain has no room for what its request needs.
    case badRequest(String)

    public var description: String {
        switch self {
        case .badSize(let size): "a queue of \(size) descriptors"
        case .badRing(let part, let address): "the \(part) at 0x\(String(address, radix: 16)) is misplaced"
        case .tooManyAvailable(let count): "\(count) chains are available, more than the queue holds"
        case .badIndex(let index): "descriptor \(index) is not in its table"
        case .notRAM(let address, let byteCount):
            "a descriptor's \(byteCount) bytes at 0x\(String(address, radix: 16)) are not RAM"
        case .loop: "a chain has more descriptors than its queue"
        case .readableAfterWritable: "a chain has a readable descriptor behind a writable one"
        case .badIndirectTable(let address, let byteCount):
            "an indirect table of \(byteCount) bytes at 0x\(String(address, radix: 16)) is none"
        case .badRequest(let text): text
        }
    }
}
