import ObjectStorage
import Synchronization

/// A range of an object as a source: what a part is copied from when it is not shared.
struct ObjectSource: ByteSource {
    let count: UInt64
    private let object: StoreFiles.OpenObject
    private let range: ByteRange
    private let files: StoreFiles
    private let keys: StoreKeys

    /// - Parameter range: inside the object. The caller keeps its data files meanwhile.
    init(
        _ object: StoreFiles.OpenObject, _ range: ByteRange, files: StoreFiles, keys: StoreKeys
    ) {
        self.object = object
        self.range = range
        self.files = files
        self.keys = keys
        count = range.count
    }

    func read(
        at offset: UInt64, into output: inout OutputSpan<UInt8>
    ) throws(ObjectStoreError) {
        guard offset < count else { return }
        let wanted = ByteRange(
            offset: range.offset + offset,
            count: min(UInt64(output.freeCapacity), count - offset))
        if object.manifest.isInline {
            let bytes = try files.inlineContent(of: object, keys: keys)
            output.append(
                copying: bytes.span.extracting(Int(wanted.offset)..<Int(wanted.end)))
            return
        }
        let sink = ArraySink()
        for extent in object.manifest.extents.slice(wanted) {
            let reader = try DataFileReader(extent, files: files, keys: keys)
            var done: UInt64 = 0
            while done < reader.count {
                done += try reader.send(
                    ByteRange(offset: done, count: reader.count - done), into: sink)
            }
        }
        output.append(copying: sink.bytes.span)
    }
}

private final class ArraySink: ByteSink {
    private let collected = Mutex<[UInt8]>([])

    var bytes: [UInt8] { collected.withLock { $0 } }

    func receive(_ bytes: Span<UInt8>) throws(ObjectStoreError) {
        let copy = [UInt8](copying: bytes)
        collected.withLock { $0 += copy }
    }
}
