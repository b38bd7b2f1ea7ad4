/// The operations of an `ObjectStore`, to count and to script them.
package enum StoreOperation: String, Hashable, Sendable, CaseIterable {
    case verifyAccess
    case list
    case head
    case get
    case put
    case delete
    case deleteMany
    case copy
    case createMultipartUpload
    case uploadPart
    case uploadPartCopy
    case completeMultipartUpload
    case abortMultipartUpload
    case listParts
    case listMultipartUploads
}
