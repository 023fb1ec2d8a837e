import Switch

/// Groups as ovs-ofctl writes them: `group_id=1,type=select,bucket=weight:2,actions=output:1,bucket=output:2` (ovs-ofctl(8),
/// "Group Syntax").
public enum GroupText {
    /// Reads a change of a bridge's groups.
    public static func parse(
        _ text: some StringProtocol, command: GroupModification.Command = .add, names: FlowNames = FlowNames()
    ) throws(FlowSyntaxError) -> GroupModification {
        let text = Substring(text)
        let takesType = command == .add || command == .modify || command == .addOrModify
        var change = GroupModification(command, Group(id: Group.any, type: .all))
        if command == .delete, text.allSatisfy(\.isWhitespace) {
            change.group.id = Group.all
            return change
        }
        let parts = split(text)
        if parts.count > 1, command == .delete || command == .removeBucket {
            throw FlowSyntaxError("bucket: is not needed here")
        }
        var hasType = false
        var hasBucket = false
        var items = KeyValueScanner(parts[0])
        while let (name, value) = items.next() {
            switch name {
            case "group_id":
                change.group.id = value == "all" ? Group.all : try textNumber(value, "group_id")
                guard change.group.id <= Group.maximum || change.group.id == Group.all else {
                    throw FlowSyntaxError("group_id: the largest is \(Group.maximum)")
                }
            case "type" where takesType:
                change.group.type = try type(value)
                hasType = true
            case "selection_method" where takesType:
                guard value == "hash" || value == "dp_hash" else {
                    throw FlowSyntaxError("selection_method: hash or dp_hash, not “\(value)”")
                }
                change.group.selection.method = String(value)
            case "selection_method_param" where takesType:
                change.group.selection.parameter = try textNumber(value, "selection_method_param")
            case "fields" where takesType: change.group.selection.fields = try fields(value, names)
            case "command_bucket_id" where command == .insertBucket || command == .removeBucket:
                change.bucket = try bucketID(value)
                hasBucket = true
            default: throw FlowSyntaxError("there is no “\(name)” here")
            }
        }
        guard change.group.id != Group.any else { throw FlowSyntaxError("the group has no number: group_id=") }
        guard hasType || !takesType else {
            throw FlowSyntaxError("the group has no type: type=all, select, indirect or ff")
        }
        guard hasBucket || command != .insertBucket else {
            throw FlowSyntaxError("command_bucket_id= says behind which bucket (first, last or a number)")
        }
        if command == .insertBucket, change.bucket == GroupModification.allBuckets {
            throw FlowSyntaxError("command_bucket_id=all is for removing")
        }
        try verify(change.group.selection)
        for part in parts.dropFirst() {
            change.group.buckets.append(
                try bucket(part, change.group.type, isNew: command == .insertBucket, names))
        }
        if change.group.type == .indirect, change.group.buckets.count > 1 {
            throw FlowSyntaxError("an indirect group has one bucket")
        }
        number(&change.group.buckets)
        return change
    }

    /// Reads a line of a file of groups, which may begin with a command: `delete group_id=1`, `insert_bucket …`; none: add.
    public static func parseLine(
        _ text: some StringProtocol, names: FlowNames = FlowNames()
    ) throws(FlowSyntaxError) -> GroupModification {
        let line = BundleText.command(of: Substring(text), among: commands, else: .add)
        return try parse(line.rest, command: line.command, names: names)
    }

    private static let commands: [Substring: GroupModification.Command] = [
        "add": .add, "modify": .modify, "add_or_mod": .addOrModify, "delete": .delete, "insert_bucket": .insertBucket,
        "remove_bucket": .removeBucket,
    ]

