/// How a disk's bytes are laid out in a file.
public enum ImageFormat: String, Sendable, CaseIterable, Codable {
    case raw
    case qcow2
}
