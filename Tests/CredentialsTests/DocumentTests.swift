import ObjectStorage
import Testing

@testable import Credentials

@Suite struct INIDocumentTests {
    @Test("sections, comments, nested settings and both separators are read")
    func reads() throws {
        let document = try INIDocument(
            """
            \u{FEFF}# a comment
            [default]
            Region = eu-central-1
            s3 =
              addressing_style = path
            key:value = x ; no comment

            [profile a b]\r
            x=\r
            ; the end
            [default]
            other = y
            """, file: "test")

        #expect(
            document.sections == [
                "default": [
                    "region": "eu-central-1", "s3": "", "key": "value = x ; no comment",
                    "other": "y",
                ],
                "profile a b": ["x": ""],
            ])
    }

    @Test(
        "what is not understood is an error, with its line",
        arguments: [
            ("[a]\nx", 2), ("x = 1", 1), ("[a\nx = 1", 1), ("[a]\n = 1", 2),
            ("[a]\nx = 1\nx = 2", 3), ("[a]\nx = 1\n[a]\nx = 2", 4), ("[a]\n  x", 2),
        ])
    func refuses(text: String, line: Int) {
        do throws(CredentialError) {
            _ = try INIDocument(text, file: "test")
            Issue.record("accepted")
        } catch {
            #expect(error.code == .invalid)
            #expect(error.detail == "test, line \(line), is not understood")
        }
    }
}

@Suite struct JSONValueTests {
    private func value(_ text: String) -> JSONValue? { JSONValue(Array(text.utf8)) }

    @Test("every kind of value is read")
    func reads() {
        let text = #" {"a" : [1, -2.5e+3, 0], "b": {"c": null, "d": true, "e": false}, "f": ""} "#

        #expect(
            value(text)
                == .object([
                    "a": .array([.number("1"), .number("-2.5e+3"), .number("0")]),
                    "b": .object(["c": .null, "d": .bool(true), "e": .bool(false)]),
                    "f": .string(""),
                ]))
        #expect(value(#""\"\\\/\b\n\u00e9\ud83d\ude00""#) == .string("\"\\/\u{8}\né\u{1F600}"))
    }

    @Test(
        "what is no JSON is refused",
        arguments: [
            "", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "01", "1.", "-", "1e", "nul", "'a'",
            "\"\u{1}\"", #""\x""#, #""\ud800""#, #""\u12""#, #""\u+123""#, "1 2", "{a:1}", "\"a",
        ])
    func refuses(text: String) {
        #expect(value(text) == nil)
    }

    @Test("nesting is bounded")
    func depth() {
        #expect(value(String(repeating: "[", count: 32) + String(repeating: "]", count: 32)) != nil)
        #expect(value(String(repeating: "[", count: 100_000)) == nil)
    }
}

@Suite struct ShellWordsTests {
    @Test(
        "words are split as a shell splits them",
        arguments: [
            ("a  b\tc", ["a", "b", "c"]), ("'a b' \"c d\"", ["a b", "c d"]), ("a\\ b", ["a b"]),
            ("\"\" ''", ["", ""]), ("a'b'\"c\"", ["abc"]), ("\"a\\\"b\\x\"", ["a\"b\\x"]),
            ("'a\\'", ["a\\"]), ("", []), ("  ", []),
        ])
    func splits(text: String, words: [String]) {
        #expect(ShellWords.split(text) == words)
    }

    @Test("an open quotation is no command line", arguments: ["'a", "\"a", "a\\"])
    func open(text: String) {
        #expect(ShellWords.split(text) == nil)
    }
}

@Suite struct TimestampISO8601Tests {
    @Test(
        "times are read in UTC, with fractions and with offsets",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-24T12:00:00Z", 1_795_521_600),
            ("2026-11-24T12:00:00.123456Z", 1_795_521_600),
            ("2026-11-24T13:30:00+01:30", 1_795_521_600),
            ("2026-11-24 07:00:00-0500", 1_795_521_600), ("2000-02-29T00:00:00Z", 951_782_400),
            ("1969-12-31T23:59:59Z", -1),
        ])
    func reads(text: String, seconds: Int64) {
        #expect(Timestamp(iso8601: text)?.seconds == seconds)
    }

    @Test(
        "anything else is none",
        arguments: [
            "", "2026-11-24", "2026-11-24T12:00:00", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
            "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00Zx", "20260101T000000Z", "+026-01-01T00:00:00Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }
}
