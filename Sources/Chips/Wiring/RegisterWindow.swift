import Board

/// One range of a chip that answers at several: a PC's chips have their ports scattered.
public final class RegisterWindow: IODevice {
    private let onRead: (_ offset: UInt64, _ size: Int) -> UInt64
    private let onWrite: (_ offset: UInt64, _ size: Int, _ value: UInt64) -> Void

    public init(
        read: @escaping (_ offset: UInt64, _ size: Int) -> UInt64,
        write: @escaping (_ offset: UInt64, _ size: Int, _ value: UInt64) -> Void
    ) {
        onRead = read
        onWrite = write
    }

    public func read(offset: UInt64, size: Int) -> UInt64 { onRead(offset, size) }
    public func write(offset: UInt64, size: Int, value: UInt64) { onWrite(offset, size, value) }
}

/// One range of a chip whose registers there are single bytes.
public final class ByteWindow: ByteRegisters {
    private let onRead: (_ offset: Int) -> UInt8
    private let onWrite: (_ value: UInt8, _ offset: Int) -> Void

    public init(
        read: @escaping (_ offset: Int) -> UInt8, write: @escaping (_ value: UInt8, _ offset: Int) -> Void
    ) {
        onRead = read
        onWrite = write
    }

    public func readByte(at offset: Int) -> UInt8 { onRead(offset) }
    public func writeByte(_ value: UInt8, at offset: Int) { onWrite(value, offset) }
}
