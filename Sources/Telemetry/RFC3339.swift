package import ObjectStorage

/// Times as log lines and events show them.
/// Source: RFC 3339, section 5.6.
package enum RFC3339 {
    private static let secondsPerDay: Int64 = 86_400

    /// UTC with milliseconds, such as `2026-11-24T11:07:00.250Z`.
    package static func text(of time: Timestamp) -> String {
        let (days, second) = time.seconds.flooredQuotientAndRemainder(by: secondsPerDay)
        let (year, month, day) = civilDate(daysSince1970: days)
        let date = "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
        let minutes = "\(digits(second / 3600, 2)):\(digits(second / 60 % 60, 2))"
        let milliseconds = digits(Int64(time.nanoseconds / 1_000_000), 3)
        return "\(date)T\(minutes):\(digits(second % 60, 2)).\(milliseconds)Z"
    }

    /// The Gregorian date of a day number.
    ///
    /// Counts years from 1 March, so that the leap day is a year's last: 146,097 days are 400
    /// years, 36,524 are 100, 1,460 are 4 less their leap day; months from March have (153 m + 2) /
    /// 5 days before them.
    private static func civilDate(
        daysSince1970 days: Int64
    ) -> (year: Int64, month: Int64, day: Int64) {
        // 719,468 days lie between 0000-03-01 and 1970-01-01.
        let (era, dayOfEra) = (days + 719_468).flooredQuotientAndRemainder(by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func digits(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}

extension Int64 {
    /// Division that rounds towards minus infinity, so that the remainder is never negative.
    fileprivate func flooredQuotientAndRemainder(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
