private import Checksums

/// CRC64NVME of runs of zeros, without making them.
enum ZeroChecksum {
    /// Of `count` zero bytes.
    ///
    /// Doubles and adds: the checksum of 2n zeros is that of n combined with itself.
    static func crc64NVME(count: UInt64) -> UInt64 {
        var result = CRC64NVME().value
        var length: UInt64 = 1
        var unit = CRC64NVME()
        let zero: [UInt8] = [0]
        unit.update(zero.span)
        var power = unit.value
        var rest = count
        while rest > 0 {
            if rest & 1 == 1 { result = CRC64NVME.combine(result, power, secondLength: length) }
            rest >>= 1
            guard rest > 0 else { break }
            power = CRC64NVME.combine(power, power, secondLength: length)
            length <<= 1
        }
        return result
    }
}
