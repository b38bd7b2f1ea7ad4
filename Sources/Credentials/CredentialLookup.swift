package import HTTP
private import Logging
private import Telemetry

/// Finds what the AWS tools would find: credentials, region and endpoints.
package struct CredentialLookup: Sendable {
    private let settings: CredentialSettings
    private let surroundings: CredentialSurroundings
    private let metadata: InstanceMetadata

    package init(_ settings: CredentialSettings, _ surroundings: CredentialSurroundings) {
        self.settings = settings
        self.surroundings = surroundings
        metadata = InstanceMetadata(settings, surroundings)
    }

    /// The credentials along the chain: environment, role of the profile, web identity, keys and
    /// process of the profile, container, instance. Nothing is asked before the first use.
    /// - Parameter randomness: spreads refreshes.
    package func provider(
        randomness: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) -> CachedCredentials {
        CachedCredentials(chain, surroundings, randomness: randomness)
    }

    /// The sources in order; a profile that the user named goes before the environment's keys.
    package var chain: CredentialChain {
        let container = ContainerSource(
            environment: settings.environment, surroundings: surroundings)
        let instance = InstanceSource(metadata: metadata)
        func profile(_ part: ProfileSource.Part) -> ProfileSource {
            ProfileSource(
                part: part, settings: settings, surroundings: surroundings, container: container,
                instance: instance)
        }
        var sources: [any CredentialSource] = [profile(.roles)]
        if settings.profile == nil {
            sources.insert(EnvironmentSource(environment: settings.environment), at: 0)
            sources.append(
                WebIdentityEnvironmentSource(settings: settings, surroundings: surroundings))
        }
        return CredentialChain(sources + [profile(.everythingElse), container, instance])
    }

    /// The region: `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's, the instance's.
    /// - Returns: nil when none of them says.
    /// - Throws: `invalid` for a file that is not understood. An instance that does not answer is
    ///   no error.
    package func region() async throws(CredentialError) -> String? {
        if let region = try await endpoints().region { return region }
        guard !metadata.isDisabled else { return nil }
        do throws(CredentialError) {
            return try await metadata.region()
        } catch {
            surroundings.logger.event(
                .debug, "The instance metadata do not tell the region",
                [.code: LogWord(error.code.rawValue)])
            return nil
        }
    }

    /// The endpoint that variables or the profile set for a service.
    /// - Parameter service: in capitals, such as `S3` or `KMS`.
    /// - Throws: `invalid`.
    package func endpoint(of service: String) async throws(CredentialError) -> HTTPURL? {
        try await endpoints().configured(service)
    }

    private func endpoints() async throws(CredentialError) -> AWSEndpoints {
        AWSEndpoints(
            environment: settings.environment,
            profiles: try await AWSProfiles(settings.environment, surroundings.files),
            profile: AWSProfiles.name(settings.profile, settings.environment))
    }
}
