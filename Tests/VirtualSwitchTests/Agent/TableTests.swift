import OpenFlow
import Switch
import Testing

@testable import VirtualSwitch

/// Table-mods, what tables say of themselves, and table features.
@Suite struct TableTests {
    private static func description(of table: UInt8, _ peer: Peer) -> Message.TableDescription? {
        guard
            case .tableDescriptions(let tables)? = peer.multipart(.tableDescriptions).first
        else { return nil }
        return tables.first { $0.table == table }
    }

    private static func features(_ peer: Peer) -> [Message.TableFeatures] {
        peer.multipart(.tableFeatures([])).flatMap { part -> [Message.TableFeatures] in
            if case .tableFeatures(let features) = part { features } else { [] }
        }
    }

    @Test(arguments: OpenFlowVersion.allCases)
    func statisticsCountLookups(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        peer.send(
            Message(
                .flowMod(.init(.add, match: Match().with(.inPort, 1), instructions: Instructions(apply: [.output(2)]))))
        )
        for port in [1, 1, 2] { dialogue.receive(Dialogue.frame(), port: port) }
        // Up to OpenFlow 1.2 a packet that no flow matches comes to the controller.
        _ = peer.take()
        guard case .tables(let tables)? = peer.multipart(.tables).first else {
            Issue.record("no statistics")
            return
        }
        #expect(tables.count == 254)
        #expect(tables.first?.active == 1)
        #expect(tables.first?.lookups == 3)
        #expect(tables.first?.matches == 2)
        #expect(tables.dropFirst().allSatisfy { $0.active == 0 && $0.lookups == 0 })
        #expect((tables.first?.description != nil) == (version < .v13))
    }