    /// Takes the buckets apart; the first part is what stands before them.
    private static func split(_ text: Substring) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var index = text.startIndex
        let utf8 = text.utf8
        while let found = utf8[index...].firstIndex(of: UInt8(ascii: "b")) {
            if utf8[found...].starts(with: "bucket=".utf8) {
                parts.append(text[start..<found])
                start = utf8.index(found, offsetBy: 7)
                index = start
            } else {
                index = utf8.index(after: found)
            }
        }
        parts.append(text[start...])
        return parts
    }

    private static func type(_ text: Substring) throws(FlowSyntaxError) -> GroupType {
        switch text {
        case "all": .all
        case "select": .select
        case "indirect": .indirect
        case "ff", "fast_failover": .fastFailover
        default: throw FlowSyntaxError("type: all, select, indirect or ff, not “\(text)”")
        }
    }

    private static func bucketID(_ text: Substring) throws(FlowSyntaxError) -> UInt32 {
        switch text {
        case "all": return GroupModification.allBuckets
        case "first": return GroupModification.firstBucket
        case "last": return GroupModification.lastBucket
        default: return try textNumber(text, "command_bucket_id")
        }
    }

    private static func fields(
        _ text: Substring, _ names: FlowNames
    ) throws(FlowSyntaxError) -> [(field: Field, mask: FieldValue)] {
        var result: [(field: Field, mask: FieldValue)] = []
        var items = KeyValueScanner(text)
        while let (name, value) = items.next() {
            guard let field = Field(named: name), field.tunnelOption == nil else {
                throw FlowSyntaxError("fields: there is no “\(name)”")
            }
            guard !result.contains(where: { $0.field == field }) else {
                throw FlowSyntaxError("fields: “\(name)” stands twice")
            }
            var mask = FieldValue.ones(field.width)
            if !value.isEmpty {
                mask = try FlowSyntaxError.wrapping { () throws(MatchSyntaxError) in
                    try FieldValue(parsing: value, of: field)
                }
                guard !mask.isZero else { throw FlowSyntaxError("fields: the mask of “\(name)” has no bits") }
                guard field.isMaskable || mask == .ones(field.width) else {
                    throw FlowSyntaxError("fields: “\(name)” takes no mask")
                }
            }
            result.append((field, mask))
        }
        return result.sorted { rank($0.field) < rank($1.field) }
    }

    /// Where ovs-ofctl sends and prints a field among others.
    private static func rank(_ field: Field) -> Int {
        let late = Int(Field.allCases.count)
        return switch field {
        case .tunnelID, .tunnelSource, .tunnelDestination: Int(field.rawValue) - 3 * late
        case .metadata, .inPort: 2 * Int(field.rawValue) - 2 * late
        case .ethSource: Int(Field.ethDestination.rawValue) - 1
        case .ipv4Source, .ipv4Destination: Int(field.rawValue)
        case .ipv6Source, .ipv6Destination: Int(Field.ipv4Destination.rawValue)
        case .ipProtocol, .ipToS, .ipDSCP, .ipECN, .ipTTL, .ipFragment: Int(Field.ipv6Destination.rawValue)
        case .ipv6FlowLabel: Int(Field.ipv4Destination.rawValue)
        default: Int(field.rawValue)
        }
    }

    private static func verify(_ selection: Group.Selection) throws(FlowSyntaxError) {
        guard selection.method == "hash" || selection.fields.isEmpty else {
            throw FlowSyntaxError("fields are for selection_method=hash")
        }
        guard !selection.method.isEmpty || selection.parameter == 0 else {
            throw FlowSyntaxError("selection_method_param needs a selection_method")
        }
    }

    /// Reads a bucket: its properties, and actions with or without `actions=`.
    private static func bucket(
        _ text: Substring, _ type: GroupType, isNew: Bool, _ names: FlowNames
    ) throws(FlowSyntaxError) -> Bucket {
        var bucket = Bucket(id: GroupModification.allBuckets, weight: type == .select ? 1 : 0)
        var hasActions = false
        var items = KeyValueScanner(text)
        while true {
            let rest = items.remainder
            guard let (name, value) = items.next() else { break }
            switch name {
            case "weight": bucket.weight = try textNumber(value, "weight")
            case "watch_port": bucket.watchPort = try port(value, names)
            case "watch_group": bucket.watchGroup = try textNumber(value, "watch_group")
            case "bucket_id":
                bucket.id = try textNumber(value, "bucket_id")
                guard bucket.id <= 0xffff_ff00 else { throw FlowSyntaxError("bucket_id: the largest is 4294967040") }
            default:
                // ovs-ofctl hands on what it does not know as an action.
                let isWord = name == "actions" || name == "action"
                let item = isWord ? value : rest[..<value.endIndex]
                let action =
                    !isWord && rest[value.endIndex...].utf8.first == UInt8(ascii: ")")
                    ? rest[..<rest.utf8.index(after: value.endIndex)] : item
                bucket.actions += try FlowSyntaxError.wrapping { () throws(ActionSyntaxError) in
                    try Action.parse(action, names)
                }
                hasActions = true
            }
        }
        guard hasActions else { throw FlowSyntaxError("a bucket has no actions (actions=drop drops the packet)") }
        if type == .fastFailover, !isNew, bucket.watchPort == PortNumber.any, bucket.watchGroup == Group.any {
            throw FlowSyntaxError("a bucket of a fast-failover group needs watch_port or watch_group")
        }
        if type != .select, !isNew, bucket.weight != 0 {
            throw FlowSyntaxError("only the buckets of select groups have weights")
        }
        do throws(OpenFlowError) { try ActionCodec.verify(bucket.actions, in: .list) } catch {
            throw FlowSyntaxError("an action may not stand in a bucket (\(error.name))")
        }
        return bucket
    }

    private static func port(_ text: Substring, _ names: FlowNames) throws(FlowSyntaxError) -> UInt32 {
        guard let port = names.port(text) else { throw FlowSyntaxError("watch_port: there is no port “\(text)”") }
        return port
    }

    /// Gives buckets without a number the lowest free ones.
    private static func number(_ buckets: inout [Bucket]) {
        let taken = Set(buckets.map(\.id))
        var next: UInt32 = 0
        for index in buckets.indices where buckets[index].id == GroupModification.allBuckets {
            while taken.contains(next) { next += 1 }
            buckets[index].id = next
            next += 1
        }
    }

    // MARK: Printing

    /// A group as `ovs-ofctl dump-groups` prints it, without the space in front.
    /// - Parameter version: the ids of buckets are printed from OpenFlow 1.5 on.
    public static func text(
        _ group: Group, version: OpenFlowVersion = .v15, names: FlowNames = FlowNames()
    ) -> String {
        let type =
            switch group.type {
            case .all: "all"
            case .select: "select"
            case .indirect: "indirect"
            case .fastFailover: "ff"
            }
        var out = "group_id=\(group.id),type=\(type)"
        if !group.selection.method.isEmpty {
            out += ",selection_method=\(group.selection.method)"
            if group.selection.parameter != 0 { out += ",selection_method_param=\(group.selection.parameter)" }
            let fields = group.selection.fields.sorted { rank($0.field) < rank($1.field) }
                .map { $0.field.hashText(mask: $0.mask) }
            if fields.count == 1 { out += ",fields=\(fields[0])" }
            if fields.count > 1 { out += ",fields(\(fields.joined(separator: ",")))" }
        }
        for bucket in group.buckets {
            out += ",bucket="
            if version >= .v15 { out += "bucket_id:\(bucket.id)," }
            if bucket.weight != (group.type == .select ? 1 : 0) { out += "weight:\(bucket.weight)," }
            if bucket.watchPort != PortNumber.any {
                out += "watch_port:"
                names.write(port: bucket.watchPort, to: &out)
                out += ","
            }
            if bucket.watchGroup != Group.any { out += "watch_group:\(bucket.watchGroup)," }
            out += "actions="
            Action.write(bucket.actions, to: &out, names)
        }
        return out
    }
}
