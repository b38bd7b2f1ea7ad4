import ObjectStorage

/// Writes the fields of a sealed record: little-endian numbers, and bytes behind their length.
struct FieldWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ number: some FixedWidthInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    mutating func append(raw: [UInt8]) {
        bytes += raw
    }

    mutating func append(_ text: String) {
        append(UInt32(text.utf8.count))
        bytes += text.utf8
    }

    /// A flag, and the text when there is one.
    mutating func append(_ text: String?) {
        append(UInt8(text == nil ? 0 : 1))
        if let text { append(text) }
    }

    mutating func append(_ time: Timestamp) {
        append(time.seconds)
        append(time.nanoseconds)
    }

    mutating func append(_ checksum: Checksum?) {
        switch checksum?.algorithm {
        case nil: append(UInt8(0))
        case .crc64NVME: append(UInt8(1))
        case .crc32C: append(UInt8(2))
        }
        if let checksum { append(checksum.value) }
    }

    /// Sorted by name, so that equal metadata give equal bytes.
    mutating func append(_ metadata: [String: String]) {
        append(UInt32(metadata.count))
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
            append(name)
            append(value)
        }
    }
}

/// A record is not of the format: shorter than it says, or with values that cannot be.
struct FieldError: Error {}

/// Reads what `FieldWriter` wrote; never trusts a length.
struct FieldReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func raw(_ count: Int) throws(FieldError) -> [UInt8] {
        guard count >= 0, count <= bytes.count - position else { throw FieldError() }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    mutating func number<Number: FixedWidthInteger>(
        _ type: Number.Type = Number.self
    ) throws(FieldError) -> Number {
        var result: Number = 0
        for (index, byte) in try raw(Number.bitWidth / 8).enumerated() {
            result |= Number(truncatingIfNeeded: byte) << (8 * index)
        }
        return result
    }

    mutating func text() throws(FieldError) -> String {
        let bytes = try raw(Int(number(UInt32.self)))
        guard let text = String(validating: bytes, as: UTF8.self) else { throw FieldError() }
        return text
    }

    mutating func optionalText() throws(FieldError) -> String? {
        try number(UInt8.self) == 0 ? nil : text()
    }

    mutating func timestamp() throws(FieldError) -> Timestamp {
        let seconds = try number(Int64.self)
        let nanoseconds = try number(Int32.self)
        guard (0..<1_000_000_000).contains(nanoseconds) else { throw FieldError() }
        return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    }

    mutating func checksum() throws(FieldError) -> Checksum? {
        switch try number(UInt8.self) {
        case 0: nil
        case 1: Checksum(algorithm: .crc64NVME, value: try number())
        case 2: Checksum(algorithm: .crc32C, value: try number())
        default: throw FieldError()
        }
    }

    mutating func metadata() throws(FieldError) -> [String: String] {
        var result: [String: String] = [:]
        for _ in 0..<(try number(UInt32.self)) {
            let name = try text()
            result[name] = try text()
        }
        return result
    }
}
