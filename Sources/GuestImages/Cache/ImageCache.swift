import Glibc
import Linux

/// Where images and packages are kept: /var/cache/rookery for root, $XDG_CACHE_HOME/rookery (~/.cache/rookery) for others.
/// `ROOKERY_CACHE_DIR` overrides it: who has become root in a user namespace still means the user's own.
/// Nothing in it is missed when it is removed, but for the time to make it again.
public struct ImageCache: Sendable {
    public let folder: String

    public init(folder: String) { self.folder = folder }

    public static let variable = "ROOKERY_CACHE_DIR"

    public static var standard: ImageCache {
        if let path = getenv(variable) { return ImageCache(folder: String(cString: path)) }
        if geteuid() == 0 { return ImageCache(folder: "/var/cache/rookery") }
        if let base = getenv("XDG_CACHE_HOME").map({ String(cString: $0) }), base.hasPrefix("/") {
            return ImageCache(folder: "\(base)/rookery")
        }
        let home = getenv("HOME").map { String(cString: $0) } ?? "/tmp"
        return ImageCache(folder: "\(home)/.cache/rookery")
    }

    var packagesFolder: String { "\(folder)/packages" }
    var imagesFolder: String { "\(folder)/images" }

    /// Makes the folder for files of single machines that may grow large: on disk, where the run directory may be in memory.
    public func machinesFolder() throws(GuestImageError) -> String {
        let path = "\(folder)/machines"
        try system { () throws(SystemError) in try File.makeDirectory(path, mode: 0o700) }
        return path
    }

    /// All images, by name.
    public func images() -> [GuestImage] {
        ((try? File.list(imagesFolder)) ?? []).compactMap { GuestImage(folder: "\(imagesFolder)/\($0)") }
    }

    /// An image by its name ("mini", "debian"); nil where it has not been made.
    public func image(named name: String) -> GuestImage? { GuestImage(folder: "\(imagesFolder)/\(name)") }

    /// Removes an image. Machines that run from it keep their open files.
    public func remove(_ image: GuestImage) throws(GuestImageError) {
        let gone = "\(imagesFolder)/.removed.\(getpid())"
        guard rename(image.folder, gone) == 0 else { throw GuestImageError(SystemError("remove", image.folder)) }
        FileTree.remove(gone)
    }

    /// Removes the packages that images are made from.
    public func removePackages() { FileTree.remove(packagesFolder) }

    /// Puts an image in the place of the one of its name; whole or not at all.
    func install(_ temporary: String, as name: String) throws(GuestImageError) -> GuestImage {
        let target = "\(imagesFolder)/\(name)"
        let old = "\(imagesFolder)/.old.\(getpid())"
        let hadOld = rename(target, old) == 0
        guard rename(temporary, target) == 0 else {
            let error = SystemError("rename to", target)
            if hadOld { rename(old, target) }
            throw GuestImageError(error)
        }
        if hadOld { FileTree.remove(old) }
        guard let image = GuestImage(folder: target) else {
            throw GuestImageError("the image '\(name)' is not whole")
        }
        return image
    }

    /// An empty folder that an image is made in; it goes with the next `install`.
    func temporaryFolder() throws(GuestImageError) -> String {
        let path = "\(imagesFolder)/.making.\(getpid())"
        FileTree.remove(path)
        try system { () throws(SystemError) in try File.makeDirectory(path) }
        return path
    }
}
