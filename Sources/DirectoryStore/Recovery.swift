import LocalDisk
import ObjectStorage
import Synchronization

/// Builds a store's state from its files when it is opened.
struct Recovery: Sendable {
    private struct Found: Sendable {
        var entries: [IndexEntry] = []
        var damaged: Set<String> = []
    }

    let files: StoreFiles
    let keys: StoreKeys

    /// - Throws: the disk's errors: a store that can be read in part only is not opened.
    func run(on executor: BlockingExecutor) async throws(ObjectStoreError) -> DirectoryStore.State {
        let found = await withTaskGroup(of: Result<Found, ObjectStoreError>.self) { group in
            for directory in files.objects {
                group.addTask {
                    do throws(ObjectStoreError) {
                        return .success(
                            try await executor.run { () throws(ObjectStoreError) in
                                try objects(in: directory)
                            })
                    } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var entries: [IndexEntry] = []
        var state = DirectoryStore.State()
        for result in found {
            let part = try result.get()
            entries += part.entries
            state.damaged.formUnion(part.damaged)
        }
        state.index = ObjectIndex(entries)
        for entry in entries { state.retain(entry.files) }
        let base = state
        return try await executor.run { () throws(ObjectStoreError) in
            var state = base
            let areWhole = try uploads(into: &state)
            try removeLeftovers(in: files.root)
            if areWhole, state.damaged.isEmpty { try removeOrphans(state) }
            return state
        }
    }

    private func names(in directory: DiskDirectory) throws(ObjectStoreError) -> [String] {
        var names: [String] = []
        try onDisk("list") { () throws(DiskError) in
            try files.disk.list(directory) { entry in
                names.append(entry.name)
                return true
            }
        }
        return names
    }

    private func objects(in directory: DiskDirectory) throws(ObjectStoreError) -> Found {
        var found = Found()
        for name in try names(in: directory) {
            if name.hasPrefix(StoreFiles.temporaryPrefix) {
                files.removeLater(name, in: directory)
                continue
            }
            do throws(ObjectStoreError) {
                let object = try files.openObject(name, keys: keys)
                guard keys.fileName(of: object.manifest.key) == name else {
                    found.damaged.insert(name)
                    continue
                }
                found.entries.append(IndexEntry(object.manifest))
            } catch {
                guard error.code == .checksumMismatch else { throw error }
                found.damaged.insert(name)
            }
        }
        return found
    }

    /// - Returns: whether all records could be read.
    private func uploads(
        into state: inout DirectoryStore.State
    ) throws(ObjectStoreError) -> Bool {
        var areWhole = true
        var parts: [(upload: String, number: PartNumber, record: PartRecord)] = []
        for name in try names(in: files.uploads) {
            if name.hasPrefix(StoreFiles.temporaryPrefix) {
                files.removeLater(name, in: files.uploads)
                continue
            }
            do throws(ObjectStoreError) {
                if Identifier(hexadecimal: name) != nil {
                    let record = try upload(name)
                    state.uploads[name] = DirectoryStore.Upload(
                        object: record.object, initiated: record.initiated)
                } else if let (upload, number) = PartRecord.place(of: name) {
                    parts.append((upload, number, try part(name)))
                } else {
                    areWhole = false
                }
            } catch {
                guard error.code == .checksumMismatch else { throw error }
                areWhole = false
            }
        }
        for (upload, number, record) in parts {
            guard state.uploads[upload] != nil else {
                // Its upload was completed or thrown away; a crash kept the part.
                if areWhole {
                    files.removeLater(
                        PartRecord.name(upload: upload, number: number), in: files.uploads)
                }
                continue
            }
            state.uploads[upload]?.parts[number] = record
            state.retain(record.extents.map(\.file))
        }
        return areWhole
    }

    private func upload(_ name: String) throws(ObjectStoreError) -> UploadRecord {
        let bytes = try files.record(
            name, magic: RecordFrame.upload, kind: .upload, keys: keys)
        do throws(FieldError) {
            return try UploadRecord(decoding: bytes)
        } catch {
            throw StoreFiles.damaged("an upload's record is not of a known format")
        }
    }

    private func part(_ name: String) throws(ObjectStoreError) -> PartRecord {
        let bytes = try files.record(name, magic: RecordFrame.part, kind: .part, keys: keys)
        do throws(FieldError) {
            return try PartRecord(decoding: bytes)
        } catch {
            throw StoreFiles.damaged("a part's record is not of a known format")
        }
    }

    private func removeLeftovers(in directory: DiskDirectory) throws(ObjectStoreError) {
        for name in try names(in: directory) where name.hasPrefix(StoreFiles.temporaryPrefix) {
            files.removeLater(name, in: directory)
        }
    }

    /// Removes data files that a crash left between their writing and the object's record. Only
    /// when every record could be read: else one of them may name the file.
    private func removeOrphans(_ state: DirectoryStore.State) throws(ObjectStoreError) {
        for directory in files.data {
            for name in try names(in: directory) {
                guard let file = Identifier(hexadecimal: name), state.references[file] == nil
                else { continue }
                files.removeLater(name, in: directory)
            }
        }
    }
}

extension PartRecord {
    /// The name of a part's file.
    static func name(upload: String, number: PartNumber) -> String {
        "\(upload).\(number.rawValue)"
    }

    /// - Returns: nil for a name that is not a part's.
    static func place(of name: String) -> (upload: String, number: PartNumber)? {
        let pieces = name.split(separator: ".", omittingEmptySubsequences: false)
        guard pieces.count == 2, Identifier(hexadecimal: String(pieces[0])) != nil,
            let value = Int(pieces[1]), let number = PartNumber(value),
            name == Self.name(upload: String(pieces[0]), number: number)
        else { return nil }
        return (String(pieces[0]), number)
    }
}
