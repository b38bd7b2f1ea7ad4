/// Finds dates as people write them: `1980-02-03`, `02.03.1980`, `2-3-80`, `19800203`, `03021980`,
/// `020380`, `3Feb1980`, `Feb 3, 1980`. Whether day or month comes first is left open.
enum CalendarDate {
    /// Born before 1900 or after 2099 is nobody who has a file today.
    private static let years = 1900...2099

    /// The bytes of the date that begins at token `index`.
    static func range(in name: ParsedName, at index: Int) -> Range<Int>? {
        if let range = separated(in: name, at: index) ?? withMonthName(in: name, at: index) {
            return range
        }
        if let digits = name.bareDigits(8...8, at: index), isEightDigits(digits) {
            return name.tokens[index].range
        }
        if let digits = name.bareDigits(6...6, at: index), isSixDigits(digits) {
            return name.tokens[index].range
        }
        return nil
    }

    /// Whether eight digits are a date with the year in front, as programs stamp exports.
    static func isStamp(_ digits: [Int]) -> Bool {
        digits.count == 8
            && isDate(year: value(digits[0..<4]), value(digits[4..<6]), value(digits[6..<8]))
    }

    // MARK: Forms

    private static func separated(in name: ParsedName, at index: Int) -> Range<Int>? {
        for lengths in [[4, 2, 2], [4, 1, 2], [4, 2, 1], [4, 1, 1]] {
            if let date = name.digitGroups(lengths, at: index),
                isDate(year: date.groups[0], date.groups[1], date.groups[2])
            {
                return date.range
            }
        }
        for year in [4, 2] {
            for lengths in [[2, 2, year], [1, 2, year], [2, 1, year], [1, 1, year]] {
                if let date = name.digitGroups(lengths, at: index),
                    isDate(year: full(date.groups[2], year), date.groups[0], date.groups[1])
                        || isDate(year: full(date.groups[2], year), date.groups[1], date.groups[0])
                {
                    return date.range
                }
            }
        }
        return nil
    }

    /// Three tokens: day, month and year, or month, day and year.
    private static func withMonthName(in name: ParsedName, at index: Int) -> Range<Int>? {
        guard index + 2 < name.tokens.count else { return nil }
        let tokens = name.tokens[index...(index + 2)]
        let range = tokens[index].range.lowerBound..<tokens[index + 2].range.upperBound
        // Nine letters of the longest month, six digits, and up to two separators twice.
        guard range.count <= 19, tokens[index + 2].kind == .digits else { return nil }
        let month: Token
        let day: Token
        switch (tokens[index].kind, tokens[index + 1].kind) {
        case (.digits, .letters): (day, month) = (tokens[index], tokens[index + 1])
        case (.letters, .digits): (month, day) = (tokens[index], tokens[index + 1])
        default: return nil
        }
        let year = tokens[index + 2]
        guard let number = monthNumber(name.bytes[month.range]), day.range.count <= 2,
            year.range.count == 4 || year.range.count == 2,
            isDate(
                year: full(value(name.digits(in: year.range)[...]), year.range.count), number,
                value(name.digits(in: day.range)[...]))
        else { return nil }
        return range
    }

    private static func isEightDigits(_ digits: [Int]) -> Bool {
        let year = value(digits[4..<8])
        let (first, second) = (value(digits[0..<2]), value(digits[2..<4]))
        return isStamp(digits) || isDate(year: year, first, second)
            || isDate(year: year, second, first)
    }

    private static func isSixDigits(_ digits: [Int]) -> Bool {
        let parts = [0, 2, 4].map { value(digits[$0..<($0 + 2)]) }
        // In any order; 1904 was a leap year as every fourth one since.
        return isDate(year: 1904, parts[0], parts[1]) || isDate(year: 1904, parts[1], parts[0])
            || isDate(year: 1904, parts[1], parts[2])
    }

    // MARK: Arithmetic

    private static func isDate(year: Int, _ month: Int, _ day: Int) -> Bool {
        guard years.contains(year), (1...12).contains(month), day >= 1 else { return false }
        let leap = year.isMultiple(of: 4) && year != 1900
        let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return day <= lengths[month - 1]
    }

    /// A two-digit year may be of either century; a leap day is allowed in 1904 and 2004 alike.
    private static func full(_ year: Int, _ digits: Int) -> Int {
        digits == 4 ? year : 1900 + (year == 0 ? 100 : year)
    }

    private static func value(_ digits: ArraySlice<Int>) -> Int {
        digits.reduce(0) { $0 * 10 + $1 }
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september",
        "october", "november", "december",
    ].map { Array($0.utf8) }

    /// 1 to 12 for a month's English name or its first three letters ("sept" too).
    private static func monthNumber(_ word: ArraySlice<UInt8>) -> Int? {
        let word = word.map(\.lowercased)
        guard word.count >= 3 else { return nil }
        let number = months.firstIndex { month in
            word == month || (word.count <= 4 && month.starts(with: word))
        }
        return number.map { $0 + 1 }
    }
}
