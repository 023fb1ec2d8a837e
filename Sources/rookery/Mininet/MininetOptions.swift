// Mininet's options (mn -h, version 2.3), by the rules of Python's optparse: long options may be cut to a unique prefix,
// values follow `=` or a space, short options may be run together.

/// `tc,bw=10,delay=5ms`: a name, and parameters by place or by name.
struct MininetChoice: Equatable {
    var name: String
    var arguments: [String] = []
    var parameters: [String: String] = [:]

    init(_ text: String) {
        let words = text.split(separator: ",", omittingEmptySubsequences: true).map(String.init)
        name = words.first ?? ""
        for word in words.dropFirst() {
            if let sign = word.firstIndex(of: "=") {
                parameters[String(word[..<sign])] = String(word[word.index(after: sign)...])
            } else {
                arguments.append(word)
            }
        }
    }
}

/// What `mn` was asked for.
struct MininetOptions: Equatable {
    var switchKind = MininetChoice("default")
    var host = MininetChoice("proc")
    var controllers: [MininetChoice] = []
    var link = MininetChoice("default")
    /// As it stands on the command line: `tree,2,2`.
    var topology = "minimal"
    var clean = false
    var custom: [String] = []
    var tests: [String] = []
    var xterms = false
    var ipBase = "10.0.0.0/8"
    var macs = false
    var arp = false
    var verbosity = "info"
    var inNamespace = false
    var listenPort: Int? = 6654
    var pre: String?
    var post: String?
    var pin = false
    /// The parameters of `--nat`, or nil without it.
    var nat: MininetChoice?
    var wait = false
    var waitSeconds: Int?
    var cluster: String?
    var placement = "block"
    var help = false
    var version = false

    static let usage = "Usage: mn [options]\n(type mn -h for details)\n"

    /// What is wrong with the command line, as optparse says it.
    struct Mistake: Error, Equatable { var text: String }

    private enum Value {
        case none
        case required
        /// Taken where the next word does not begin with a hyphen.
        case optional
    }

    private static let options: [(long: String, short: Character?, value: Value)] = [
        ("help", "h", .none), ("switch", nil, .required), ("host", nil, .required), ("controller", nil, .required),
        ("link", nil, .required), ("topo", nil, .required), ("clean", "c", .none), ("custom", nil, .required),
        ("test", nil, .required), ("xterms", "x", .none), ("ipbase", "i", .required), ("mac", nil, .none),
        ("arp", nil, .none), ("verbosity", "v", .required), ("innamespace", nil, .none),
        ("listenport", nil, .required), ("nolistenport", nil, .none), ("pre", nil, .required),
        ("post", nil, .required), ("pin", nil, .none), ("nat", nil, .optional), ("version", nil, .none),
        ("wait", "w", .none), ("twait", "t", .required), ("cluster", nil, .required), ("placement", nil, .required),
    ]

    init() {}

