import Testbed
import Testing

@testable import X86

@Suite("Block table")
struct BlockTableTests {
    @Test("in step with a dictionary, through growth and removals")
    func lockstep() {
        var table = BlockTable()
        var oracle: [UInt64: UnsafeMutableRawPointer] = [:]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<60_000 {
            // Keys close to each other, and a multiple of the capacity apart, so that they collide.
            let key = UInt64.random(in: 1...6000, using: &random) << UInt64.random(in: 0...1, using: &random)
            let first = UnsafeMutableRawPointer(bitPattern: UInt.random(in: 1...3, using: &random) * 64)!
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                table.insert(key, first)
                oracle[key] = first
            case 1:
                table.remove(key, first)
                if oracle[key] == first { oracle[key] = nil }
            default:
                #expect(table.find(key) == oracle[key])
            }
        }
        for key in UInt64(1)...12_000 { #expect(table.find(key) == oracle[key]) }
    }
}
