/// Messages as they stand on the wire, for those who speak to `rookery-lab` without `LabClient`.
public enum ControlMessage {
    /// A value as a line of JSON, with its end.
    public static func line(_ value: some Encodable) throws(LabError) -> String {
        String(decoding: try ControlLine.encode(value), as: UTF8.self)
    }
}
