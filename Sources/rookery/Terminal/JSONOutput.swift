import FoundationEssentials

extension TextOutput {
    /// Writes a value as JSON with sorted keys, for programs and for people.
    func writeJSON(_ value: some Encodable) throws(CommandError) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
        } catch {
            throw CommandError("the answer cannot be written as JSON: \(error)")
        }
    }
}
