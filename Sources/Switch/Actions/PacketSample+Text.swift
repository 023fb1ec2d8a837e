extension PacketSample {
    func write(to out: inout String, _ names: FlowNames) {
        out += "sample(probability=\(probability),collector_set_id=\(collectorSet)"
        out += ",obs_domain_id=\(observationDomain),obs_point_id=\(observationPoint)"
        if samplingPort != PortNumber.any {
            out += ",sampling_port="
            names.write(port: samplingPort, to: &out)
        }
        switch direction {
        case .both: break
        case .ingress: out += ",ingress"
        case .egress: out += ",egress"
        }
        out += ")"
    }

    /// Reads what stands in the parentheses of `sample`.
    init(parsing text: Substring, _ names: FlowNames) throws(ActionSyntaxError) {
        self.init(probability: 0)
        var items = KeyValueScanner(text)
        while let (name, value) = items.next() {
            switch name {
            case "probability": probability = try value.number("probability")
            case "collector_set_id": collectorSet = try value.number("collector_set_id")
            case "obs_domain_id": observationDomain = try value.number("obs_domain_id")
            case "obs_point_id": observationPoint = try value.number("obs_point_id")
            case "sampling_port":
                guard let port = names.port(value) else { throw ActionSyntaxError("there is no port “\(value)”") }
                samplingPort = port
            case "ingress": direction = .ingress
            case "egress": direction = .egress
            default: throw ActionSyntaxError("sample: knows no “\(name)”")
            }
        }
        guard probability != 0 else { throw ActionSyntaxError("sample: needs a probability from 1 to 65535") }
    }
}
