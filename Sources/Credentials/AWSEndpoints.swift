import HTTP

/// Where a service is asked, by the variables and settings that name it.
/// Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
struct AWSEndpoints: Sendable {
    let environment: [String: String]
    let profiles: AWSProfiles
    let profile: String

    /// The URL that the user set for a service, such as `STS`; nil for none.
    /// - Throws: `invalid` for a text that is no URL.
    func configured(_ service: String) throws(CredentialError) -> HTTPURL? {
        guard environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() != "true" else {
            return nil
        }
        let text =
            environment.nonEmpty("AWS_ENDPOINT_URL_\(service)")
            ?? environment.nonEmpty("AWS_ENDPOINT_URL")
            ?? profiles.setting("endpoint_url", of: profile)
        guard let text else { return nil }
        guard let url = HTTPURL(text) else {
            throw CredentialError(.invalid, detail: "a configured endpoint is no http or https URL")
        }
        return url
    }

    /// The region that variables or the profile name.
    var region: String? {
        environment.nonEmpty("AWS_REGION") ?? environment.nonEmpty("AWS_DEFAULT_REGION")
            ?? profiles.setting("region", of: profile)
    }

    /// Where STS is asked and what region is signed: the region's own endpoint, or the global one.
    func securityTokens() throws(CredentialError) -> (endpoint: HTTPURL, region: String) {
        if let url = try configured("STS") { return (url, region ?? "us-east-1") }
        guard let region else {
            return (HTTPURL(scheme: .https, host: "sts.amazonaws.com"), "us-east-1")
        }
        guard
            region.utf8.allSatisfy({ $0 == 45 || (48...57).contains($0) || (97...122).contains($0) }
            )
        else { throw CredentialError(.invalid, detail: "the region is no region's name") }
        let usesFIPS = environment["AWS_USE_FIPS_ENDPOINT"]?.lowercased() == "true"
        let name = usesFIPS ? "sts-fips" : "sts"
        let host = "\(name).\(region).\(Self.domain(of: region))"
        return (HTTPURL(scheme: .https, host: host), region)
    }

    /// Source: botocore `partitions.json`.
    private static func domain(of region: String) -> String {
        if region.hasPrefix("cn-") { return "amazonaws.com.cn" }
        if region.hasPrefix("us-isob-") { return "sc2s.sgov.gov" }
        if region.hasPrefix("us-iso-") { return "c2s.ic.gov" }
        return "amazonaws.com"
    }
}
