private import HTTP
private import ObjectStorage
private import SigV4

/// The profile in use, in the order that botocore looks at it.
/// Source: botocore `credentials.py`, `create_credential_resolver`.
struct ProfileSource: CredentialSource {
    /// Roles of the profile go before a web identity in the environment, everything else after it.
    enum Part: Sendable {
        case roles
        case everythingElse
    }

    let part: Part
    let settings: CredentialSettings
    let surroundings: CredentialSurroundings
    /// What `credential_source` may name.
    let container: any CredentialSource
    let instance: any CredentialSource

    func load() async throws(CredentialError) -> LoadedCredentials? {
        let environment = settings.environment
        let profiles = try await AWSProfiles(environment, surroundings.files)
        let name = AWSProfiles.name(settings.profile, environment)
        guard profiles.exists(name) else {
            guard name == "default" else {
                throw CredentialError(
                    .invalid, detail: "the AWS profile that was named does not exist")
            }
            return nil
        }
        var loaded: LoadedCredentials?
        switch part {
        case .roles: loaded = try await role(name, profiles, visited: [])
        case .everythingElse: loaded = try await withoutRole(name, profiles)
        }
        loaded?.watched = profiles.watched
        return loaded
    }

    /// A profile's credentials of any kind.
    private func resolve(
        _ name: String, _ profiles: AWSProfiles, visited: Set<String>
    ) async throws(CredentialError) -> LoadedCredentials? {
        if let loaded = try await role(name, profiles, visited: visited) { return loaded }
        return try await withoutRole(name, profiles)
    }

    // MARK: - Roles

    private func role(
        _ name: String, _ profiles: AWSProfiles, visited: Set<String>
    ) async throws(CredentialError) -> LoadedCredentials? {
        guard let arn = profiles.setting("role_arn", of: name),
            profiles.setting("web_identity_token_file", of: name) == nil
        else { return nil }
        guard profiles.setting("mfa_serial", of: name) == nil else {
            throw Self.invalid("mfa_serial asks for a person, who is not here at every refresh")
        }
        let base = try await roleBase(name, profiles, visited: visited)
        let tokens = try securityTokens(name, profiles)
        let role = try roleRequest(arn, name, profiles)
        let credentials = try await tokens.assume(role, with: base.credentials)
        return LoadedCredentials(credentials, from: .assumedRole)
    }

    /// The credentials that a role is taken with.
    private func roleBase(
        _ name: String, _ profiles: AWSProfiles, visited: Set<String>
    ) async throws(CredentialError) -> LoadedCredentials {
        let source = profiles.setting("source_profile", of: name)
        let base: LoadedCredentials?
        switch (source, profiles.setting("credential_source", of: name)) {
        case (nil, nil):
            throw Self.invalid("role_arn needs source_profile or credential_source")
        case (.some, .some):
            throw Self.invalid("source_profile and credential_source exclude each other")
        case (let source?, nil):
            base = try await roleSource(source, of: name, profiles, visited: visited)
        case (nil, "Environment"):
            base = try await EnvironmentSource(environment: settings.environment).load()
        case (nil, "EcsContainer"): base = try await container.load()
        case (nil, "Ec2InstanceMetadata"): base = try await instance.load()
        case (nil, .some): throw Self.invalid("credential_source has no known value")
        }
        guard let base else {
            throw CredentialError(
                .notFound, detail: "the source of the profile's role has no credentials")
        }
        return base
    }

    private func roleSource(
        _ source: String, of name: String, _ profiles: AWSProfiles, visited: Set<String>
    ) async throws(CredentialError) -> LoadedCredentials? {
        guard profiles.exists(source) else { throw Self.invalid("source_profile does not exist") }
        // A profile may name itself when it holds the keys too.
        if source == name { return try await withoutRole(name, profiles) }
        guard !visited.contains(source) else {
            throw Self.invalid("source_profile goes in a circle")
        }
        return try await resolve(source, profiles, visited: visited.union([name]))
    }

    private func roleRequest(
        _ arn: String, _ name: String, _ profiles: AWSProfiles
    ) throws(CredentialError) -> STSClient.Role {
        let duration = profiles.setting("duration_seconds", of: name)
        if let duration {
            // Source: STS API Reference, AssumeRole, DurationSeconds.
            guard let seconds = Int(duration), (900...43_200).contains(seconds) else {
                throw Self.invalid("duration_seconds is not 900 to 43200")
            }
        }
        return STSClient.Role(
            arn: arn, sessionName: sessionName(profiles.setting("role_session_name", of: name)),
            externalID: profiles.setting("external_id", of: name), durationSeconds: duration)
    }

    private func sessionName(_ configured: String?) -> String {
        configured ?? "wardfs-\(surroundings.wallClock.now().seconds)"
    }

    private func securityTokens(
        _ name: String, _ profiles: AWSProfiles
    ) throws(CredentialError) -> STSClient {
        let endpoints = AWSEndpoints(
            environment: settings.environment, profiles: profiles, profile: name)
        return STSClient(surroundings, try endpoints.securityTokens())
    }

    // MARK: - Everything else

    private func withoutRole(
        _ name: String, _ profiles: AWSProfiles
    ) async throws(CredentialError) -> LoadedCredentials? {
        if let arn = profiles.setting("role_arn", of: name),
            let path = profiles.setting("web_identity_token_file", of: name)
        {
            let session = sessionName(profiles.setting("role_session_name", of: name))
            return try await WebIdentity(files: surroundings.files).load(
                STSClient.Role(arn: arn, sessionName: session), tokenPath: path,
                from: securityTokens(name, profiles))
        }
        if let keys = try profiles.keys(of: name, in: .credentialsFile) {
            return LoadedCredentials(Self.credentials(keys), from: .credentialsFile)
        }
        if let command = profiles.setting("credential_process", of: name) {
            let process = CredentialProcess(
                runner: surroundings.programs, executor: surroundings.executor,
                environment: settings.environment)
            return LoadedCredentials(try await process.run(command), from: .process)
        }
        if let keys = try profiles.keys(of: name, in: .configurationFile) {
            return LoadedCredentials(Self.credentials(keys), from: .configurationFile)
        }
        if profiles.setting("sso_session", of: name) != nil
            || profiles.setting("sso_start_url", of: name) != nil
        {
            throw Self.invalid(
                "single sign-on is not read: set credential_process to "
                    + "`aws configure export-credentials --format process --profile NAME`")
        }
        return nil
    }

    private static func credentials(_ keys: [String: String]) -> AWSCredentials {
        AWSCredentials(
            accessKeyID: Secret(keys["aws_access_key_id"] ?? ""),
            secretAccessKey: Secret(keys["aws_secret_access_key"] ?? ""),
            sessionToken: keys.nonEmpty("aws_session_token").map { Secret($0) }, expiration: nil)
    }

    private static func invalid(_ detail: String) -> CredentialError {
        CredentialError(.invalid, detail: detail)
    }
}
