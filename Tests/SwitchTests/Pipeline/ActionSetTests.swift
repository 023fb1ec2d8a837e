import Testing

@testable import Switch

/// What is done of an action set, and in which order (OpenFlow 1.5, 5.6).
@Suite struct ActionSetTests {
    private func ordered(_ text: Substring) throws -> String {
        var set = ActionSet()
        for action in try Instructions(parsing: text).apply { set.add(action) }
        return set.ordered.map(\.description).joined(separator: ",")
    }

    /// However they are written, a packet goes to the group, else out, else to another table, else to the tracker.
    @Test func theHighestRankGoes() throws {
        #expect(try ordered("output:2,resubmit(,5)") == "output:2")
        #expect(try ordered("resubmit(,5),output:2") == "output:2")
        #expect(try ordered("resubmit(,5),ct(table=6)") == "resubmit(,5)")
        #expect(try ordered("ct(table=6),dec_ttl") == "dec_ttl,ct(table=6)")
        #expect(try ordered("group:1,output:2,ct(table=6),resubmit(,5)") == "group:1")
        // Of one rank, the last.
        #expect(try ordered("output:2,resubmit(,5),output:3,resubmit(,6)") == "output:3")
    }

    @Test func withoutAnEndNothingIsDone() throws { #expect(try ordered("dec_ttl,push_vlan:0x8100") == "") }

    @Test func theOutputThatTablesSee() throws {
        var set = ActionSet()
        #expect(set.outputPort == PortNumber.unset)
        set.add(.output(2))
        set.add(.resubmit(port: nil, table: 5, connectionTuple: false))
        #expect(set.outputPort == 2)
        set.add(.group(1))
        #expect(set.outputPort == PortNumber.unset)
    }
}
