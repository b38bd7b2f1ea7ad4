/// The profiles of the shared configuration and credentials files, and the one in use.
/// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
struct AWSProfiles: Sendable {
    /// Settings by profile from the configuration file.
    private let configured: [String: [String: String]]
    /// Settings by profile from the credentials file.
    private let secret: [String: [String: String]]
    private let areSecretsReadable: Bool
    private let isConfigurationReadable: Bool
    /// Both files, to see when they change.
    let watched: [WatchedFile]

    /// - Throws: `invalid` for a file that is not understood or that others may write.
    init(
        _ environment: [String: String], _ files: CredentialFiles
    ) async throws(CredentialError) {
        let configuration = try await Self.load(
            environment, files, variable: "AWS_CONFIG_FILE", name: "config")
        let credentials = try await Self.load(
            environment, files, variable: "AWS_SHARED_CREDENTIALS_FILE", name: "credentials")
        var configured: [String: [String: String]] = [:]
        for (section, settings) in configuration.sections {
            if section == "default" {
                configured["default", default: [:]].merge(settings) { old, _ in old }
            } else if let words = ShellWords.split(section), words.count == 2,
                words[0] == "profile"
            {
                // `[profile default]` goes before `[default]`.
                configured[words[1], default: [:]].merge(settings) { _, new in new }
            }
        }
        self.configured = configured
        secret = credentials.sections
        areSecretsReadable = credentials.isReadableByAll
        isConfigurationReadable = configuration.isReadableByAll
        watched = [configuration.watched, credentials.watched].compactMap { $0 }
    }

    /// The name in use: the caller's, else the environment's, else `default`.
    static func name(_ chosen: String?, _ environment: [String: String]) -> String {
        chosen ?? environment.nonEmpty("AWS_PROFILE") ?? environment.nonEmpty("AWS_DEFAULT_PROFILE")
            ?? "default"
    }

    func exists(_ profile: String) -> Bool {
        configured[profile] != nil || secret[profile] != nil
    }

    /// A setting that is no secret: the configuration file goes before the credentials file.
    func setting(_ name: String, of profile: String) -> String? {
        let value = configured[profile]?[name] ?? secret[profile]?[name]
        return value.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The keys in one of the files.
    /// - Throws: `invalid` for half of a pair, or when every user may read the file.
    func keys(
        of profile: String, in place: CredentialOrigin
    ) throws(CredentialError) -> [String: String]? {
        let isCredentialsFile = place == .credentialsFile
        guard let settings = (isCredentialsFile ? secret : configured)[profile],
            settings["aws_access_key_id"] != nil || settings["aws_secret_access_key"] != nil
        else { return nil }
        guard settings.nonEmpty("aws_access_key_id") != nil,
            settings.nonEmpty("aws_secret_access_key") != nil
        else {
            throw CredentialError(
                .invalid, detail: "the profile has only one of key id and secret key")
        }
        guard !(isCredentialsFile ? areSecretsReadable : isConfigurationReadable) else {
            throw CredentialError(
                .invalid,
                detail: "every user can read the file with the secret keys: make its mode 0600")
        }
        return settings
    }

    // MARK: - Files

    private struct Loaded {
        var sections: [String: [String: String]] = [:]
        var isReadableByAll = false
        var watched: WatchedFile?
    }

    private static func load(
        _ environment: [String: String], _ files: CredentialFiles, variable: String, name: String
    ) async throws(CredentialError) -> Loaded {
        guard
            let path = expand(
                environment.nonEmpty(variable) ?? "~/.aws/\(name)", home: environment["HOME"])
        else { return Loaded() }
        // The usual way to say that there shall be no such file; everyone can write to it.
        guard path != "/dev/null" else { return Loaded() }
        guard let file = try await files.read(path) else {
            return Loaded(watched: WatchedFile(path: path, stamp: nil))
        }
        guard !file.isWritableByOthers else {
            // It may name programs to run and roles to take.
            throw CredentialError(
                .invalid, detail: "others can change the AWS \(name) file: make its mode 0600")
        }
        guard let text = file.text else {
            throw CredentialError(.invalid, detail: "the AWS \(name) file is no UTF-8")
        }
        let document = try INIDocument(text, file: "the AWS \(name) file")
        return Loaded(
            sections: document.sections, isReadableByAll: file.isReadableByAll,
            watched: WatchedFile(path: path, stamp: file.stamp))
    }

    private static func expand(_ path: String, home: String?) -> String? {
        guard path == "~" || path.hasPrefix("~/") else { return path }
        return home.map { $0 + path.dropFirst() }
    }
}

extension [String: String] {
    /// A value that says something: variables set to nothing count as unset.
    func nonEmpty(_ name: String) -> String? {
        self[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
