import Testing

@testable import FileSystem

@Suite struct EntryNameTests {
    @Test("a name may have 255 bytes, not 256") func limit() throws {
        _ = try EntryName(String(repeating: "a", count: 255))

        #expect(throws: FileSystemError.self) { try EntryName(String(repeating: "a", count: 256)) }
    }

    @Test("the limit counts bytes, not characters") func bytes() {
        #expect(throws: FileSystemError.self) { try EntryName(String(repeating: "é", count: 128)) }
    }

    @Test("names that no file can have are refused", arguments: ["", ".", "..", "a/b", "a\0b"])
    func impossible(text: String) {
        #expect(EntryName(listed: text) == nil)
    }

    @Test("two spellings of one text are two names") func spellings() throws {
        let composed = try EntryName("\u{E9}")
        let decomposed = try EntryName("e\u{301}")

        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
    }

    @Test("a name prints without its letters") func redaction() throws {
        let name = try EntryName("Doe-John.pdf")

        #expect("\(name)" == "<name of 12 bytes>")
        #expect(String(reflecting: name).contains("Doe") == false)
    }
}
