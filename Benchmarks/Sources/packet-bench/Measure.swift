/// Runs `body` if its name begins with one of the arguments, or there are none.
/// - Parameter target: the nanoseconds that the design asks for, if any.
func measure(_ name: String, target: Double? = nil, operations: Int, rounds: Int = 9, _ body: (Int) -> Void) {
    let wanted = CommandLine.arguments.dropFirst()
    guard wanted.isEmpty || wanted.contains(where: { name.hasPrefix($0) }) else { return }
    body(operations / 10)
    var best = Double.infinity
    for _ in 0..<rounds {
        let (seconds, attoseconds) = ContinuousClock().measure { body(operations) }.components
        best = min(best, (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(operations))
    }
    let verdict = target.map { "  (at most \(Int($0)): \(best <= $0 ? "reached" : "MISSED"))" } ?? ""
    print("\(name): \(Double(Int(best * 10 + 0.5)) / 10) ns\(verdict)")
}

func measureChain(_ name: String, target: Double? = nil, operations: Int = 500_000, _ chain: @autoclosure () -> Chain) {
    var made: Chain?
    measure(name, target: target, operations: operations) { count in
        if made == nil { made = chain() }
        made!.run(packets: count)
    }
}
