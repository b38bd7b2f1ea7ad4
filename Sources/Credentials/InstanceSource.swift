private import SigV4

/// The role of an EC2 instance.
/// Source: EC2 User Guide, "Retrieve security credentials from instance metadata".
struct InstanceSource: CredentialSource {
    let metadata: InstanceMetadata

    private static let path = "/latest/meta-data/iam/security-credentials/"

    func load() async throws(CredentialError) -> LoadedCredentials? {
        guard !metadata.isDisabled else { return nil }
        let names = try await metadata.text(at: Self.path) ?? ""
        guard let role = names.split(whereSeparator: \.isNewline).first else { return nil }
        guard
            let text = try await metadata.text(
                at: Self.path + PercentEncoding.queryComponent(String(role))),
            let document = JSONValue(Array(text.utf8))
        else {
            throw CredentialError(
                .invalid, detail: "the instance metadata have no document for the role")
        }
        // A role that cannot be taken is told with status 200.
        guard document["Code"]?.text == "Success" else {
            throw CredentialError(
                .refused, detail: "the instance's role gives no credentials at the moment")
        }
        return LoadedCredentials(
            try AWSCredentials(document, token: "Token", needsExpiration: true), from: .instance)
    }
}
