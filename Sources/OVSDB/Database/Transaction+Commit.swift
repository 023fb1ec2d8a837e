import Linux

/// The end of a transaction: what holds for the database as a whole is checked, in ovsdb-server's order, and only then
/// is the log written and the world told.
extension Transaction {
    func commit() throws(OVSDBError) {
        do throws(OVSDBError) {
            dropUnchanged()
            if changes.isEmpty {
                database.running = nil
                return
            }
            let counts = try countReferences()
            collectGarbage(counts)
            try checkRowCounts()
            try assessWeakReferences()
            try checkIndexes()
            for change in changes.values {
                if change.old != nil, let new = change.new {
                    new.fields[TableSchema.versionColumn] = .uuid(.random())
                }
            }
            try database.log?.append(self)
            counts.apply()
        } catch {
            abort()
            throw error
        }
        finish()
    }

    private func dropUnchanged() {
        for (key, change) in changes {
            switch (change.old, change.new) {
            case (let old?, let new?) where !new.differs(from: old):
                database.tables[key.table].rows[key.uuid] = old
                changes[key] = nil
            default: break
            }
        }
    }

    /// The numbers of strong references after this transaction, of rows whose number it changes.
    /// - Throws: where a row refers to none, or one is deleted that others still refer to.
    private func countReferences() throws(OVSDBError) -> ReferenceCounts {
        let counts = ReferenceCounts(self)
        for (key, change) in changes {
            let table = database.tables[key.table]
            for column in table.schema.strongColumns {
                let old = change.old?.fields[column] ?? .empty
                let new = change.new?.fields[column] ?? .empty
                if old == new { continue }
                let type = table.schema.columns[column].type
                // Of a long set only what came and went is looked at.
                let gone = type.isMap ? old : Datum(sortedKeys: old.keys(notIn: new))
                let come = type.isMap ? new : Datum(sortedKeys: new.keys(notIn: old))
                counts.adjust(gone, type, of: key.uuid, by: -1)
                counts.adjust(come, type, of: key.uuid, by: 1)
                if let (target, name) = counts.missing(come, type, of: key.uuid) {
                    throw OVSDBError(
                        tag: "referential integrity violation",
                        details: "Table \(table.schema.name) column \(table.schema.columns[column].name) row "
                            + "\(key.uuid) references nonexistent row \(target) in table \(name).")
                }
            }
        }
        for (key, change) in changes where change.new == nil {
            let left = counts[key]
            if left != 0 {
                throw OVSDBError(
                    tag: "referential integrity violation",
                    details: "cannot delete \(database.tables[key.table].schema.name) row \(key.uuid) "
                        + "because of \(left) remaining reference(s)")
            }
        }
        return counts
    }

    /// Deletes rows that are no roots and that nobody refers to, and those that only they referred to.
    private func collectGarbage(_ counts: ReferenceCounts) {
        var candidates = Array(changes.keys) + Array(counts.adjusted)
        while let key = candidates.popLast() {
            let table = database.tables[key.table]
            guard !table.schema.isRoot, counts[key] == 0, let row = table.rows[key.uuid] else { continue }
            delete(row, in: table)
            for column in table.schema.strongColumns {
                let type = table.schema.columns[column].type
                counts.adjust(row.fields[column], type, of: key.uuid, by: -1)
                candidates += counts.targets(row.fields[column], type, of: key.uuid)
            }
        }
    }

    private func checkRowCounts() throws(OVSDBError) {
        for number in Set(changes.keys.map(\.table)) {
            let table = database.tables[number]
            if let bound = table.schema.maximumRowCount, table.rows.count > bound {
                throw .constraint(
                    "transaction causes \"\(table.schema.name)\" table to contain \(table.rows.count) rows, "
                        + "greater than the schema-defined limit of \(bound) row(s)")
            }
        }
    }

    /// Takes weak references to rows that are not there out of their columns.
    private func assessWeakReferences() throws(OVSDBError) {
        var keys = Set<RowKey>()
        for (key, change) in changes {
            if change.new == nil {
                if let referrers = database.weakReferrers[key] { keys.formUnion(referrers) }
            } else if !database.tables[key.table].schema.weakColumns.isEmpty {
                keys.insert(key)
            }
        }
        for key in keys {
            let table = database.tables[key.table]
            guard var row = table.rows[key.uuid] else { continue }
            for column in table.schema.weakColumns {
                let type = table.schema.columns[column].type
                let value = row.fields[column]
                let kept = value.keys.indices.filter { index in
                    exists(value.keys[index], type.key)
                        && (type.value.map { exists(value.values[index], $0) } ?? true)
                }
                if kept.count == value.count { continue }
                row = modify(row, in: table)
                row.fields[column] = Datum(
                    sortedKeys: kept.map { value.keys[$0] },
                    values: value.values.isEmpty ? [] : kept.map { value.values[$0] })
                if kept.count < type.minimum { throw emptied(key, column, value, kept.count) }
            }
        }
    }

    private func exists(_ atom: Atom, _ base: BaseType) -> Bool {
        guard let reference = base.reference, reference.isWeak, case .uuid(let uuid) = atom else { return true }
        return database.table(reference.table).rows[uuid] != nil
    }

