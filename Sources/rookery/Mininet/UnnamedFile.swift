import Glibc
import Linux

/// Files that nobody else can open and that end with their descriptor (open(2), O_TMPFILE).
enum UnnamedFile {
    // The header builds the flag from two others, which Swift does not import.
    private static let flag: Int32 = 0o20_000_000 | O_DIRECTORY

    static func make() throws(SystemError) -> FileDescriptor { try File.open("/tmp", O_RDWR | flag, mode: 0o600) }

    /// A file with this text, to be read from its beginning.
    static func holding(_ text: String) throws(SystemError) -> FileDescriptor {
        let file = try make()
        try file.writeAll(text)
        lseek(file.rawValue, 0, SEEK_SET)
        return file
    }
}
