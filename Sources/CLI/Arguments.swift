internal import ArgumentParser
internal import FileSystem
internal import Logging
internal import Naming

/// A number of bytes: digits with an optional K, M, G or T (powers of 1,024).
struct ByteCount: ExpressibleByArgument, Hashable, Sendable {
    let bytes: UInt64

    init(bytes: UInt64) {
        self.bytes = bytes
    }

    init?(argument: String) {
        let shifts: [Character: UInt64] = ["K": 10, "M": 20, "G": 30, "T": 40]
        var digits = argument.uppercased()
        var shift: UInt64 = 0
        if let last = digits.last, let found = shifts[last] {
            shift = found
            digits.removeLast()
        }
        guard let number = UInt64(digits) else { return nil }
        let (bytes, overflows) = number.multipliedReportingOverflow(by: 1 << shift)
        guard !overflows else { return nil }
        self.bytes = bytes
    }

    var defaultValueDescription: String {
        bytes % (1 << 20) == 0 ? "\(bytes >> 20)M" : "\(bytes)"
    }
}

/// Permission bits in octal.
struct OctalMode: ExpressibleByArgument, Hashable, Sendable {
    let bits: UInt32

    init(bits: UInt32) {
        self.bits = bits
    }

    init?(argument: String) {
        guard let bits = UInt32(argument, radix: 8), bits <= 0o777 else { return nil }
        self.bits = bits
    }

    var defaultValueDescription: String { "0" + String(bits, radix: 8) }
}

/// What is mounted.
enum MountSource: ExpressibleByArgument, Hashable, Sendable {
    /// A bucket and the prefix below which the mount lives, without slashes at its ends.
    case bucket(String, prefix: String)
    /// The embedded store in a local directory.
    case directory(String)

    init?(argument: String) {
        if argument.hasPrefix("s3://") {
            let rest = argument.dropFirst(5)
            let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let bucket = parts.first, !bucket.isEmpty else { return nil }
            var prefix = parts.count == 2 ? parts[1] : ""
            while prefix.hasSuffix("/") { prefix.removeLast() }
            self = .bucket(String(bucket), prefix: String(prefix))
        } else if argument.hasPrefix("dir:"), argument.count > 4 {
            self = .directory(String(argument.dropFirst(4)))
        } else {
            return nil
        }
    }

    /// What `df` shows: never the prefix, which may hold a name.
    var shownName: String {
        switch self {
        case .bucket(let bucket, _): "s3://\(bucket)"
        case .directory: "dir"
        }
    }
}

enum EncryptionKind: String, ExpressibleByArgument, CaseIterable, Sendable {
    case s3
    case kms
    case dsse
    case none
}

enum Addressing: String, ExpressibleByArgument, CaseIterable, Sendable {
    case auto
    case path
    case virtual
}

extension FileSystemConfiguration.KilledWriter: ExpressibleByArgument {}
extension FileSystemConfiguration.AttributeSource: ExpressibleByArgument {}
extension GuardMode: ExpressibleByArgument {}

/// The level from which on messages are logged.
enum LogLevel: String, ExpressibleByArgument, CaseIterable, Sendable {
    case debug
    case info
    case notice
    case warning
    case error

    var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}
