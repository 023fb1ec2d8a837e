/// The opcode maps (SDM volume 2, appendix A) as one array: four maps of 256 entries, then the entries that groups, prefixes
/// and modes choose among. Made once; never freed.
struct OpcodeTable: @unchecked Sendable {
    let entries: UnsafePointer<OpcodeEntry>

    static let shared = OpcodeTable()

    private init() {
        var builder = Builder()
        builder.definePrimary()
        builder.defineX87()
        builder.defineSecondary()
        builder.defineSecondaryGroups()
        builder.defineVectorFloat()
        builder.defineVectorInteger()
        builder.defineTertiary()
        let entries = UnsafeMutablePointer<OpcodeEntry>.allocate(capacity: builder.entries.count)
        entries.initialize(from: builder.entries, count: builder.entries.count)
        self.entries = UnsafePointer(entries)
    }

    struct Builder {
        var entries = [OpcodeEntry](repeating: .invalid, count: 4 * 256)

        subscript(map: OpcodeMap, opcode: Int) -> OpcodeEntry {
            get { entries[Int(map.rawValue) << 8 | opcode] }
            set { entries[Int(map.rawValue) << 8 | opcode] = newValue }
        }

        private mutating func choose(
            _ choice: OpcodeEntry.Choice, _ list: [OpcodeEntry], flags: OpcodeEntry.Flags = []
        ) -> OpcodeEntry {
            let first = UInt16(entries.count)
            entries += list
            return OpcodeEntry(value: first, flags: flags, choice: choice)
        }

        /// By ModRM's reg: /0 to /7.
        mutating func reg(_ list: OpcodeEntry...) -> OpcodeEntry {
            precondition(list.count == 8, "a group has 8 entries")
            return choose(.reg, list, flags: .modRM)
        }

        /// By ModRM's r/m.
        mutating func rm(_ list: OpcodeEntry...) -> OpcodeEntry {
            precondition(list.count == 8, "a group has 8 entries")
            return choose(.rm, list, flags: .modRM)
        }

        mutating func memory(_ memory: OpcodeEntry, register: OpcodeEntry) -> OpcodeEntry {
            choose(.mod, [memory, register], flags: .modRM)
        }

        /// By mandatory prefix. Those that are not given are invalid.
        mutating func prefix(
            _ none: OpcodeEntry = .invalid, x66: OpcodeEntry = .invalid, xF3: OpcodeEntry = .invalid,
            xF2: OpcodeEntry = .invalid
        ) -> OpcodeEntry {
            choose(.prefix, [none, x66, xF3, xF2])
        }

        /// By REX.W.
        mutating func wide(_ wide: OpcodeEntry, otherwise narrow: OpcodeEntry) -> OpcodeEntry {
            choose(.wide, [narrow, wide])
        }

        /// By REX.B.
        mutating func rexB(_ set: OpcodeEntry, otherwise clear: OpcodeEntry) -> OpcodeEntry {
            choose(.rexB, [clear, set])
        }

        mutating func longMode(_ long: OpcodeEntry, otherwise other: OpcodeEntry) -> OpcodeEntry {
            choose(.longMode, [other, long])
        }
    }
}
