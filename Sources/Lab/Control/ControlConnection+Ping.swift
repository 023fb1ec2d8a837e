import Linux

extension ControlConnection {
    func ping(_ request: PingRequest) throws(LabError) {
        var engine = try PingEngine(supervisor, request)
        try engine.run { (results) throws(LabError) in try send(.pinged(results)) }
        try send(.done)
    }
}
