import Board
import DiskImage
import Glibc
import Linux

// Works on a disk image as a guest would, and says which flushes were acknowledged; a test kills it at some moment:
//
//     disk-writer IMAGE FORMAT SCRIPT
//
// The script's lines are "OFFSET COUNT VALUE", a write of COUNT bytes (a discard where the value is 0), and "flush". After each
// flush the number of its line, counted from 0, goes to the standard output: 8 bytes, little-endian.

@main enum DiskWriter {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let format = ImageFormat(rawValue: arguments[2]) else { exit(2) }
        do {
            let image = try DiskImageFile.open(arguments[1], format: format, writable: true)
            let lines = try File.readText(arguments[3]).split(separator: "\n")
            for (number, line) in lines.enumerated() { try perform(line, number, on: image) }
        } catch {
            let line = Array("\(error)\n".utf8)
            _ = write(2, line, line.count)
            exit(1)
        }
    }

    private static func perform(_ line: Substring, _ number: Int, on image: any BlockStorage) throws {
        let fields = line.split(separator: " ").compactMap { UInt64($0) }
        guard fields.count == 3 else {
            try image.flush()
            withUnsafeBytes(of: number.littleEndian) { _ = write(1, $0.baseAddress, 8) }
            return
        }
        if fields[2] == 0 { return try image.discard(at: fields[0], byteCount: fields[1], mustZero: true) }
        let bytes = [UInt8](repeating: UInt8(fields[2]), count: Int(fields[1]))
        try bytes.withUnsafeBytes { try image.write(at: fields[0], from: [$0]) }
    }
}
