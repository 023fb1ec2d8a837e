import CX86Oracle

/// The registers of a trial: of what it starts with, and of what the real CPU and ours make of it. `fx` is FXSAVE64's image.
extension cx86_oracle_state {
    subscript(register number: Int) -> UInt64 {
        get { withUnsafeBytes(of: registers) { $0.load(fromByteOffset: number * 8, as: UInt64.self) } }
        set {
            withUnsafeMutableBytes(of: &registers) {
                $0.storeBytes(of: newValue, toByteOffset: number * 8, as: UInt64.self)
            }
        }
    }

    /// Part of the FXSAVE image: XMM registers lie at 160 + 16 × number, ST and MM registers at 32 + 16 × number.
    func floating<T: BitwiseCopyable>(_ offset: Int, _: T.Type) -> T {
        withUnsafeBytes(of: fx) { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
    }

    mutating func setFloating<T: BitwiseCopyable>(_ offset: Int, _ value: T) {
        withUnsafeMutableBytes(of: &fx) { $0.storeBytes(of: value, toByteOffset: offset, as: T.self) }
    }

    /// What FNINIT and a reset leave: all exceptions masked, registers empty.
    mutating func resetFloating() {
        _ = withUnsafeMutableBytes(of: &fx) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
        setFloating(0, UInt16(0x037f))
        setFloating(24, UInt32(0x1f80))
    }
}
