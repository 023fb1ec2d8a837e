import Switch

/// Why the text of a flow, group or meter was refused.
public struct FlowSyntaxError: Error, Equatable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }

    /// Does `body`, whose errors become syntax errors with their text.
    static func wrapping<T>(_ body: () throws(MatchSyntaxError) -> T) throws(FlowSyntaxError) -> T {
        do throws(MatchSyntaxError) { return try body() } catch { throw FlowSyntaxError(error.description) }
    }

    static func wrapping<T>(_ body: () throws(ActionSyntaxError) -> T) throws(FlowSyntaxError) -> T {
        do throws(ActionSyntaxError) { return try body() } catch { throw FlowSyntaxError(error.description) }
    }
}

/// Numbers as ovs-ofctl takes them: decimal, hexadecimal behind 0x, and -1 for all ones where `mayBeNegative`.
func textNumber<N: FixedWidthInteger & UnsignedInteger>(
    _ text: Substring, _ what: String, mayBeNegative: Bool = false
) throws(FlowSyntaxError) -> N {
    if mayBeNegative, text.utf8.first == UInt8(ascii: "-"), let number = Int64(text) {
        return N(truncatingIfNeeded: number)
    }
    let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
    let digits = isHexadecimal ? text.dropFirst(2) : text
    guard digits.utf8.first != UInt8(ascii: "+"), digits.utf8.first != UInt8(ascii: "-"),
        let number = N(digits, radix: isHexadecimal ? 16 : 10)
    else { throw FlowSyntaxError("\(what): “\(text)” is not a number from 0 to \(N.max)") }
    return number
}
