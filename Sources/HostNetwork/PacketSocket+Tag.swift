import CLinux

// The VLAN tag that the kernel takes off a frame before a packet socket sees it (skb_vlan_untag), and hands over as
// a control message (PACKET_AUXDATA).

extension PacketSocket {
    /// A tag as it was in the frame.
    public struct Tag: Equatable, Sendable {
        public var tpid: UInt16
        /// Priority, drop eligible indicator and VLAN.
        public var tci: UInt16
    }

    /// Bytes that the control messages of a frame need.
    public static let controlByteCount = Int(rk_packet_control_bytes())

    /// The tag in a frame's control messages, or nil.
    public static func tag(in control: UnsafeRawPointer, count: Int) -> Tag? {
        var tag = Tag(tpid: 0, tci: 0)
        return rk_packet_vlan(control, count, &tag.tpid, &tag.tci) != 0 ? tag : nil
    }

    /// Reads a frame, its virtio-net header in front, into `bytes`.
    /// - Returns: bytes read, or -1 with `errno` set; the tag, or nil where the frame had none.
    public static func read(
        _ descriptor: Int32, into bytes: UnsafeMutableRawPointer, count: Int
    ) -> (count: Int, tag: Tag?) {
        var tag = Tag(tpid: 0, tci: 0)
        let count = rk_packet_read(descriptor, bytes, count, &tag.tpid, &tag.tci)
        return (count, tag.tpid != 0 ? tag : nil)
    }
}
