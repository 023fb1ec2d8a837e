import Switch

extension LinkChange {
    /// What `rookery link set` takes after the link: `delay=20ms loss=1%,25% rate=10mbit up`.
    ///
    /// `forward.delay=…` and `reverse.delay=…` touch one direction; `ideal` sets everything back; `down` and `up` switch
    /// the link. Parts of one value stand between commas: `jitter=2ms,normal,25%`, `loss=gilbert,1%,20%`,
    /// `aqm=codel,5ms,100ms,ecn`.
    public init(arguments: [String]) throws(TopologyError) {
        self.init()
        var problems: [TopologyError.Problem] = []
        for word in arguments.flatMap({ $0.split(whereSeparator: \.isWhitespace).map(String.init) }) {
            do { try add(word) } catch {
                problems.append(.init(what: "\(word): \(error.what)", remedy: error.remedy))
            }
        }
        if isEmpty && problems.isEmpty {
            problems.append(.init(what: "nothing to change", remedy: "for example delay=20ms loss=1%"))
        }
        if !problems.isEmpty { throw TopologyError(problems) }
    }

    private mutating func add(_ word: String) throws(ValueError) {
        switch word {
        case "up": up = true
        case "down": up = false
        case "ideal": both.append(.ideal)
        default:
            guard let sign = word.firstIndex(of: "=") else {
                throw ValueError("not a setting", "write NAME=VALUE, up, down or ideal")
            }
            var name = String(word[..<sign])
            var direction = \LinkChange.both
            for (prefix, path) in [("forward.", \LinkChange.forward), ("reverse.", \LinkChange.reverse)]
            where name.hasPrefix(prefix) {
                name = String(name.dropFirst(prefix.count))
                direction = path
            }
            guard let property = LinkProperty(rawValue: name) else {
                throw ValueError(
                    "a link has no “\(name)”", nearestHint(name, among: LinkProperty.names))
            }
            let text = String(word[word.index(after: sign)...])
            let items = text.split(separator: ",", omittingEmptySubsequences: false).map {
                PropertyValue.text(String($0))
            }
            let value = items.count == 1 ? items[0] : PropertyValue.list(items)
            self[keyPath: direction] += try property.settings(value)
        }
    }
}
