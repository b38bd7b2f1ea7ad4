package import ObjectStorage
package struct StagingError: Error, Sendable { package enum Code: Sendable { case quotaExceeded, other }; package let code: Code }
package struct BaseObject: Sendable { package let key: ObjectKey; package let eTag: ETag; package let size: UInt64
  package init(key: ObjectKey, eTag: ETag, size: UInt64) { self.key = key; self.eTag = eTag; self.size = size } }
package final class StagingArea: Sendable { package func makeFile(base: BaseObject?) throws(StagingError) -> StagedFile { StagedFile() } }
package final class StagedFile: Sendable {
  package var size: UInt64 { 0 }
  package func write(_ bytes: Span<UInt8>, at: UInt64) throws(StagingError) {}
  package func read(at: UInt64, into: inout OutputSpan<UInt8>) throws(StagingError) {}
  package func truncate(to: UInt64) throws(StagingError) {}
  package func fill(_ bytes: Span<UInt8>, at: UInt64) throws(StagingError) {}
  package func missingRanges(forWrite: ByteRange) -> [ByteRange] { [] }
  package func missingRanges(forRead: ByteRange) -> [ByteRange] { [] }
  package func poison() {}
  package func discard() {}
}
package final class UploadQueue: Sendable { package func upload(of: StagedFile) -> StagedUpload { StagedUpload() } }
package final class StagedUpload: Sendable {
  package func noteWritten(target: NewObject) {}
  package func publish(_ o: NewObject) async throws(ObjectStoreError) -> StoredObject { throw ObjectStoreError(.cancelled, operation: "x") }
  package func cancel() async {}
}
