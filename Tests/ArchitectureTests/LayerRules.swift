/// A layer imports only what stands below it.
enum LayerRules {
    /// From the top down; layers of one row know nothing of each other.
    static let rows: [[String]] = [
        ["wardfs"], ["CLI"], ["FUSEAdapter"], ["FileSystem"],
        ["ReadCache", "Staging", "Naming", "Audit"],
        ["S3", "DirectoryStore"], ["Credentials"], ["SigV4"], ["HTTP", "XML"],
        ["Encryption", "LocalDisk", "Checksums", "Telemetry"], ["ObjectStorage"],
        wrappedInC,
    ]

    /// C modules: never imported for others, so that no C type gets into a layer's API.
    static let wrappedInC = ["CLibFUSE3", "CLibCurl", "CLibCrypto", "CChecksums", "CLocalDisk"]

    /// Above the waist, which is `ObjectStore`: these know no network and no AWS.
    static let aboveWaist = [
        "FUSEAdapter", "FileSystem", "ReadCache", "Staging", "Naming", "Audit",
    ]
    static let belowWaist = ["S3", "DirectoryStore", "Credentials", "SigV4", "HTTP"]

    /// The layers that wrap C or the operating system.
    static let systemLayers = [
        "CLI", "FUSEAdapter", "LocalDisk", "HTTP", "Encryption", "Checksums", "wardfs",
    ]

    /// What Package.swift declares: layer to imports.
    static func declaredImports(_ package: SourceFile) -> [String: Set<String>] {
        var declared: [String: Set<String>] = [:]
        for chunk in package.text.ranges(of: "layer(").map({ package.text[$0.upperBound...] }) {
            guard chunk.first == "\"" || chunk.first == "\n" else { continue }
            var depth = 1
            let call = chunk.prefix { character in
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                return depth > 0
            }
            let strings = call.split(separator: "\"", omittingEmptySubsequences: false)
                .enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
            guard let name = strings.first else { continue }
            declared[name] = Set(strings.dropFirst())
        }
        return declared
    }

    /// Declarations in Package.swift that reach up or sideways.
    static func violations(declared: [String: Set<String>]) -> [String] {
        var found: [String] = []
        for (layer, imports) in declared.sorted(by: { $0.key < $1.key }) {
            guard let row = row(of: layer) else {
                found.append("\(layer) has no row in the map of layers")
                continue
            }
            for imported in imports.sorted() {
                if let below = self.row(of: imported), below <= row {
                    found.append("\(layer) imports \(imported), which is not below it")
                }
                if aboveWaist.contains(layer), belowWaist.contains(imported) {
                    found.append("\(layer) imports \(imported), which is below the waist")
                }
            }
        }
        return found
    }

    /// Imports of a source file that its layer does not declare or may not have.
    static func violations(
        in file: SourceFile, declared: [String: Set<String>]
    ) -> [Violation] {
        file.code.enumerated().compactMap { index, line in
            guard let module = importedModule(line) else { return nil }
            let layer = file.layer
            let allowed: Bool
            switch module {
            case "Glibc":
                // The numbers of errno are the one thing of the system that FileSystem names.
                allowed = systemLayers.contains(layer) || file.path.hasSuffix("+Errno.swift")
            case "ArgumentParser": allowed = layer == "CLI"
            case "CLI": allowed = layer == "wardfs"
            case _ where wrappedInC.contains(module) && line.hasPrefix("package import"):
                allowed = false
            case _ where row(of: module) != nil:
                allowed = declared[layer]?.contains(module) ?? false
            case "Synchronization", "Logging", "Dispatch", "GRDB", "SystemPackage": allowed = true
            default: allowed = false
            }
            return allowed
                ? nil : Violation(file, line: index + 1, "\(layer) may not import \(module)")
        }
    }

    private static func importedModule(_ line: String) -> String? {
        let words = line.split(separator: " ")
        guard let keyword = words.firstIndex(of: "import"), keyword <= 2, keyword + 1 < words.count
        else { return nil }
        return words.last.map { String($0.split(separator: ".")[0]) }
    }

    private static func row(of layer: String) -> Int? {
        rows.firstIndex { $0.contains(layer) }
    }
}
