import Glibc

extension Double {
    var logarithm: Double { log10(self) }
    /// The power of ten at or below it.
    var decade: Int { Int(log10(self).rounded(.down)) }
}
