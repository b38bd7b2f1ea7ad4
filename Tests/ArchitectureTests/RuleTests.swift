import Testing

/// Each rule, seen to fail on code that breaks it and to pass on code that does not.
@Suite struct RuleTests {
    private func file(_ text: String, path: String = "Sources/S3/Example.swift") -> SourceFile {
        SourceFile(path: path, text: text)
    }

    @Test("comments and strings are not code; interpolations are")
    func codeView() {
        let code = CodeView.code(
            of: """
                let a = "try!" // try!
                /* fatalError( /* nested */ */ let b = #"a "quote" \\(c)"# + "\\(d(")"))x"
                let e = \"""
                    print( \\(f)
                    \""" + g
                """)

        #expect(code[0].trimmed == #"let a = "    ""#)
        #expect(!code[1].contains("fatalError") && !code[1].contains("quote"))
        #expect(code[1].contains(#"\(d(" "))"#))
        #expect(!code[3].contains("print") && code[3].contains("\\(f)"))
        #expect(code[4].contains("+ g"))
    }

    @Test(
        "calls that hide something are found",
        arguments: [
            "let a = try! f()", "let a = b as! C", "fatalError(\"\")", "let t = Date()",
            "let t = ContinuousClock.now", "try await Task.sleep(for: x)", "print(a)",
            "import Foundation", "private import Foundation", "do { try f() } catch {}",
        ])
    func bannedCalls(line: String) {
        #expect(BannedCallRules.violations(in: file(line)).count == 1)
    }

    @Test(
        "calls that only look alike are not",
        arguments: [
            "// try! to understand", "blueprint(a)", "let a = \"print(\"", "myDate()",
            "clock.sleep(for: x)", "catch { throw e }", "import FoundationEssentialsX",
        ])
    func allowedCalls(line: String) {
        #expect(BannedCallRules.violations(in: file(line)).isEmpty)
    }

    @Test("the wiring may make clocks, the CLI may print")
    func exemptions() {
        let wiring = file("ContinuousClock()\nprint(a)", path: "Sources/CLI/Wiring.swift")

        #expect(BannedCallRules.violations(in: wiring).isEmpty)
        #expect(BannedCallRules.violationsInTests(in: file("await Task.sleep(x)")).count == 1)
    }

    @Test("too long files, lines and functions are found")
    func sizes() {
        let line = "    let a = 1\n"
        let body = String(repeating: line, count: 59)
        let long = "func f(\n    a: Int\n) -> Int {\n\(body)}\n"
        let short = "func f() {\n\(String(repeating: line, count: 58))}\n\(long.dropLast(2))"

        #expect(SizeRules.violations(in: file(long)).map(\.line) == [1])
        #expect(SizeRules.violations(in: file(short)).map(\.line) == [61])
        #expect(SizeRules.violations(in: file(String(repeating: "a", count: 101))).count == 1)
        #expect(SizeRules.violations(in: file(String(repeating: "a\n", count: 401))).count == 1)
        #expect(SizeRules.violations(in: file(String(repeating: "a\n", count: 400))).isEmpty)
    }

    @Test("a protocol's function without body is no long function")
    func requirement() {
        let text = "protocol P {\n    func f(\n        a: Int\n    ) throws\n"
        let rest = String(repeating: "    var a: Int { get }\n", count: 70)

        #expect(SizeRules.violations(in: file(text + rest + "}\n")).isEmpty)
    }

    @Test("unsafe code and unchecked sendability need a reason nearby")
    func unsafety() {
        let other = "// SAFETY: of another\nfunc e() {\n}\nfunc f() {\n    unsafe g()\n}\n"
        let own = "func f() {\n    // SAFETY: why\n    unsafe g()\n    unsafe h()\n}\n"

        #expect(UnsafetyRules.violations(in: file("let a = unsafe f()")).count == 1)
        #expect(UnsafetyRules.violations(in: file(other)).map(\.line) == [5])
        #expect(UnsafetyRules.violations(in: file(own)).isEmpty)
        let head = "private import C\n\n// SAFETY: of all callbacks\n\n" + other
        #expect(UnsafetyRules.violations(in: file(head)).isEmpty)
        #expect(UnsafetyRules.violations(in: file("let unsafeWord = 1")).isEmpty)
        #expect(UnsafetyRules.violations(in: file("class A: @unchecked Sendable {")).count == 1)
        #expect(UnsafetyRules.violations(in: file("nonisolated(unsafe) var a = 1")).count == 1)
        #expect(
            UnsafetyRules.violations(in: file("// `lock`.\nclass A: @unchecked Sendable {"))
                .isEmpty)
    }

    @Test(
        "raw values and interpolations in log calls are found, over several lines too",
        arguments: [
            "log.event(.info, \"a\", [.state: key.rawValue])", "logger.info(\"\\(name)\")",
            "log.info(\n    \"a\",\n    metadata: [\"b\": .string(key.rawValue)])",
        ])
    func logging(text: String) {
        #expect(LoggingRules.violations(in: file(text)).count == 1)
    }

    @Test(
        "other raw values are not",
        arguments: [
            "log.event(.info, \"a\")\nlet b = key.rawValue", "catalog.info(\"\\(a)\")",
            "log.event(.info, \"a\", [.code: LogWord(error.code.rawValue)])",
        ])
    func harmlessLogging(text: String) {
        #expect(LoggingRules.violations(in: file(text)).isEmpty)
    }

    @Test("undocumented package declarations are found; witnesses of a protocol are not")
    func documentation() {
        let text = """
            package struct A {}
            /// Documented.
            @frozen
            package enum B {}
            package static func < (l: A, r: A) -> Bool { true }
            package func asked() {}
            package func own() {}
            package import C
            package final class D {}
            """
        let asking = file("/// P.\npackage protocol P {\n    func asked()\n}\n")

        let found = DocumentationRules.violations(
            in: file(text), requirements: DocumentationRules.requirements(of: [asking]))

        #expect(found.map(\.line) == [1, 7, 9])
    }

    @Test("unfinished work, machine paths and empty names are found")
    func wording() {
        let words = "// TO" + "DO later\nlet a = \"/ro" + "ot/x\"\n"

        #expect(WordingRules.violations(in: file(words)).map(\.line) == [1, 2])
        #expect(WordingRules.emptyNames(in: file("final class UploadManager {")).count == 1)
        #expect(WordingRules.emptyNames(in: file("let manager = UploadManager()")).isEmpty)
    }

    @Test("imports upwards, sideways, across the waist and undeclared ones are found")
    func layers() {
        let package = file(
            """
            layer("FileSystem", imports: ["S3", "Naming"]),
            layer("HTTP", imports: ["S3"]),
            layer("Naming"),
            layer("Staging", imports: ["Naming", .product(name: "GRDB", package: "GRDB.swift")]),
            layer("Odd")
            """)
        let declared = LayerRules.declaredImports(package)

        #expect(
            LayerRules.violations(declared: declared) == [
                "FileSystem imports S3, which is below the waist",
                "HTTP imports S3, which is not below it", "Odd has no row in the map of layers",
                "Staging imports Naming, which is not below it",
            ])
        let source = file(
            "private import Naming\nimport Glibc\nimport ArgumentParser\nimport struct HTTP.A\n",
            path: "Sources/FileSystem/A.swift")
        #expect(LayerRules.violations(in: source, declared: declared).map(\.line) == [2, 3, 4])
        let http = file("package import CLibCurl\nimport CLibCurl", path: "Sources/HTTP/A.swift")
        #expect(
            LayerRules.violations(in: http, declared: ["HTTP": ["CLibCurl"]]).map(\.line) == [1])
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
