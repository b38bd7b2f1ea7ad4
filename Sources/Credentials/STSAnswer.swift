import ObjectStorage
import SigV4
private import XML

/// Reads the documents of the Security Token Service.
enum STSAnswer {
    /// `<AssumeRoleResponse><AssumeRoleResult><Credentials>...`.
    /// - Throws: `invalid`.
    static func credentials(
        _ action: String, _ body: [UInt8]
    ) throws(CredentialError) -> AWSCredentials {
        var fields: [String: String] = [:]
        do throws(XMLError) {
            var xml = try XMLReader(body)
            try xml.enterRoot("\(action)Response")
            try xml.enterChildren { (child, xml) throws(XMLError) in
                guard child == "\(action)Result" else { return try xml.skip() }
                try xml.enterChildren { (child, xml) throws(XMLError) in
                    guard child == "Credentials" else { return try xml.skip() }
                    try xml.enterChildren { (child, xml) throws(XMLError) in
                        fields[child] = try xml.text()
                    }
                }
            }
            try xml.finish()
        } catch {
            throw CredentialError(
                .invalid, detail: "the answer of STS \(action) is not understood")
        }
        guard let keyID = fields.nonEmpty("AccessKeyId"),
            let secret = fields.nonEmpty("SecretAccessKey"),
            let token = fields.nonEmpty("SessionToken"),
            let expiration = fields["Expiration"].flatMap({ Timestamp(iso8601: $0) })
        else {
            throw CredentialError(
                .invalid, detail: "the answer of STS \(action) lacks a part of the credentials")
        }
        return AWSCredentials(
            accessKeyID: Secret(keyID), secretAccessKey: Secret(secret),
            sessionToken: Secret(token), expiration: expiration)
    }

    /// An error document, told by its code alone: the message names users and roles.
    static func refusal(_ action: String, _ status: Int, _ body: [UInt8]) -> CredentialError {
        let name = errorCode(body) ?? "no code"
        let isTransient =
            status >= 500 || status == 429 || name.hasPrefix("Throttling")
            || name == "IDPCommunicationError"
        return CredentialError(
            isTransient ? .unreachable : .refused,
            detail: "STS \(action): HTTP \(status), \(name)")
    }

    private static func errorCode(_ body: [UInt8]) -> String? {
        var code: String?
        do throws(XMLError) {
            var xml = try XMLReader(body)
            try xml.enterRoot("ErrorResponse")
            try xml.enterChildren { (child, xml) throws(XMLError) in
                guard child == "Error" else { return try xml.skip() }
                try xml.enterChildren { (child, xml) throws(XMLError) in
                    guard child == "Code" else { return try xml.skip() }
                    code = try xml.text()
                }
            }
        } catch {
            // A proxy's page, or nothing: the status must do.
            return nil
        }
        // Printed, so it must be a code and nothing else.
        return code.flatMap { code in
            let isWord = code.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte & 0xDF)
                    || byte == UInt8(ascii: ".")
            }
            return isWord && code.utf8.count <= 64 ? code : nil
        }
    }
}

extension XMLReader {
    /// Visits the children of the element that was entered last.
    fileprivate mutating func enterChildren(
        _ visit: (String, inout XMLReader) throws(XMLError) -> Void
    ) throws(XMLError) {
        while let child = try nextChild() { try visit(child, &self) }
    }
}
