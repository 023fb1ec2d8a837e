import Glibc

/// A line for supervisor.log: standard error of the guardian's and the supervisor's.
func logLine(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = write(2, bytes, bytes.count)
}
