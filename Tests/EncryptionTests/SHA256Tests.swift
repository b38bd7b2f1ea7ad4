import Encryption
import Testing

@Suite("SHA256")
struct SHA256Tests {
    @Test(
        "the digest is the one of the standard's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func examples(text: String, digest: String) {
        let bytes = Array(text.utf8)

        let result = SHA256.digest(of: bytes.span)

        #expect(hex(result) == digest)
    }

    @Test("bytes given in pieces give the digest of the whole, and the hasher starts anew")
    func pieces() {
        let hasher = SHA256()
        let pieces: [[UInt8]] = [Array("ab".utf8), [], Array("c".utf8)]
        let whole = SHA256.digest(of: Array("abc".utf8).span)

        for _ in 0..<2 {
            for piece in pieces { hasher.update(piece.span) }

            #expect(hasher.finalize() == whole)
        }
    }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }.joined()
}

/// Bytes from pairs of hexadecimal digits; other characters end it.
func bytes(hex text: String) -> [UInt8] {
    var result: [UInt8] = []
    var rest = Substring(text)
    while let byte = UInt8(rest.prefix(2), radix: 16), rest.count >= 2 {
        result.append(byte)
        rest = rest.dropFirst(2)
    }
    return result
}
