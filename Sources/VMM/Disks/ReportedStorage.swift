import Board

/// A disk whose faults are told: the guest sees an I/O error and no more, so the host is to know what, where and what mends it.
///
/// Told is the first fault of a kind, and that it is over; a guest that tries again and again does not fill a log. Calls come
/// one at a time.
final class ReportedStorage: BlockStorage {
    private let storage: any BlockStorage
    private let report: (String) -> Void
    /// Kinds of faults that were told, and not seen to be over.
    private var standing: Set<BlockStorageError.Kind> = []
    private var reportsLeft = ReportedStorage.reportLimit

    static let reportLimit = 50

    init(_ storage: any BlockStorage, report: @escaping (String) -> Void) {
        self.storage = storage
        self.report = report
    }

    var byteCount: UInt64 { storage.byteCount }
    var isReadOnly: Bool { storage.isReadOnly }

    func read(at offset: UInt64, into buffers: [UnsafeMutableRawBufferPointer]) throws(BlockStorageError) {
        do throws(BlockStorageError) { try storage.read(at: offset, into: buffers) } catch { throw told(error) }
    }

    func write(at offset: UInt64, from buffers: [UnsafeRawBufferPointer]) throws(BlockStorageError) {
        do throws(BlockStorageError) { try storage.write(at: offset, from: buffers) } catch { throw told(error) }
        // Room for one write may be none for the next; but the guest is not refused any more.
        if standing.remove(.noSpace) != nil { tell("there is room on the host's disk again") }
    }

    func flush() throws(BlockStorageError) {
        do throws(BlockStorageError) { try storage.flush() } catch { throw told(error) }
    }

    func discard(at offset: UInt64, byteCount: UInt64, mustZero: Bool) throws(BlockStorageError) {
        do throws(BlockStorageError) {
            try storage.discard(at: offset, byteCount: byteCount, mustZero: mustZero)
        } catch { throw told(error) }
    }

    private func told(_ error: BlockStorageError) -> BlockStorageError {
        switch error.kind {
        // The guest's own mistakes, and what it is told that the disk cannot do.
        case .outOfRange, .readOnly, .unsupported: break
        case .noSpace, .corrupt, .system: if standing.insert(error.kind).inserted { tell(error.description) }
        }
        return error
    }

    private func tell(_ text: String) {
        guard reportsLeft > 0 else { return }
        reportsLeft -= 1
        report(reportsLeft == 0 ? "\(text) (this is the last that is said about this disk)" : text)
    }
}
