internal import ArgumentParser

/// The version of this program, and of the formats that it writes.
enum Version {
    static let program = "0.1.0"
}

/// `wardfs version`
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Shows the version.")

    func run() {
        print("wardfs \(Version.program)")
    }
}
