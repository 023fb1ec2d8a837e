import Glibc
import Linux

/// Appends a line to a log that this process has not opened.
func logLine(_ text: String, to path: String) {
    guard let file = try? File.open(path, O_WRONLY | O_APPEND | O_NOFOLLOW) else { return }
    try? file.writeBytes(Array((text + "\n").utf8))
}

/// A line for supervisor.log: standard error of the guardian's and the supervisor's.
func logLine(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = write(2, bytes, bytes.count)
}
