import LocalDisk
import SigV4

/// Runs the program that a profile names and reads its document.
/// Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
struct CredentialProcess: Sendable {
    let runner: any ProgramRunner
    let executor: BlockingExecutor
    let environment: [String: String]

    /// A person may have to touch a security key.
    private static let timeout = Duration.seconds(60)
    private static let outputLimit = 64 << 10

    /// - Parameter command: a command line, split as a shell does but not given to one.
    /// - Throws: `invalid`, `unreachable` when it does not end, `refused` when it fails.
    func run(_ command: String) async throws(CredentialError) -> AWSCredentials {
        guard let words = ShellWords.split(command), !words.isEmpty else {
            throw CredentialError(.invalid, detail: "credential_process is no command line")
        }
        let runner = runner
        let environment = environment
        let result: (status: Int32, output: [UInt8])
        do throws(ProgramError) {
            result = try await executor.run { () throws(ProgramError) in
                try runner.run(
                    words, environment: environment, timeout: Self.timeout,
                    outputLimit: Self.outputLimit)
            }
        } catch {
            throw CredentialError(
                error.code == .timedOut ? .unreachable : .invalid,
                detail: "credential_process: \(error.code.rawValue), errno \(error.errno)")
        }
        guard result.status == 0 else {
            throw CredentialError(
                .refused, detail: "credential_process ended with status \(result.status)")
        }
        guard let document = JSONValue(result.output), document["Version"] == .number("1") else {
            throw CredentialError(
                .invalid, detail: "credential_process printed no JSON document of version 1")
        }
        return try AWSCredentials(document, token: "SessionToken", needsExpiration: false)
    }
}
