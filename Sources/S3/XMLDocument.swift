import ObjectStorage
import XML

/// Reads the documents of successful answers.
enum XMLDocument {
    /// Reads a document and turns every fault in it into `malformedResponse`.
    static func read<Value>(
        _ body: [UInt8], operation: String,
        _ content: (inout XMLReader) throws(XMLError) -> Value
    ) throws(ObjectStoreError) -> Value {
        do {
            var xml = try XMLReader(body)
            let value = try content(&xml)
            try xml.finish()
            return value
        } catch {
            throw ObjectStoreError(
                .malformedResponse, operation: operation, status: 200,
                detail: "the XML is \(error.code.rawValue)")
        }
    }

    /// The same for operations that may answer 200 and an error in the document: they send white
    /// space while they work, and then know better.
    /// Source: S3 API Reference, CompleteMultipartUpload and CopyObject.
    static func readResult<Value>(
        _ body: [UInt8], operation: String, root expected: String,
        _ content: (inout XMLReader) throws(XMLError) -> Value
    ) throws(ObjectStoreError) -> Value {
        var failure: S3ErrorDocument?
        let value: Value? = try read(body, operation: operation) { (xml) throws(XMLError) in
            let root = try xml.enterRoot()
            if root == "Error" {
                failure = try S3ErrorDocument(inside: &xml)
                return nil
            }
            guard root == expected else { throw XMLError(.unexpected, offset: 0) }
            return try content(&xml)
        }
        if let value { return value }
        throw ObjectStoreError(inSuccess: failure ?? S3ErrorDocument(), operation: operation)
    }

    /// A number without a sign.
    static func number(_ text: String) -> UInt64? {
        text.utf8.first == UInt8(ascii: "+") ? nil : UInt64(text)
    }
}
