import Naming
import Testing

private func judge(
    _ name: String, in parents: [String] = [], policy: NamingPolicy = NamingPolicy()
) -> Verdict {
    NamingGuard(policy: policy).judge(name, parents: parents)
}

private func finding(_ name: String, in parents: [String] = []) -> Finding? {
    guard case .refused(let finding) = judge(name, in: parents) else { return nil }
    return finding
}

@Suite struct NamingGuardTests {
    @Test("a finding tells rule, place and shape, and nothing of the name")
    func content() throws {
        let found = try #require(finding("Doe_John_123-45-6789.pdf"))

        #expect(found.rule == NamingRule("ssn.formatted", .socialSecurity))
        #expect(found.span == 9..<20)
        #expect(found.shape == "Aa_Aa_9-9-9.ext")
    }

    @Test(
        "the span points into the name's own bytes, whatever was folded",
        arguments: [
            ("ssn_\u{FF15}82-49-5763.jpg", 4..<17), ("123%2D45%2D6789", 0..<15),
            ("\u{E9}\u{E9} 754\u{2013}12\u{2013}5594.docx", 5..<20),
            ("528-02\u{200B}-421\u{200B}5.docx", 0..<17),
        ])
    func span(name: String, expected: Range<Int>) {
        #expect(finding(name)?.span == expected)
    }

    @Test("the policy's mode decides what becomes of a finding")
    func modes() {
        let name = "123-45-6789"
        func verdict(_ mode: GuardMode) -> Verdict {
            judge(name, policy: NamingPolicy(mode: mode))
        }

        guard case .refused = verdict(.refuse), case .warned = verdict(.warn),
            case .audited = verdict(.audit)
        else {
            Issue.record("wrong verdict")
            return
        }
        #expect(verdict(.off) == .allowed)
    }

    @Test("a category's own mode goes before the general one, and the strictest finding wins")
    func exceptions() {
        let name = "jane@example.com 123-45-6789"
        let lenient = NamingPolicy(mode: .refuse, exceptions: [.socialSecurity: .warn])
        let quiet = NamingPolicy(mode: .off, exceptions: [.socialSecurity: .audit])

        guard case .refused(let finding) = judge(name, policy: lenient),
            case .audited = judge(name, policy: quiet)
        else {
            Issue.record("wrong verdict")
            return
        }
        #expect(finding.rule.category == .email)
    }

    @Test("a keyword in the directory's name makes a number telling")
    func parents() {
        #expect(finding("12345678.pdf", in: ["clinic", "MRN"])?.rule.id == "mrn.keyword")
        #expect(finding("123456789.pdf", in: ["ssns"])?.rule.id == "ssn.keyword")
        #expect(finding("12345678.pdf", in: ["MRN", "images"]) == nil)
        #expect(finding("12345678.pdf", in: ["exports"]) == nil)
    }

    @Test(
        "a temporary name is judged like the name that it will become",
        arguments: [
            ".Doe 123-45-6789.pdf.Xa81Qz", "~$Doe 123-45-6789.docx", ".~lock.123-45-6789.odt#",
            ".123-45-6789.txt.swp", "123-45-6789.pdf.part", "mrn_12345678.csv~",
            ".jane@example.com.pdf.Xa81Qz",
        ])
    func temporary(name: String) {
        #expect(finding(name) != nil)
    }

    @Test("digits that belong to a digest or a UUID are chance, also inside longer names")
    func digests() {
        #expect(finding("mrn-123e4567-e89b-12d3-a456-426614174000.json") == nil)
        #expect(finding("ssn_5114f85b1c3d2e4f5a6b7c8d9e0f123456789012.bin") == nil)
        #expect(finding("ssn_123456789-5114f85b1c3d2e4f5a6b7c8d9e0f123456789012") != nil)
    }

    @Test("a name of 255 bytes of the worst kind is judged, not stalled on")
    func longest() {
        for piece in ["1-", "@a.", "%25", "mrn ", "1a", "\u{FF11}", "123-45-"] {
            let name = String(repeating: piece, count: 255 / piece.utf8.count)
            _ = judge(name, in: [name])
        }
    }
}

@Suite struct IdentifierFormTests {
    @Test(
        "Social Security numbers are refused with dash, space, or with a keyword in any form",
        arguments: [
            "123-45-6789", "123 45 6789", "123 - 45 - 6789.pdf", "ssn_123_45_6789",
            "ssn123.45.6789",
            "SSN123456789", "123456789_SSN.pdf", "social security number 123456789.txt",
            "ss#123456789",
            "SSN of mother 123456789", "MySSN-123456789.pdf", "ssn%3D123456789",
            "\u{661}\u{662}\u{663}-\u{664}\u{665}-\u{666}\u{667}\u{668}\u{669}",
            "\u{1D7CF}23-45-6789", "123\u{2011}45\u{2011}6789",
        ])
    func socialSecurity(name: String) {
        #expect(finding(name)?.rule.category == .socialSecurity)
    }

