import CLinux
import Glibc

/// Room for two pages of shared memory that lie elsewhere in this process: here they follow each other. What is done to them here
/// is done there, by the processor's atomic instructions, too. One thread at a time.
public final class PageWindow {
    private static let pageByteCount = 4096
    private let base: UnsafeMutableRawPointer
    private var shown: (first: UnsafeMutableRawPointer, second: UnsafeMutableRawPointer)?
    /// A page of the window may not be ours any more: it is not to be written over, nor given back.
    private var isLost = false

    public init() throws(SystemError) {
        let address = mmap(nil, 2 * Self.pageByteCount, PROT_NONE, Int32(MAP_ANONYMOUS) | MAP_PRIVATE, -1, 0)
        guard let address, address != MAP_FAILED else { throw SystemError("reserve addresses for two pages") }
        base = address
    }

    deinit { if !isLost { munmap(base, 2 * Self.pageByteCount) } }

    /// Shows two pages.
    /// - Parameter first: where the page starts in memory that is mapped as shared; so for `second`. Both stay mapped while
    ///   they are shown.
    /// - Returns: where the first is seen, the second behind it, until the next call; nil where the host refuses, as it does
    ///   for memory that is not shared.
    public func show(
        _ first: UnsafeMutableRawPointer, _ second: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer? {
        if isLost { return nil }
        if let shown, shown.first == first, shown.second == second { return base }
        shown = nil
        guard rk_show_page(first, base) == 0, rk_show_page(second, base + Self.pageByteCount) == 0 else {
            // The kernel takes away what was there before it looks whether it can.
            isLost = true
            return nil
        }
        shown = (first, second)
        return base
    }
}