    @Test(arguments: [OpenFlowVersion.v11, .v12])
    func aTableModSaysWhatBecomesOfAMiss(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        func miss(_ configuration: Message.TableConfiguration) -> [Message] {
            #expect(peer.send(Message(.tableMod(.init(table: 0, configuration: configuration)))).isEmpty)
            dialogue.receive(Dialogue.frame(), port: 1)
            return peer.take()
        }
        peer.send(Message(.flowMod(.init(.add, table: 1, instructions: Instructions(apply: [.output(3)])))))
        #expect(miss(.missController).count == 1)
        #expect(miss(.missDrop).isEmpty)
        #expect(dialogue.takeFrames().isEmpty)
        #expect(miss(.missContinue).isEmpty)
        #expect(dialogue.takeFrames().map(\.port) == [3])
        #expect(
            peer.refusal(of: .tableMod(.init(table: 0, configuration: .missMask))) == .tableModFailed(.badConfig))
    }

    @Test(arguments: OpenFlowVersion.allCases.filter { $0 >= .v11 })
    func aTableThatIsNotThereIsRefused(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        #expect(peer.refusal(of: .tableMod(.init(table: 254, configuration: []))) == .tableModFailed(.badTable))
        #expect(
            peer.refusal(of: .tableMod(.init(table: Message.TableModification.allTables, configuration: []))) == nil)
    }

    @Test(arguments: [OpenFlowVersion.v14, .v15])
    func vacancyEventsComeAtBothThresholds(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        var settings = dialogue.datapath.tableSettings(bridge: dialogue.bridge, table: 3)
        settings.maximumFlows = 10
        dialogue.datapath.setTable(bridge: dialogue.bridge, table: 3, settings, now: dialogue.now)
        #expect(
            peer.refusal(
                of: .tableMod(.init(table: 3, configuration: .vacancyEvents, vacancy: .init(down: 60, up: 40))))
                == .badProperty(.badValue))
        let events = Message.TableModification(
            table: 3, configuration: .vacancyEvents, vacancy: .init(down: 20, up: 50))
        #expect(peer.send(Message(.tableMod(events))).isEmpty)
        #expect(Self.description(of: 3, peer)?.vacancy == .init(down: 20, up: 50, current: 100))

        func flow(_ command: FlowModification.Command, _ port: UInt32) -> [Message.TableStatus] {
            peer.send(Message(.flowMod(.init(command, table: 3, match: Match().with(.inPort, port))))).compactMap {
                if case .tableStatus(let status) = $0.body { status } else { nil }
            }
        }
        let filling = (1...10).flatMap { flow(.add, $0) }
        #expect(filling.map(\.reason) == [.vacancyDown])
        #expect(filling.first?.table.table == 3)
        #expect((filling.first?.table.vacancy?.current ?? 100) < 20)
        let emptying = (1...10).flatMap { flow(.deleteStrict, $0) }
        #expect(emptying.map(\.reason) == [.vacancyUp])
        #expect((emptying.first?.table.vacancy?.current ?? 0) > 50)
    }

    @Test(arguments: [OpenFlowVersion.v14, .v15])
    func evictionIsSaidInTheDescription(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        #expect(Self.description(of: 9, peer)?.configuration == [])
        peer.send(Message(.tableMod(.init(table: 9, configuration: .eviction, evictionFlags: [.importance]))))
        #expect(Self.description(of: 9, peer)?.configuration == .eviction)
        #expect(Self.description(of: 9, peer)?.evictionFlags == .importance)
        #expect(Self.description(of: 8, peer)?.configuration == [])
    }

    @Test(arguments: [OpenFlowVersion.v13, .v14, .v15])
    func featuresOfAllTablesComeInParts(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        let frames = peer.frames(for: Message(xid: 6, .multipartRequest(.init(.tableFeatures([])))))
        #expect(frames.count > 1)
        #expect(frames.allSatisfy { $0.count <= 0xffff })
        // OFPMPF_REPLY_MORE is on all parts but the last.
        #expect(frames.map { $0[11] & 1 } == Array(repeating: 1, count: frames.count - 1) + [0])
        let features = Self.features(peer)
        #expect(features.map(\.table) == Array(0..<254))
        let types = features[0].properties.compactMap { property -> [Message.TypeID]? in
            if case .applyActions(let types, miss: false) = property { types } else { nil }
        }
        // Output, group, set-field.
        #expect(types.first?.map(\.type).filter { [0, 22, 25].contains($0) } == [0, 22, 25])
    }

    @Test(arguments: [OpenFlowVersion.v13, .v14, .v15])
    func aControllerNamesAndSizesTables(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        var wanted = Self.features(peer)[4]
        wanted.name = "acl"
        wanted.maximumEntries = 2
        #expect(!peer.multipart(.tableFeatures([wanted])).isEmpty)
        let after = Self.features(peer)
        #expect(after[4].name == "acl")
        #expect(after[4].maximumEntries == 2)
        #expect(after[5].name.isEmpty)
        func add(_ port: UInt32) -> OpenFlowError? {
            peer.refusal(of: .flowMod(.init(.add, table: 4, match: Match().with(.inPort, port))))
        }
        #expect(add(1) == nil)
        #expect(add(2) == nil)
        #expect(add(3) == .flowModFailed(.tableFull))

        let beyond: OpenFlowError = version >= .v15 ? .tableFeaturesFailed(.badFeatures) : .badProperty(.badValue)
        func refusal(_ change: (inout Message.TableFeatures) -> Void) -> OpenFlowError? {
            var features = wanted
            change(&features)
            return peer.refusal(of: .multipartRequest(.init(.tableFeatures([features]))))
        }
        #expect(refusal { $0.table = 254 } == .tableFeaturesFailed(.badTable))
        #expect(
            refusal { $0.properties = [.applyActions([.init(99)], miss: false)] } == beyond)
        #expect(refusal { $0.properties = [.nextTables([2], miss: false)] } == beyond)
        // Nothing of what was refused was done.
        #expect(Self.features(peer)[4].name == "acl")
    }

    @Test(arguments: [OpenFlowVersion.v14, .v15])
    func aControllerSynchronizesTables(version: OpenFlowVersion) {
        let peer = Dialogue().connect(version)
        func sources(of table: Int) -> [[UInt8]] {
            Self.features(peer)[table].properties.compactMap { property -> [UInt8]? in
                if case .synchronizedFrom(let tables) = property { tables } else { nil }
            }
        }
        func refusal(_ table: Int, from tables: [UInt8]) -> OpenFlowError? {
            var features = Self.features(peer)[table]
            features.properties.removeAll { if case .synchronizedFrom = $0 { true } else { false } }
            features.properties.append(.synchronizedFrom(tables))
            return peer.refusal(of: .multipartRequest(.init(.tableFeatures([features]))))
        }
        func flow(_ command: FlowModification.Command, table: UInt8, goTo: UInt8? = nil) -> OpenFlowError? {
            var instructions = Instructions(apply: [.output(2)])
            instructions.goTo = goTo
            return peer.refusal(
                of: .flowMod(.init(command, table: table, match: Match().with(.inPort, 1), instructions: instructions)))
        }
        #expect(sources(of: 4).isEmpty)
        #expect(refusal(4, from: [4]) != nil)
        #expect(refusal(4, from: [254]) != nil)
        #expect(refusal(4, from: [2]) == nil)
        #expect(sources(of: 4) == [[2]])
        #expect(flow(.add, table: 2, goTo: 3) == .flowModFailed(.cannotSynchronize))
        #expect(flow(.add, table: 2) == nil)
        #expect(flow(.deleteStrict, table: 4) == .flowModFailed(.isSynchronized))
        guard case .tables(let statistics)? = peer.multipart(.tables).first else {
            Issue.record("no statistics")
            return
        }
        #expect(statistics.map(\.active).prefix(5) == [0, 0, 1, 0, 1])
    }

    @Test func aRequestInPartsCountsOnceItIsWhole() {
        let peer = Dialogue().connect(.v13)
        var features = Self.features(peer)
        features[0].name = "first"
        features[253].name = "last"
        func part(_ tables: Range<Int>) -> Message {
            let isLast = tables.upperBound == features.count
            return Message(xid: 3, .multipartRequest(.init(.tableFeatures(Array(features[tables])), hasMore: !isLast)))
        }
        for start in stride(from: 0, to: 240, by: 20) { #expect(peer.send(part(start..<start + 20)).isEmpty) }
        #expect(Self.features(peer)[0].name.isEmpty)
        let answers = peer.send(part(240..<254))
        #expect(answers.allSatisfy { $0.error == nil && $0.xid == 3 } && !answers.isEmpty)
        let after = Self.features(peer)
        #expect(after[0].name == "first")
        #expect(after[253].name == "last")
    }

    @Test func partsThatAreTooManyOverflow() {
        let peer = Dialogue().connect(.v13)
        let part = Message.MultipartRequest(.tableFeatures(Array(Self.features(peer)[..<10])), hasMore: true)
        let frame = Message(xid: 3, .multipartRequest(part)).encode(version: .v13)
        var refused: OpenFlowError?
        for _ in 0..<(2 << 20) / frame.count {
            refused = peer.send(bytes: [frame]).first?.error
            if refused != nil { break }
        }
        #expect(refused == .badRequest(.multipartBufferOverflow))
    }

    @Test(arguments: [OpenFlowVersion.v13, .v14, .v15])
    func partsThatStayAwayTimeOut(version: OpenFlowVersion) {
        let dialogue = Dialogue()
        let peer = dialogue.connect(version)
        let part = Message.MultipartRequest(.tableFeatures([]), hasMore: true)
        #expect(peer.send(Message(xid: 3, .multipartRequest(part))).isEmpty)
        dialogue.pass(2 * Dialogue.second)
        let answers = peer.take()
        // OpenFlow 1.3 has no such error.
        #expect(answers.first?.error == (version >= .v14 ? .badRequest(.multipartRequestTimeout) : nil))
        #expect(answers.first?.xid == (version >= .v14 ? 3 : nil))
        #expect(Self.features(peer).count == 254)
    }
}