    @Test(
        "numbers that cannot be Social Security numbers pass",
        arguments: [
            "000-45-6789", "666-45-6789", "123-00-6789", "123-45-0000", "078-05-1120",
            "ssn_078051120", "1123-45-6789", "123-45-67890", "123-45_6789", "123-45-6789-1",
            "123.45.6789", "123_45_6789", "123456789", "A123-45-6789",
        ])
    func notSocialSecurity(name: String) {
        #expect(judge(name) == .allowed)
    }

    @Test(
        "taxpayer numbers need a group that the IRS gives out",
        arguments: [
            ("912-50-1234", true), ("912-70-1234", true), ("itin 912991234", true),
            ("912-93-1234", false), ("912-66-1234", false), ("912-49-1234", false),
            ("912701234", false),
        ])
    func taxpayer(name: String, refused: Bool) {
        #expect((finding(name)?.rule.category == .taxpayer) == refused)
    }

    @Test(
        "e-mail addresses are refused before any extension, and things with an @ pass",
        arguments: [
            ("jane.roe@example.com", true), ("jane@example.co.uk.pdf", true),
            ("jane%40example.org", true), ("jane\u{FF20}example.org", true),
            ("jane@clinic.info.txt", true), ("jane@163.com", true),
            ("mail jane@x-y.de (2).eml", true),
            ("icon@2x.png", false), ("getty@tty1.service", false), ("pkg@1.2.3", false),
            ("@scope", false), ("a@b", false), ("tool@1.2.pl", false), ("emacs@29.info", false),
            ("jane@.com", false), ("@example.com", false),
        ])
    func email(name: String, refused: Bool) {
        #expect((finding(name)?.rule.category == .email) == refused)
    }

    @Test(
        "a date beside a word for birth is refused in every order that people write",
        arguments: [
            "dob 1980-02-03", "DOB_02.03.1980", "dob-2-3-80", "dob19800203", "dob 03021980",
            "dob_020380", "born 3Feb1980", "born Feb 3, 1980", "d.o.b. 3 September 1980",
            "DateOfBirth_1980-02-03.json", "date-of-birth-1980-02-03", "1980-02-03 dob.pdf",
            "dob=29021904", "birthdate_29Feb2000", "Doe DOB is 1980_02_03",
        ])
    func birthDate(name: String) {
        #expect(finding(name)?.rule.category == .birthDate)
    }

    @Test(
        "a date that does not exist, or beside no such word, passes",
        arguments: [
            "dob 1980-02-30", "dob 1899-01-01", "dob 2100-01-01", "dob_29021900", "dob 31Apr1980",
            "dob 13-13-1980", "1980-02-03", "newborn 1980-02-03", "dobson 1980-02-03",
            "dob_1980-02-03-04-05",
        ])
    func notBirthDate(name: String) {
        #expect(judge(name) == .allowed)
    }

    @Test(
        "record numbers need a keyword and six to ten digits that are no date stamp",
        arguments: [
            ("mrn123456", true), ("MRN E6613822", true), ("medical-record-no_1234567890", true),
            ("patientId=0123456", true), ("mrn 12-34-56", true), ("12345678_mrn.pdf", true),
            ("MR#1234567", true), ("chart no. 1234567", true), ("mrn12345", false),
            ("mrn 12345678901", false), ("mrn_20261124", false), ("mrn_2026-11-24", false),
            ("adminmrn 123456", false), ("1234567", false), ("mrn 1.2.345678", false),
        ])
    func medicalRecord(name: String, refused: Bool) {
        #expect((finding(name)?.rule.category == .medicalRecord) == refused)
    }

    @Test(
        "Medicare identifiers follow the published pattern",
        arguments: [
            ("1EG4TE5MK73", true), ("1EG4-TE5-MK73.pdf", true), ("mbi_1eg4te5mk73", true),
            ("MBI1EG4TE5MK73", true), ("1eg4te5mk73", false), ("0EG4TE5MK73", false),
            ("1SG4TE5MK73", false), ("1EG4TE5MK7", false), ("1EG4TE5MK733", false),
            ("1EG4-TE5-MK7", false),
        ])
    func medicare(name: String, refused: Bool) {
        #expect((finding(name)?.rule.category == .medicareBeneficiary) == refused)
    }

    @Test(
        "card numbers need issuer, length and check digit",
        arguments: [
            ("4111111111111111", true), ("4111-1111-1111-1111.pdf", true),
            ("5555 5555 5555 4444", true), ("3782-822463-10005", true), ("378282246310005", true),
            ("visa4222222222222", true), ("2223003122003222", true), ("4222222222222", false),
            ("4111111111111112", false), ("1111111111111117", false), ("x4111111111111111", false),
            ("1.2.4111111111111111", false), ("4111-1111-1111-1111-1", false),
        ])
    func card(name: String, refused: Bool) {
        #expect((finding(name)?.rule.category == .paymentCard) == refused)
    }
}
