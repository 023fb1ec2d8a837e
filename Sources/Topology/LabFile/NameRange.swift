/// Names with ranges: `h[1-100]`, `h[01-10]` (keeps the width), `h[1-3,7]`, `r[1-2]x[1-2]` (all combinations).
enum NameRange {
    /// More names than this in one range are taken for a slip of the pen.
    static let limit = 100_000

    static func expand(_ text: String) throws(ValueError) -> [String] {
        guard let open = text.firstIndex(of: "[") else {
            guard !text.contains("]") else { throw ValueError("“\(text)” has ] without [", "write h[1-100]") }
            return [text]
        }
        guard let close = text[open...].firstIndex(of: "]") else {
            throw ValueError("“\(text)” has [ without ]", "write h[1-100]")
        }
        let heads = try numbers(text[text.index(after: open)..<close], in: text)
        let tails = try expand(String(text[text.index(after: close)...]))
        guard heads.count * tails.count <= limit else {
            throw ValueError("“\(text)” stands for more than \(limit) names", "choose a smaller range")
        }
        var names: [String] = []
        names.reserveCapacity(heads.count * tails.count)
        let prefix = text[..<open]
        for head in heads {
            for tail in tails { names.append(prefix + head + tail) }
        }
        return names
    }

    private static func numbers(_ body: Substring, in text: String) throws(ValueError) -> [String] {
        var all: [String] = []
        for part in body.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map(\.trimmed)
            guard (1...2).contains(ends.count),
                ends.allSatisfy({ !$0.isEmpty && $0.count < 10 && $0.utf8.allSatisfy { 48...57 ~= $0 } }),
                let first = Int(ends[0]), let last = Int(ends[ends.count - 1])
            else { throw ValueError("“[\(body)]” in “\(text)” is not a range", "write [1-100], [01-10] or [1-3,7]") }
            guard first <= last else {
                throw ValueError("the range \(part) in “\(text)” runs backwards", "write \(last)-\(first)")
            }
            guard last - first < limit, all.count + last - first < limit else {
                throw ValueError("“\(text)” stands for more than \(limit) names", "choose a smaller range")
            }
            let width = ends[0].hasPrefix("0") ? ends[0].count : 0
            for number in first...last {
                let digits = String(number)
                all.append(String(repeating: "0", count: max(0, width - digits.count)) + digits)
            }
        }
        guard Set(all).count == all.count else {
            throw ValueError("“\(text)” names something twice", "let the ranges not overlap")
        }
        return all
    }
}
