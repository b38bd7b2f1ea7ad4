import Testing
private import XML

/// All events of a document, each as one text: `<name`, `>name`, or the text.
private func events(_ document: String, limits: XMLLimits = XMLLimits()) throws(XMLError)
    -> [String]
{
    var reader = try XMLReader(Array(document.utf8), limits: limits)
    var found: [String] = []
    while let event = try reader.next() {
        switch event {
        case .start(let name): found.append("<\(name)")
        case .end(let name): found.append(">\(name)")
        case .text(let text): found.append(text)
        }
    }
    return found
}

private func code(_ document: String, limits: XMLLimits = XMLLimits()) -> XMLError.Code? {
    do throws(XMLError) {
        _ = try events(document, limits: limits)
        return nil
    } catch {
        return error.code
    }
}

@Suite struct XMLReaderTests {
    @Test("elements, text and self-closing tags come as events in order")
    func order() throws {
        let document = """
            \u{FEFF}<?xml version="1.0" encoding="UTF-8"?>
            <!-- a comment --><List xmlns="http://s3.amazonaws.com/doc/2006-03-01/" a='>'>\
            <Key>a b</Key><Empty/><Also></Also >é</List>
            <!-- end -->
            """

        #expect(
            try events(document) == [
                "<List", "<Key", "a b", ">Key", "<Empty", ">Empty", "<Also", ">Also", "é", ">List",
            ])
    }

    @Test(
        "references, sections, comments and line ends resolve to one text",
        arguments: [
            ("&lt;&gt;&amp;&quot;&apos;", "<>&\"'"), ("a&#65;&#x1F600;b", "aA\u{1F600}b"),
            ("&#x1;", "\u{1}"), ("a<![CDATA[<b>&amp;]] >]]>c", "a<b>&amp;]] >c"),
            ("a<!-- x -->b", "ab"), ("a\r\nb\rc\n", "a\nb\nc\n"),
            ("x<![CDATA[]]>", "x"), ("&#10;]]", "\n]]"),
        ])
    func text(written: String, meant: String) throws {
        #expect(try events("<a>\(written)</a>") == ["<a", meant, ">a"])
    }

    @Test("white space before the declaration is accepted, as kept-alive answers have it")
    func leadingSpace() throws {
        #expect(try events(" \n <?xml version=\"1.0\"?>\n\n<a/>") == ["<a", ">a"])
    }

    @Test(
        "what is dangerous is refused",
        arguments: [
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<a>&nbsp;</a>", "<a><?php x?></a>",
            "<a><!ELEMENT x></a>",
        ])
    func forbidden(document: String) {
        let found = code(document)

        #expect(found == .forbidden)
    }

    @Test(
        "broken grammar is refused",
        arguments: [
            "<a></b>", "<a><b></a></b>", "<a/><b/>", "<a/>x", "x<a/>", "<a b></a>", "<a b=c/>",
            "<a b=\"1\"c=\"2\"/>", "<a>]]></a>", "<a>\u{1}</a>", "<a>&#0;</a>", "<a>&#xD800;</a>",
            "<a>&#+5;</a>", "<a>&amp</a>       ", "< a/>", "<1/>", "<a b=\"<\"/>",
            "<a><!-- -- --></a>",
            "</a>", "<a/ >", "<a>&#;</a>", "<a>&#x;</a>", "<?xml version=\"1.0\"><a/>",
        ])
    func malformed(document: String) {
        #expect(code(document) == .malformed)
    }

    @Test(
        "a document that ends too early is told apart",
        arguments: [
            "", " ", "<a", "<a>", "<a>x", "<a><b/>", "<a></a", "<a>&am", "<a><!-- ", "<a b=\"",
            "<a><![CDATA[x]]", "<?xml ",
        ])
    func truncated(document: String) {
        #expect(code(document) == .truncated)
    }

    @Test("every prefix of a good document fails with an error, and never traps")
    func prefixes() {
        let document =
            "<?xml version=\"1.0\"?><a b=\"c\"><d>e&amp;f</d><!-- g --><h/><![CDATA[i]]></a>"

        for length in 0..<document.utf8.count {
            #expect(code(String(document.prefix(length))) != nil, "prefix of \(length)")
        }
        #expect(code(document) == nil)
    }

    @Test("bytes that are no UTF-8, and other encodings, are refused")
    func encoding() {
        #expect(throws: XMLError(.notUTF8, offset: 0)) {
            _ = try XMLReader(Array("<a>".utf8) + [0xC3, 0x28] + Array("</a>".utf8))
        }
        #expect(code("<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>") == .notUTF8)
        #expect(code("<?xml version='1.0' encoding='utf-8'?><a/>") == nil)
    }

    @Test("documents beyond a limit are refused")
    func limits() {
        var limits = XMLLimits()
        limits.depth = 3
        limits.nameLength = 4
        limits.textLength = 5
        limits.attributeCount = 1
        limits.documentLength = 60

        #expect(code("<a><b><c/></b></a>", limits: limits) == nil)
        #expect(code("<a><b><c><d/></c></b></a>", limits: limits) == .tooLarge)
        #expect(code("<abcd>12345</abcd>", limits: limits) == nil)
        #expect(code("<abcde/>", limits: limits) == .tooLarge)
        #expect(code("<a>123456</a>", limits: limits) == .tooLarge)
        #expect(code("<a>&lt;&lt;&lt;&lt;&lt;&lt;</a>", limits: limits) == .tooLarge)
        #expect(code("<a><![CDATA[1234567]]></a>", limits: limits) == .tooLarge)
        #expect(code("<a b='1' c='2'/>", limits: limits) == .tooLarge)
        #expect(
            code("<a>\(String(repeating: " <b/>", count: 20))</a>", limits: limits) == .tooLarge)
    }

    @Test("a million nested elements are refused at once")
    func bomb() {
        #expect(code(String(repeating: "<a>", count: 1_000_000)) == .tooLarge)
    }

    @Test("damaged documents end with an event or an error, never a trap", arguments: 0..<20)
    func damaged(round: UInt64) {
        var random = SplitMix(state: 0x5EED &+ round)
        let alphabet = Array("<>/!?-[]&;#x\"'= \r\nabCDATA\u{0}é".utf8)
        let good = Array("<a b='c'><d>e&amp;f&#65;</d><!-- g --><h/><![CDATA[i]]>\r\n</a>".utf8)

        for _ in 0..<500 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            var count = 0
            do {
                var reader = try XMLReader(bytes)
                while try reader.next() != nil { count += 1 }
            } catch {
                #expect(error.offset <= bytes.count, "seed 0x5EED + \(round)")
            }
            #expect(count <= bytes.count)
        }
    }

    @Test("reading by structure skips what it does not know")
    func structure() throws {
        let document = """
            <List> <Deep><x><y>1</y></x></Deep>
            <Key>k</Key><None/></List>
            """

        var reader = try XMLReader(Array(document.utf8))
        try reader.enterRoot("List")
        var names: [String] = []
        var key = ""
        while let name = try reader.nextChild() {
            names.append(name)
            if name == "Key" { key = try reader.text() } else { try reader.skip() }
        }
        try reader.finish()

        #expect(names == ["Deep", "Key", "None"])
        #expect(key == "k")
    }

    @Test("text among elements, and elements in text, are unexpected")
    func unexpected() throws {
        var stray = try XMLReader(Array("<a>x<b/></a>".utf8))
        var nested = try XMLReader(Array("<a>x<b/></a>".utf8))
        _ = try stray.enterRoot()
        _ = try nested.enterRoot()

        #expect(throws: XMLError.self) { _ = try stray.nextChild() }
        #expect(throws: XMLError.self) { _ = try nested.text() }
    }
}

/// A small seeded generator. Source: Vigna, SplitMix64.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
