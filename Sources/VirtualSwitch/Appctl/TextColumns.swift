extension String {
    /// With spaces behind, to be at least so wide.
    func left(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    /// With spaces in front, to be at least so wide.
    func right(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
