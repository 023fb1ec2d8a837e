/// A descriptor with several holders, closed with the last of them: for arrays and closures, which a `FileDescriptor`
/// cannot be in. Not for collections that a packet passes through.
public final class OwnedDescriptor: Sendable {
    public let descriptor: FileDescriptor
    public var rawValue: Int32 { descriptor.rawValue }

    public init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
}
