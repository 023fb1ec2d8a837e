/// What a comparison has found.
struct ComparisonReport: Codable, Sendable {
    /// A work that could not be done, and why.
    struct Gap: Codable, Sendable {
        var kind: ComparedKind
        var work: ComparedWork
        var reason: String
    }

    /// What ran the machines' processors: "kvm", "software"; nil: no machine was asked for.
    var cpu: String?
    /// The guests' kernel.
    var kernel: String?
    var series: [WorkSeries] = []
    var gaps: [Gap] = []

    func series(_ work: ComparedWork, _ kind: ComparedKind) -> WorkSeries? {
        series.first { $0.work == work && $0.kind == kind }
    }

    /// The works of which there is anything to say, in our order.
    var works: [ComparedWork] {
        ComparedWork.allCases.filter { work in
            series.contains { $0.work == work } || gaps.contains { $0.work == work }
        }
    }
}
