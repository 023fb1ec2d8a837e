import GuestImages
import Topology

/// The image that a virtual machine of a lab starts from.
public enum MachineImage {
    /// The image that settings name. The mini guest's is made where it is not there, with the kernel that the machine needs:
    /// to be done before a lab is brought up, where it can be told how far it is.
    /// - Returns: nil: they name none, or one that is not there.
    public static func presentOrMade(
        for settings: LabTopology.MachineSettings, progress: @escaping (GuestImageProgress) -> Void = { _ in }
    ) throws(GuestImageError) -> GuestImage? {
        guard let name = settings.imageName else { return nil }
        guard settings.isMini else { return ImageCache.standard.image(named: name) }
        let isGeneric = name == MiniImage.name(.generic)
        if !isGeneric, name != MiniImage.name(.cloud) { return nil }
        let needed = MiniImage.flavor(
            hasRealChips: settings.virtualization == .full, sharesDirectories: !settings.files.isEmpty)
        return try MiniImage.presentOrMade(isGeneric ? .generic : needed, progress: progress)
    }
}
