extension Message {
    /// The first message of each side, with the versions that it speaks (OpenFlow 1.5, 7.5.1).
    public struct Hello: Equatable, Sendable {
        /// The version of the message's header: the highest that the sender speaks, which we need not know.
        public var version: UInt8
        /// Bit n: version n is spoken (`OFPHET_VERSIONBITMAP`, its first 32 bits); nil: not said, as before OpenFlow 1.3.1.
        public var bitmap: UInt32?

        public init(version: UInt8, bitmap: UInt32? = nil) {
            self.version = version
            self.bitmap = bitmap
        }

        /// The hello of somebody who speaks `versions`, one or more.
        ///
        /// The bitmap is there where somebody could misunderstand without: except where all versions up to the highest
        /// are spoken, or only OpenFlow 1.0 is.
        public init(speaking versions: some Sequence<OpenFlowVersion>) {
            bitmap = versions.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
            version = UInt8(31 - max(bitmap ?? 0, 1).leadingZeroBitCount)
        }

        /// Whether the sender speaks `other`, as far as it says.
        public func speaks(_ other: OpenFlowVersion) -> Bool {
            guard let bitmap else { return other.rawValue <= version }
            return bitmap >> UInt32(other.rawValue) & 1 == 1
        }

        /// The version to go on with for somebody who speaks `versions`: the highest that both speak; nil: none.
        public func negotiate(with versions: some Sequence<OpenFlowVersion>) -> OpenFlowVersion? {
            let own = Array(versions)
            if bitmap != nil { return own.filter(speaks).max() }
            // Without a bitmap the lower of the two header versions counts, and must be spoken.
            guard let highest = own.max() else { return nil }
            if version >= highest.rawValue { return highest }
            return own.first { $0.rawValue == version }
        }
    }

    /// `ofp_error_msg`.
    public struct ErrorReport: Equatable, Sendable {
        public var error: OpenFlowError
        /// The message that was refused, at least its first 64 bytes; with `helloFailed` a text.
        public var data: [UInt8]

        public init(_ error: OpenFlowError, data: [UInt8] = []) {
            self.error = error
            self.data = data
        }
    }
}
