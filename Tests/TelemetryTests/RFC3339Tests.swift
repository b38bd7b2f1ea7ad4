import ObjectStorage
import Telemetry
import Testing

@Suite struct RFC3339Tests {
    // Dates by GNU date: `date -u -d @SECONDS +%FT%TZ`.
    @Test(
        "a time prints as UTC, also before 1970 and on leap days",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"), (4_107_542_399, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (-62_135_596_800, "0001-01-01T00:00:00.000Z"),
            (253_402_300_799, "9999-12-31T23:59:59.000Z"),
        ])
    func dates(seconds: Int64, expected: String) {
        #expect(RFC3339.text(of: Timestamp(seconds: seconds)) == expected)
    }

    @Test("milliseconds are cut off, not rounded")
    func milliseconds() {
        let time = Timestamp(seconds: 0, nanoseconds: 999_999_999)

        #expect(RFC3339.text(of: time) == "1970-01-01T00:00:00.999Z")
    }
}
