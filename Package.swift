// swift-tools-version: 6.2
import PackageDescription

/// Every target: Swift 6 mode, unsafe code marked, warnings are errors, imports say their reach.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // Spans as mutable receivers (`OutputSpan.append(copying:)`).
    .enableExperimentalFeature("Lifetimes"),
]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// One layer: a target that may import only the layers named here. See Sources/README.md.
func layer(_ name: String, imports: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: imports, swiftSettings: house)
}

func tests(_ name: String, of imports: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: imports, swiftSettings: house)
}

let package = Package(
    name: "wardfs",
    products: [.executable(name: "wardfs", targets: ["wardfs"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // The layers, from the top down.
        .executableTarget(name: "wardfs", dependencies: ["CLI"], swiftSettings: house),
        layer(
            "CLI",
            imports: [
                "FUSEAdapter", "FileSystem", "ReadCache", "Staging", "Naming", "S3",
                "DirectoryStore", "Credentials", "SigV4", "HTTP", "Encryption", "LocalDisk",
                "Telemetry", "ObjectStorage", arguments, log,
            ]),
        layer(
            "FUSEAdapter",
            imports: [
                "FileSystem", "ReadCache", "ObjectStorage", "Telemetry", "CLibFUSE3", log,
            ]),
        layer(
            "FileSystem",
            imports: ["ReadCache", "Staging", "Naming", "ObjectStorage", "Telemetry", log]),
        layer("ReadCache", imports: ["ObjectStorage", "Telemetry", log]),
        layer(
            "Staging",
            imports: ["Encryption", "LocalDisk", "Checksums", "ObjectStorage", "Telemetry", log]),
        layer("Naming"),
        layer(
            "S3",
            imports: [
                "Credentials", "SigV4", "HTTP", "XML", "Encryption", "Checksums",
                "ObjectStorage", "Telemetry", log,
            ]),
        layer(
            "DirectoryStore",
            imports: ["Encryption", "LocalDisk", "Checksums", "ObjectStorage"]),
        layer(
            "Credentials",
            imports: ["SigV4", "HTTP", "XML", "LocalDisk", "ObjectStorage", "Telemetry", log]),
        layer("SigV4", imports: ["Encryption", "ObjectStorage"]),
        layer("HTTP", imports: ["ObjectStorage", "CLibCurl"]),
        layer("Encryption", imports: ["ObjectStorage", "CLibCrypto"]),
        layer("LocalDisk", imports: ["ObjectStorage", "CLocalDisk"]),
        layer("Telemetry", imports: ["ObjectStorage", log]),
        layer("Checksums", imports: ["ObjectStorage", "CChecksums"]),
        layer("XML"),
        layer("ObjectStorage"),

        tests("ChecksumsTests", of: ["Checksums", "ObjectStorage"]),
        tests("XMLTests", of: ["XML"]),
        tests(
            "CredentialServerTests",
            of: [
                "Credentials", "SigV4", "HTTP", "LocalDisk", "LocalDiskTestSupport",
                "ObjectStorage", "ChildProcess", log,
            ]),
        tests(
            "CredentialsTests",
            of: [
                "Credentials", "SigV4", "HTTP", "LocalDisk", "LocalDiskTestSupport",
                "ObjectStorage", "ObjectStoreTestSupport", log,
            ]),
        tests("HTTPTests", of: ["HTTP", "Encryption", "ObjectStorage", "ChildProcess"]),
        tests("SigV4Tests", of: ["SigV4", "ObjectStorage", "ChildProcess"]),
        .target(
            name: "ChildProcess", dependencies: ["ObjectStorage"], path: "Tests/ChildProcess",
            swiftSettings: house),

        // C: system libraries behind one shim each, and the checksum kernels.
        .target(
            name: "CLibFUSE3", cSettings: [.define("_FILE_OFFSET_BITS", to: "64")],
            linkerSettings: [.linkedLibrary("fuse3")]),
        .systemLibrary(
            name: "CLibCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(
            name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CChecksums"),
        .target(name: "CLocalDisk"),

        // The tests, one target a layer.
        tests("ArchitectureTests", of: []),
        .target(
            name: "LocalDiskTestSupport", dependencies: ["LocalDisk", "ObjectStorage"],
            path: "Tests/LocalDiskTestSupport", swiftSettings: house),
        tests("LocalDiskTests", of: ["LocalDisk", "LocalDiskTestSupport", "ObjectStorage"]),
        .target(
            name: "ObjectStoreTestSupport", dependencies: ["Checksums", "ObjectStorage"],
            path: "Tests/ObjectStoreTestSupport", swiftSettings: house),
        tests(
            "ObjectStoreTestSupportTests",
            of: ["Checksums", "ObjectStorage", "ObjectStoreTestSupport"]),
        tests(
            "StagingTests",
            of: [
                "Staging", "Encryption", "LocalDisk", "LocalDiskTestSupport", "Checksums",
                "ObjectStorage", "ObjectStoreTestSupport",
            ]),
        tests(
            "S3Tests",
            of: [
                "S3", "Credentials", "SigV4", "HTTP", "Encryption", "Checksums", "ObjectStorage",
                "ObjectStoreTestSupport", "Telemetry", log,
            ]),
        tests(
            "S3ServerTests",
            of: [
                "S3", "Credentials", "SigV4", "HTTP", "Encryption", "Checksums", "ObjectStorage",
                "ObjectStoreTestSupport", "Telemetry", log,
            ]),
        tests("EncryptionTests", of: ["Encryption", "ObjectStorage"]),
        tests(
            "DirectoryStoreTests",
            of: [
                "DirectoryStore", "Checksums", "Encryption", "LocalDisk", "LocalDiskTestSupport",
                "ObjectStorage", "ObjectStoreTestSupport",
            ]),
        tests("ReadCacheTests", of: ["ReadCache", "ObjectStorage", log]),
        tests("NamingTests", of: ["Naming"]),
        tests(
            "FileSystemTests",
            of: [
                "FileSystem", "ObjectStorage", "ReadCache", "Staging", "Naming", "Encryption",
                "LocalDisk", "LocalDiskTestSupport", "ObjectStoreTestSupport", log,
            ]),
        tests("FUSEAdapterTests", of: ["FUSEAdapter"]),
        tests("CLITests", of: ["CLI"]),
        tests("TelemetryTests", of: ["Telemetry", "ObjectStorage", log]),
    ]
)
