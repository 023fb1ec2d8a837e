import Board
import DiskImage

/// A machine's own disk on an image that stays as it is: qcow2 with a backing file.
public enum DiskOverlay {
    /// Makes the overlay; one that is there is replaced.
    /// - Parameter base: raw or qcow2, as it is found to be.
    public static func make(at path: String, over base: String) throws(GuestImageError) {
        var creation = DiskImageFile.Creation(.qcow2)
        creation.backingFile = base
        do throws(BlockStorageError) { try DiskImageFile.create(path, creation, replaces: true) } catch {
            throw GuestImageError(error)
        }
    }
}
