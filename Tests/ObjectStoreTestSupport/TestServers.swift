import FoundationEssentials

/// The servers that Tests/Servers/start.sh started, from the file that it wrote.
package struct TestServers: Sendable {
    /// The environment variable with the path of that file.
    package static let variable = "WARDFS_TEST_SERVERS"
    private let values: [String: String]

    /// - Throws: a sentence that says how to start the servers.
    package init() throws {
        guard let path = ProcessInfo.processInfo.environment[Self.variable] else {
            throw ConformanceFailure(
                description: "Tests/Servers/start.sh DIR starts the servers of this test; then set "
                    + "\(Self.variable)=DIR/env")
        }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw ConformanceFailure(
                description: "\(Self.variable) names a file that cannot be read: start the "
                    + "servers with Tests/Servers/start.sh")
        }
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            values[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        self.values = values
    }

    /// The value of `WARDFS_TEST_` + name.
    /// - Throws: a sentence when there is none.
    package func value(_ name: String) throws -> String {
        guard let value = values["WARDFS_TEST_" + name] else {
            throw ConformanceFailure(
                description: "WARDFS_TEST_\(name) is not in the file that \(Self.variable) names")
        }
        return value
    }
}
