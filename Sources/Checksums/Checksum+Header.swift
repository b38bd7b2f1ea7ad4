package import ObjectStorage

extension Checksum {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The value as S3's headers and XML carry it: big-endian bytes in Base64.
    /// Source: RFC 4648 section 4; S3 API, `x-amz-checksum-crc64nvme`.
    package var headerValue: String {
        let length = algorithm.length
        var digits: [UInt8] = []
        digits.reserveCapacity(12)
        for group in stride(from: 0, to: length, by: 3) {
            let here = min(3, length - group)
            var bits: UInt32 = 0
            for index in 0..<3 {
                bits = bits << 8 | (index < here ? byte(group + index, of: length) : 0)
            }
            for digit in 0..<4 {
                let value = Int(bits >> UInt32(18 - 6 * digit)) & 63
                digits.append(digit <= here ? Self.alphabet[value] : UInt8(ascii: "="))
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Reads a header's value.
    /// - Returns: nil when it is not the canonical Base64 of `algorithm.length` bytes; so also for
    ///   a composite checksum (`...-3`), which is not one over the bytes.
    package init?(algorithm: ChecksumAlgorithm, headerValue: some StringProtocol) {
        let digits = Array(headerValue.utf8)
        guard digits.count == (algorithm.length + 2) / 3 * 4 else { return nil }
        let digitCount = (algorithm.length * 8 + 5) / 6
        var value: UInt64 = 0
        for (index, digit) in digits.enumerated() {
            guard index < digitCount else {
                guard digit == UInt8(ascii: "=") else { return nil }
                continue
            }
            guard let bits = Self.digitValue(digit) else { return nil }
            // The last digit brings fewer than 6 bits; the others of it must be 0.
            let used = min(6, algorithm.length * 8 - 6 * index)
            guard bits & (1 << (6 - used) - 1) == 0 else { return nil }
            value = value << UInt64(used) | bits >> UInt64(6 - used)
        }
        self.init(algorithm: algorithm, value: value)
    }

    private func byte(_ index: Int, of length: Int) -> UInt32 {
        UInt32(value >> UInt64(8 * (length - 1 - index)) & 0xFF)
    }

    private static func digitValue(_ digit: UInt8) -> UInt64? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt64(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt64(digit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(digit - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
