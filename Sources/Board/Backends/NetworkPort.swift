/// The other end of a machine's network cable, for devices that move frames themselves (e1000, virtio-net without vhost).
///
/// Frames start with the virtio-net header of 12 bytes (virtio 1.2, section 5.1.6), so that TCP and UDP segments of up
/// to 64 KiB and unfinished checksums pass whole. Called with the device lock held.
public protocol NetworkPort: AnyObject {
    /// Sends one frame: the bytes of `buffers`, one after the other, header first.
    /// - Returns: false when there is no room now; `onWritable` is called when there is again.
    func send(_ buffers: [UnsafeRawBufferPointer]) -> Bool
    /// The next frame that waits is copied to `buffer`, header first.
    /// - Returns: its size; 0 when none waits. A frame that does not fit is dropped and counted.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int
    /// What the device takes: checksums to finish, and segments larger than the MTU (TUN_F_CSUM, TUN_F_TSO4 … of the kernel's if_tun.h).
    func setOffloads(_ offloads: UInt32)
    /// Called when a frame has come after `receive` returned 0.
    var onReadable: (() -> Void)? { get set }
    var onWritable: (() -> Void)? { get set }
}
