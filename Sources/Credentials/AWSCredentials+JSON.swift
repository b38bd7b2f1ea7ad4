import ObjectStorage
import SigV4

extension AWSCredentials {
    /// Credentials in a JSON document: keys, a token and their end.
    /// - Parameters:
    ///   - token: the member that holds the session token.
    ///   - needsExpiration: whether a document without an end is refused.
    /// - Throws: `invalid`.
    init(
        _ document: JSONValue, token: String, needsExpiration: Bool
    ) throws(CredentialError) {
        guard let keyID = document["AccessKeyId"]?.text, !keyID.isEmpty,
            let secret = document["SecretAccessKey"]?.text, !secret.isEmpty
        else {
            throw CredentialError(.invalid, detail: "the document has no key id and secret key")
        }
        var expiration: Timestamp?
        if let text = document["Expiration"]?.text {
            guard let time = Timestamp(iso8601: text) else {
                throw CredentialError(.invalid, detail: "the document's expiration is no time")
            }
            expiration = time
        }
        guard expiration != nil || !needsExpiration else {
            throw CredentialError(.invalid, detail: "the document has no expiration")
        }
        let tokenText = document[token]?.text
        self.init(
            accessKeyID: Secret(keyID), secretAccessKey: Secret(secret),
            sessionToken: tokenText.flatMap { $0.isEmpty ? nil : Secret($0) },
            expiration: expiration)
    }
}
