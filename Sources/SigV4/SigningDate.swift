import ObjectStorage

/// A time as SigV4 writes it: `20130524T000000Z`.
struct SigningDate {
    /// 16 characters.
    let stamp: String

    /// The first 8 characters: `20130524`.
    var day: Substring { stamp.prefix(8) }

    /// Years outside 0 to 9999 are written as the nearest of these: no clock is there.
    init(_ time: Timestamp) {
        let secondsPerDay: Int64 = 86_400
        let clamped = min(max(time.seconds, -62_167_219_200), 253_402_300_799)
        var days = clamped / secondsPerDay
        var rest = clamped % secondsPerDay
        if rest < 0 {
            days -= 1
            rest += secondsPerDay
        }
        let (year, month, day) = Self.civil(daysSince1970: days)
        var text: [UInt8] = []
        text.reserveCapacity(16)
        Self.append(year, digits: 4, to: &text)
        Self.append(month, digits: 2, to: &text)
        Self.append(day, digits: 2, to: &text)
        text.append(UInt8(ascii: "T"))
        Self.append(rest / 3600, digits: 2, to: &text)
        Self.append(rest / 60 % 60, digits: 2, to: &text)
        Self.append(rest % 60, digits: 2, to: &text)
        text.append(UInt8(ascii: "Z"))
        stamp = String(decoding: text, as: UTF8.self)
    }

    /// The proleptic Gregorian date, by eras of 400 years of 146,097 days that begin on 1 March.
    private static func civil(daysSince1970: Int64) -> (Int64, Int64, Int64) {
        // 719,468 days from 0000-03-01 to 1970-01-01.
        let shifted = daysSince1970 + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func append(_ value: Int64, digits: Int, to text: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        var rest = value
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor % 10))
            rest %= divisor
            divisor /= 10
        }
    }
}
