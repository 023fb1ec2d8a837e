import Wire

// A packet in the data path.
//
// What: one frame, what is left to do on it (`offload`), and the few words of state that the way through the switch
// needs. It lives at the start of the storage that holds the frame, so that a queue of packets is a list through the
// packets themselves and nothing allocates on the way.
//
//     storage:  Packet | headroom … [virtio-net header] | frame …            | tailroom
//                                                        ^ data    length ^
//
// Ownership is manual: whoever holds a `PacketRef` passes it on or gives it back with `PacketPool.release`.
// A packet that goes out of several ports is retained once for each further port; it must then not be changed.
// Thread-safety: none; packets and their pool belong to one poller.

/// A packet: a pointer into the storage of a `PacketPool`.
public typealias PacketRef = UnsafeMutablePointer<Packet>

/// The head of a packet's storage.
public struct Packet {
    /// The next packet in the list that this packet is in.
    public var next: PacketRef?
    /// The first byte of the Ethernet frame.
    public var data: UnsafeMutableRawPointer
    /// Bytes in the frame.
    public var length: Int
    /// When the packet entered the link that it is on, in nanoseconds of the data path's clock.
    public var stamp: UInt64
    /// When the packet is to leave the stage that it waits in, in nanoseconds.
    public var due: UInt64
    /// The link direction that carries the packet (an index of the data path's), while it is on one.
    public var link: Int32
    /// The queue asked for by `enqueue` or `set_queue`; 0 where none was.
    public var queue: UInt32
    /// Holders of the packet.
    public var references: Int32
    /// Bytes of storage behind this head.
    public var capacity: Int32
    /// The pool's size class.
    public var sizeClass: UInt8
    /// What the receiver still has to do: checksum, segmentation.
    public var offload: VirtioNetHeader

    /// Bytes kept free in front of a fresh packet's frame: the virtio-net header, pushed tags, a tunnel's headers.
    public static let headroom = 128
    /// Bytes from the start of the storage to the headroom.
    public static let headByteCount = 128
}

extension UnsafeMutablePointer<Packet> {
    /// The storage behind the head.
    @inlinable
    public var storage: UnsafeMutableRawPointer { UnsafeMutableRawPointer(self) + Packet.headByteCount }

    /// The frame's bytes.
    @inlinable
    public var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: pointee.data, count: pointee.length)
    }

    /// Bytes free in front of the frame.
    @inlinable
    public var headroom: Int { pointee.data - storage }

    /// Bytes free behind the frame.
    @inlinable
    public var tailroom: Int { Int(pointee.capacity) - headroom - pointee.length }
}
