import HTTP
import ObjectStorage
import XML

/// The parts of an error document that may be kept. Its message, key and resource may hold a name
/// and are never read.
/// Source: S3 API Reference, "Error responses", "REST error responses".
struct S3ErrorDocument: Sendable {
    /// No longer than this; S3's longest code has 50 characters.
    private static let wordLength = 128

    /// Such as `SlowDown`.
    var code: String?
    var requestID: String?
    /// Where the bucket is, in a redirect.
    var region: String?

    init() {}

    /// Reads what there is; nothing when the body is no error document.
    init(_ body: [UInt8]) {
        guard !body.isEmpty, var xml = try? XMLReader(body) else { return }
        do {
            try xml.enterRoot("Error")
            try read(&xml)
        } catch {
            // A proxy's HTML page or a cut-off document: the status alone then tells what happened.
            return
        }
    }

    /// Reads the children of an `Error` element that was entered.
    init(inside xml: inout XMLReader) throws(XMLError) {
        try read(&xml)
    }

    private mutating func read(_ xml: inout XMLReader) throws(XMLError) {
        while let name = try xml.nextChild() {
            switch name {
            case "Code": code = Self.word(try xml.text())
            case "RequestId": requestID = Self.word(try xml.text())
            case "Region": region = Self.word(try xml.text())
            default: try xml.skip()
            }
        }
    }

    /// A word of the server's protocol: what does not look like one is dropped, it could be a name.
    static func word(_ text: String?) -> String? {
        guard let text, (1...wordLength).contains(text.utf8.count) else { return nil }
        let plain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "="), UInt8(ascii: "/"), UInt8(ascii: "+"):
                true
            default: false
            }
        }
        return plain ? text : nil
    }
}
