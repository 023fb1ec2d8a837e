/// Spans of time that rows of the database ask for, in nanoseconds. Anybody who may write a row may write any number there:
/// a negative one counts as none, and one beyond a century and a half as that, so that it can be added to a clock's time.
enum Nanoseconds {
    static let longest: UInt64 = 1 << 62

    static func milliseconds(_ count: some BinaryInteger) -> UInt64 { span(count, 1_000_000) }
    static func seconds(_ count: some BinaryInteger) -> UInt64 { span(count, 1_000_000_000) }

    private static func span(_ count: some BinaryInteger, _ unit: UInt64) -> UInt64 {
        min(UInt64(clamping: count), longest / unit) * unit
    }
}
