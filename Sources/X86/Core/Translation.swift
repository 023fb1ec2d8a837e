/// What an access wants to do with a page.
public enum AccessKind: Sendable {
    case read, write, fetch
}

/// Where a linear address leads, and what may be done there without asking again.
struct Translation {
    var physical: UInt64
    var isWritable: Bool
    var isExecutable: Bool
    /// The page table's entry has its dirty bit (or there is no paging): the next store needs no walk.
    var isDirty: Bool
    var isLarge: Bool
}

/// Bits of page-table entries (Intel SDM volume 3, 4.5).
enum PageTableEntry {
    static let present: UInt64 = 1
    static let writable: UInt64 = 2
    static let user: UInt64 = 4
    static let accessed: UInt64 = 1 << 5
    static let dirty: UInt64 = 1 << 6
    static let large: UInt64 = 1 << 7
    static let noExecute: UInt64 = 1 << 63
    static let address: UInt64 = 0x000f_ffff_ffff_f000
}

/// Bits of a page fault's error code.
enum PageFaultCode {
    static let present: UInt32 = 1
    static let write: UInt32 = 2
    static let user: UInt32 = 4
    static let reserved: UInt32 = 8
    static let fetch: UInt32 = 16
}

/// Bits of control registers that translation asks for.
public enum ControlBit {
    public static let protection: UInt64 = 1
    public static let monitorCoprocessor: UInt64 = 1 << 1
    public static let emulation: UInt64 = 1 << 2
    public static let taskSwitched: UInt64 = 1 << 3
    public static let numericError: UInt64 = 1 << 5
    public static let writeProtect: UInt64 = 1 << 16
    public static let alignmentMask: UInt64 = 1 << 18
    public static let paging: UInt64 = 1 << 31
    // CR4
    public static let virtual8086Extensions: UInt64 = 1 << 0
    public static let timeStampDisable: UInt64 = 1 << 2
    public static let debugExtensions: UInt64 = 1 << 3
    public static let pageSizeExtensions: UInt64 = 1 << 4
    public static let physicalAddressExtension: UInt64 = 1 << 5
    public static let globalPages: UInt64 = 1 << 7
    public static let fxsave: UInt64 = 1 << 9
    public static let simdExceptions: UInt64 = 1 << 10
    public static let userModeInstructionPrevention: UInt64 = 1 << 11
    public static let fsgsbase: UInt64 = 1 << 16
    public static let processContextIdentifiers: UInt64 = 1 << 17
    public static let supervisorExecutionPrevention: UInt64 = 1 << 20
    public static let supervisorAccessPrevention: UInt64 = 1 << 21
    // EFER
    public static let systemCall: UInt64 = 1
    public static let longModeEnable: UInt64 = 1 << 8
    public static let longModeActive: UInt64 = 1 << 10
    public static let noExecuteEnable: UInt64 = 1 << 11
}
