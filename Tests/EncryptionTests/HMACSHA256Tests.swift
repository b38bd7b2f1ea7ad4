import Encryption
import Testing

@Suite("HMACSHA256")
struct HMACSHA256Tests {
    /// RFC 4231 section 4: key, data, code.
    static let examples: [([UInt8], [UInt8], String)] = [
        (
            [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131),
            Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ]

    @Test("the code is the one of RFC 4231", arguments: examples)
    func example(key: [UInt8], data: [UInt8], code: String) {
        let result = HMACSHA256.authenticationCode(of: data.span, key: key.span)

        #expect(hex(result) == code)
    }

    @Test("an empty key is a key of its own, whatever was used before")
    func emptyKey() {
        let empty: [UInt8] = []
        let other: [UInt8] = [7]
        _ = HMACSHA256.authenticationCode(of: other.span, key: other.span)

        let code = HMACSHA256.authenticationCode(of: empty.span, key: empty.span)

        #expect(hex(code) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test(
        "codes are equal only when every byte is",
        arguments: [
            ([1, 2], [1, 2], true), ([], [], true), ([1, 2], [1, 3], false), ([1, 2], [1], false),
        ] as [([UInt8], [UInt8], Bool)])
    func equality(left: [UInt8], right: [UInt8], expected: Bool) {
        let equal = HMACSHA256.equal(left.span, right.span)

        #expect(equal == expected)
    }
}
