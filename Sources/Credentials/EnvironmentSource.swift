private import ObjectStorage
private import SigV4

/// `AWS_ACCESS_KEY_ID` and its companions.
/// Source: AWS SDKs and Tools Reference Guide, "AWS access keys".
struct EnvironmentSource: CredentialSource {
    let environment: [String: String]

    func load() async throws(CredentialError) -> LoadedCredentials? {
        guard let keyID = environment.nonEmpty("AWS_ACCESS_KEY_ID") else { return nil }
        guard let secret = environment.nonEmpty("AWS_SECRET_ACCESS_KEY") else {
            throw CredentialError(
                .invalid, detail: "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY")
        }
        let token =
            environment.nonEmpty("AWS_SESSION_TOKEN") ?? environment.nonEmpty("AWS_SECURITY_TOKEN")
        var expiration: Timestamp?
        if let text = environment.nonEmpty("AWS_CREDENTIAL_EXPIRATION") {
            guard let time = Timestamp(iso8601: text) else {
                throw CredentialError(
                    .invalid, detail: "AWS_CREDENTIAL_EXPIRATION is no ISO 8601 time")
            }
            expiration = time
        }
        return LoadedCredentials(
            AWSCredentials(
                accessKeyID: Secret(keyID), secretAccessKey: Secret(secret),
                sessionToken: token.map { Secret($0) }, expiration: expiration),
            from: .environment)
    }
}
