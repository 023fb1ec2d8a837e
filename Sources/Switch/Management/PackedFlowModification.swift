/// A change of flows for keeping: a match in as many words as it looks at, where `FlowModification` has room for all
/// fields. A controller may gather hundreds of thousands of them in a bundle.
public struct PackedFlowModification: Sendable {
    private let command: FlowModification.Command
    private let table: UInt8?
    private let priority: UInt16
    private let match: PackedMatch
    private let cookie: UInt64
    private let cookieMask: UInt64
    private let newCookie: UInt64?
    private let idleTimeout: UInt16
    private let hardTimeout: UInt16
    private let importance: UInt16
    private let flags: FlowModification.Flags
    private let outPort: UInt32
    private let outGroup: UInt32
    private let instructions: Instructions
    private let buffer: UInt32?

    /// By pointer: a change is over a kilobyte, and is read here where it lies.
    public init(_ change: UnsafePointer<FlowModification>) {
        command = change.pointee.command
        table = change.pointee.table
        priority = change.pointee.priority
        match = PackedMatch(change.pointer(to: \.match)!)
        cookie = change.pointee.cookie
        cookieMask = change.pointee.cookieMask
        newCookie = change.pointee.newCookie
        idleTimeout = change.pointee.idleTimeout
        hardTimeout = change.pointee.hardTimeout
        importance = change.pointee.importance
        flags = change.pointee.flags
        outPort = change.pointee.outPort
        outGroup = change.pointee.outGroup
        instructions = change.pointee.instructions
        buffer = change.pointee.buffer
    }

    public var change: FlowModification {
        FlowModification(
            command, table: table, priority: priority, match: match.match, cookie: cookie, cookieMask: cookieMask,
            newCookie: newCookie, idleTimeout: idleTimeout, hardTimeout: hardTimeout, importance: importance,
            flags: flags, outPort: outPort, outGroup: outGroup, instructions: instructions, buffer: buffer)
    }
}
