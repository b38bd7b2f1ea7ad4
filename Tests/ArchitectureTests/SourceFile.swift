import FoundationEssentials

/// A file of the project, as the rules look at it.
struct SourceFile: Sendable {
    /// From the project's root, such as `Sources/S3/Retry.swift`.
    let path: String
    let text: String
    let lines: [String]
    /// The lines with comments and the content of strings blanked out; interpolated code stays.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        code = CodeView.code(of: text)
    }

    /// `S3` for `Sources/S3/Retry.swift`.
    var layer: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }
}

/// A rule broken.
struct Violation: Equatable, CustomStringConvertible {
    let path: String
    /// From 1.
    let line: Int
    let rule: String

    init(_ file: SourceFile, line: Int, _ rule: String) {
        path = file.path
        self.line = line
        self.rule = rule
    }

    var description: String { "\(path):\(line): \(rule)" }
}

/// The project's files on disk.
enum SourceTree {
    /// All Swift files below these directories.
    static func swiftFiles(in directories: String...) throws -> [SourceFile] {
        try files(in: directories) { $0.hasSuffix(".swift") }
    }

    /// The text files that are not Swift: documents, scripts, C.
    static func otherFiles(in directories: String...) throws -> [SourceFile] {
        let endings = [".md", ".sh", ".py", ".c", ".h", ".yml", ".json", ".toml"]
        return try files(in: directories) { path in
            let name = path.split(separator: "/").last ?? ""
            return endings.contains { name.hasSuffix($0) } || !name.contains(".")
        }
    }

    static func file(_ path: String) throws -> SourceFile {
        let url = URL(filePath: root + "/" + path)
        return SourceFile(
            path: path, text: String(decoding: try Data(contentsOf: url), as: UTF8.self))
    }

    private static func files(
        in directories: [String], where isWanted: (String) -> Bool
    ) throws -> [SourceFile] {
        var found: [SourceFile] = []
        for directory in directories {
            let names = try FileManager.default.subpathsOfDirectory(atPath: root + "/" + directory)
            for name in names.sorted() where isWanted(name) && !isMade(name) {
                var isDirectory = false
                let path = "\(directory)/\(name)"
                _ = FileManager.default.fileExists(
                    atPath: root + "/" + path, isDirectory: &isDirectory)
                if !isDirectory { found.append(try file(path)) }
            }
        }
        return found
    }

    /// What tests leave behind, and no part of the project.
    private static func isMade(_ path: String) -> Bool {
        path.contains("__pycache__") || path.contains(".pytest_cache")
    }

    /// The directory that holds Package.swift.
    private static let root = String(
        #filePath.dropLast("/Tests/ArchitectureTests/SourceFile.swift".count))
}