    private func emptied(_ key: RowKey, _ column: Int, _ value: Datum, _ kept: Int) -> OVSDBError {
        let table = database.tables[key.table].schema
        let name = table.columns[column].name
        let isNew = changes[key].map { $0.old == nil } ?? false
        if isNew, value.keys.contains(.uuid(.zero)) || value.values.contains(.uuid(.zero)) {
            return .constraint(
                "Weak reference column \"\(name)\" in \"\(table.name)\" row \(key.uuid) (inserted within this "
                    + "transaction) contained all-zeros UUID (probably as the default value for this column) but "
                    + "deleting this value caused a constraint volation because this column is not allowed to be empty."
            )
        }
        let note = isNew ? "(inserted within this transaction) " : ""
        return .constraint(
            "Deletion of \(value.count - kept) weak reference(s) to deleted (or never-existing) rows from column "
                + "\"\(name)\" in \"\(table.name)\" row \(key.uuid) \(note)caused "
                + "this column to become empty, but constraints on this column disallow an empty column.")
    }

    private func checkIndexes() throws(OVSDBError) {
        var taken: [Int: [[[Datum]: Row]]] = [:]
        for (key, change) in changes {
            let table = database.tables[key.table]
            guard !table.schema.indexes.isEmpty, let row = change.new else { continue }
            if taken[key.table] == nil { taken[key.table] = table.indexes.map { _ in [:] } }
            for index in table.indexes.indices where table.isMoved(index, from: change.old, to: row) {
                let values = table.key(index, of: row)
                var other = taken[key.table]![index].updateValue(row, forKey: values)
                // The committed index names a row that may have moved, or gone, in this transaction.
                if other == nil, let uuid = table.indexes[index][values], uuid != key.uuid,
                    let holder = table.rows[uuid], table.key(index, of: holder) == values
                {
                    other = holder
                }
                if let other { throw duplicate(table, index, row, other) }
            }
        }
    }

    private func duplicate(_ table: Table, _ index: Int, _ a: Row, _ b: Row) -> OVSDBError {
        let columns = table.schema.indexes[index]
        // The order of the rows must not depend on that of a hash table.
        let (first, second) = a.uuid < b.uuid ? (a, b) : (b, a)
        let values = englishList(columns.map { first.fields[$0].text(table.schema.columns[$0].type) })
        let names = englishList(columns.map { "\"\(table.schema.columns[$0].name)\"" })
        return .constraint(
            "Transaction causes multiple rows in \"\(table.schema.name)\" table to have identical values (\(values)) "
                + "for index on column\(columns.count > 1 ? "s" : "") \(names).  "
                + origin("First", first, columns, table) + "  " + origin("Second", second, columns, table))
    }

    private func origin(_ title: String, _ row: Row, _ columns: [Int], _ table: Table) -> String {
        let start = "\(title) row, with UUID \(row.uuid), "
        guard let change = changes[RowKey(table: table.number, uuid: row.uuid)] else {
            return start + "existed in the database before this transaction and was not modified by the transaction."
        }
        guard let old = change.old else { return start + "was inserted by this transaction." }
        if columns.allSatisfy({ old.fields[$0] == row.fields[$0] }) {
            return start + "existed in the database before this transaction, which modified some of the row's columns "
                + "but not any columns in this index."
        }
        let values = englishList(columns.map { old.fields[$0].text(table.schema.columns[$0].type) })
        return start + "had the following index values before the transaction: \(values)."
    }

    /// "a", "a and b", "a, b, and c".
    private func englishList(_ parts: [String]) -> String {
        switch parts.count {
        case 0, 1: parts.first ?? ""
        case 2: parts[0] + " and " + parts[1]
        default: parts.dropLast().joined(separator: ", ") + ", and " + parts.last!
        }
    }

    /// Nothing can fail any more.
    private func finish() {
        var list: [Commit.Change] = []
        list.reserveCapacity(changes.count)
        for (key, change) in changes {
            let table = database.tables[key.table]
            for index in table.indexes.indices {
                if let old = change.old, change.new.map({ table.isMoved(index, from: old, to: $0) }) ?? true {
                    let values = table.key(index, of: old)
                    if table.indexes[index][values] == key.uuid { table.indexes[index][values] = nil }
                }
            }
            updateWeakReferrers(key, change, table)
            list.append(Commit.Change(old: change.old, new: change.new, table: key.table))
        }
        // In a second pass: a row may have taken the values of another that gave them up.
        for (key, change) in changes {
            let table = database.tables[key.table]
            guard let new = change.new else { continue }
            for index in table.indexes.indices where table.isMoved(index, from: change.old, to: new) {
                table.indexes[index][table.key(index, of: new)] = key.uuid
            }
        }
        database.running = nil
        database.finish(Commit(id: .random(), changes: list))
    }

    private func updateWeakReferrers(_ key: RowKey, _ change: Change, _ table: Table) {
        for column in table.schema.weakColumns {
            let type = table.schema.columns[column].type
            let before = change.old.map { weakTargets($0.fields[column], type) } ?? []
            let after = change.new.map { weakTargets($0.fields[column], type) } ?? []
            for target in before where !after.contains(target) {
                // Another column may still refer to it.
                let stays =
                    change.new.map { new in
                        table.schema.weakColumns.contains {
                            weakTargets(new.fields[$0], table.schema.columns[$0].type).contains(target)
                        }
                    } ?? false
                if stays { continue }
                database.weakReferrers[target]?.remove(key)
                if database.weakReferrers[target]?.isEmpty == true { database.weakReferrers[target] = nil }
            }
            for target in after { database.weakReferrers[target, default: []].insert(key) }
        }
    }

    private func weakTargets(_ value: Datum, _ type: ColumnType) -> Set<RowKey> {
        var targets: Set<RowKey> = []
        for (base, atoms) in [(type.key, value.keys), (type.value ?? type.key, value.values)] {
            guard let reference = base.reference, reference.isWeak else { continue }
            let table = database.table(reference.table).number
            for case .uuid(let uuid) in atoms { targets.insert(RowKey(table: table, uuid: uuid)) }
        }
        return targets
    }
}