    init(_ arguments: [String]) throws(Mistake) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--" {
                if let extra = rest.first { throw Mistake(text: "unexpected argument: \(extra)") }
                break
            }
            if word.hasPrefix("--") {
                try takeLong(String(word.dropFirst(2)), &rest)
            } else if word.hasPrefix("-"), word.count > 1 {
                try takeShort(word.dropFirst(), &rest)
            } else {
                throw Mistake(text: "unexpected argument: \(word)")
            }
        }
    }

    private mutating func takeLong(_ word: String, _ rest: inout ArraySlice<String>) throws(Mistake) {
        var name = word
        var value: String?
        if let sign = word.firstIndex(of: "=") {
            name = String(word[..<sign])
            value = String(word[word.index(after: sign)...])
        }
        var found = Self.options.filter { $0.long == name }
        if found.isEmpty { found = Self.options.filter { $0.long.hasPrefix(name) } }
        guard let option = found.first else { throw Mistake(text: "no such option: --\(name)") }
        if found.count > 1 {
            let names = found.map { "--\($0.long)" }.sorted().joined(separator: ", ")
            throw Mistake(text: "ambiguous option: --\(name) (\(names)?)")
        }
        switch option.value {
        case .none:
            if value != nil { throw Mistake(text: "--\(option.long) option does not take a value") }
        case .required:
            value = value ?? rest.popFirst()
            if value == nil { throw Mistake(text: "--\(option.long) option requires 1 argument") }
        case .optional:
            if value == nil, let next = rest.first, !next.hasPrefix("-") { value = rest.popFirst() }
        }
        try set(option.long, value ?? "")
    }

    private mutating func takeShort(_ letters: Substring, _ rest: inout ArraySlice<String>) throws(Mistake) {
        var letters = letters
        while let letter = letters.popFirst() {
            guard let option = Self.options.first(where: { $0.short == letter }) else {
                throw Mistake(text: "no such option: -\(letter)")
            }
            guard option.value == .required else {
                try set(option.long, "")
                continue
            }
            let value = letters.isEmpty ? rest.popFirst() : String(letters)
            guard let value else { throw Mistake(text: "-\(letter) option requires 1 argument") }
            try set(option.long, value)
            return
        }
    }

    private mutating func set(_ name: String, _ value: String) throws(Mistake) {
        func number() throws(Mistake) -> Int {
            guard let number = Int(value) else {
                throw Mistake(text: "option --\(name): invalid integer value: '\(value)'")
            }
            return number
        }
        switch name {
        case "help": help = true
        case "switch": switchKind = MininetChoice(value)
        case "host": host = MininetChoice(value)
        case "controller": controllers.append(MininetChoice(value))
        case "link": link = MininetChoice(value)
        case "topo": topology = value
        case "clean": clean = true
        case "custom": custom.append(value)
        case "test": tests.append(value)
        case "xterms": xterms = true
        case "ipbase": ipBase = value
        case "mac": macs = true
        case "arp": arp = true
        case "verbosity":
            guard MininetLog.Level(name: value) != nil else {
                let levels = "'debug', 'info', 'output', 'warning', 'warn', 'error', 'critical'"
                throw Mistake(text: "option -v: invalid choice: '\(value)' (choose from \(levels))")
            }
            verbosity = value
        case "innamespace": inNamespace = true
        case "listenport": listenPort = try number()
        case "nolistenport": listenPort = nil
        case "pre": pre = value
        case "post": post = value
        case "pin": pin = true
        case "nat": nat = MininetChoice("nat,\(value)")
        case "version": version = true
        case "wait": wait = true
        case "twait": waitSeconds = try number()
        case "cluster": cluster = value
        case "placement":
            guard ["block", "random"].contains(value) else {
                throw Mistake(text: "option --placement: invalid choice: '\(value)' (choose from 'block', 'random')")
            }
            placement = value
        default: throw Mistake(text: "no such option: --\(name)")
        }
    }

    static let helpText = """
        Usage: mn [options]
        (type mn -h for details)

        The mn utility creates a network from the command line, as Mininet's does.
        It can create parametrized topologies, invoke the CLI, and run tests.

        Options:
          -h, --help            show this help message and exit
          --switch=SWITCH       default|ivs|lxbr|ovs|ovsbr|ovsk|user[,param=value...]
                                all of them are Rookery's own switch
          --host=HOST           cfs|proc|rt[,param=value...]
                                cfs,cpu=F and rt,cpu=F: each host gets at most the
                                fraction F of all processors
          --controller=CONTROLLER
                                default|none|ovsc|ref: the switches learn by themselves;
                                nox|remote|ryu need the OpenFlow agent, which this
                                version does not have
          --link=LINK           default|ovs|tc|tcu[,param=value...]
                                tc,bw=10,delay=5ms,jitter=1ms,loss=1,max_queue_size=100
          --topo=TOPO           linear|minimal|reversed|single|torus|tree
                                [,param=value...] and all of rookery topo list
          -c, --clean           remove what Rookery's labs have left, and exit
          --custom=CUSTOM       read topologies and tests from .py file(s)
          --test=TEST           pingall|pingpair|iperf|iperfudp|all|none|build, chained
                                with + and repeatable
          -x, --xterms          spawn xterms for each node
          -i IPBASE, --ipbase=IPBASE
                                base IP address for hosts
          --mac                 automatically set host MACs
          --arp                 set all-pairs ARP entries
          -v VERBOSITY, --verbosity=VERBOSITY
                                debug|info|output|warning|warn|error|critical
          --innamespace         accepted: the switches need no control network
          --listenport=LISTENPORT
                                accepted: needs the OpenFlow agent
          --nolistenport        don't use passive listening port
          --pre=PRE             CLI script to run before tests
          --post=POST           CLI script to run after tests
          --pin                 pin hosts to CPU cores (requires --host cfs or --host
                                rt)
          --nat                 [option=val...] adds a NAT to the topology that
                                connects the hosts to the physical network
          --version             prints the version and exits
          -w, --wait            wait for switches to connect
          -t WAIT, --twait=WAIT
                                timed wait (s) for switches to connect
          --cluster=server1,server2...
                                needs labs over several machines, which this version
                                does not have
          --placement=block|random
                                node placement for --cluster

        """
}
