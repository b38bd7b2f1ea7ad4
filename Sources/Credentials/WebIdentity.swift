private import ObjectStorage

/// Trades a token file's content for a role's credentials. The file is read every time: its owner
/// renews it.
struct WebIdentity: Sendable {
    let files: CredentialFiles

    /// - Throws: `invalid` for a missing token, and what STS throws.
    func load(
        _ role: STSClient.Role, tokenPath: String, from tokens: STSClient
    ) async throws(CredentialError) -> LoadedCredentials {
        let text = try await files.read(tokenPath)?.text ?? ""
        let token = text.split(whereSeparator: \.isWhitespace).first.map(String.init)
        guard let token else {
            throw CredentialError(.invalid, detail: "the web identity token file holds no token")
        }
        return LoadedCredentials(
            try await tokens.assume(role, withWebIdentity: token), from: .webIdentity)
    }
}

/// A web identity that the environment names, as EKS sets it up.
/// Source: AWS SDKs and Tools Reference Guide, "Assume role with web identity".
struct WebIdentityEnvironmentSource: CredentialSource {
    let settings: CredentialSettings
    let surroundings: CredentialSurroundings

    func load() async throws(CredentialError) -> LoadedCredentials? {
        let environment = settings.environment
        guard let path = environment.nonEmpty("AWS_WEB_IDENTITY_TOKEN_FILE") else { return nil }
        guard let arn = environment.nonEmpty("AWS_ROLE_ARN") else {
            throw CredentialError(
                .invalid, detail: "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN")
        }
        let session =
            environment.nonEmpty("AWS_ROLE_SESSION_NAME")
            ?? "wardfs-\(surroundings.wallClock.now().seconds)"
        let endpoints = AWSEndpoints(
            environment: environment,
            profiles: try await AWSProfiles(environment, surroundings.files),
            profile: AWSProfiles.name(settings.profile, environment))
        return try await WebIdentity(files: surroundings.files).load(
            STSClient.Role(arn: arn, sessionName: session), tokenPath: path,
            from: STSClient(surroundings, endpoints.securityTokens()))
    }
}
