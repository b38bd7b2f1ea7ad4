import Encryption
import ObjectStorage
import Testing

@Suite("Keys, derivation and wrapping")
struct KeyTests {
    @Test("a derived key is HMAC(key, counter, label, 0, context, length in bits), block by block")
    func derivation() throws {
        let secret = try SecretBytes(copying: [UInt8](repeating: 0x11, count: 32).span)
        let (label, context) = (Array("wardfs test".utf8), [UInt8]([1, 2, 3]))
        let blocks = [UInt8(1), 2].flatMap { counter in
            let message = [0, 0, 0, counter] + label + [0] + context + [0, 0, 1, 0x80]
            let key = [UInt8](repeating: 0x11, count: 32)
            return HMACSHA256.authenticationCode(of: message.span, key: key.span)
        }

        let derived = try KeyDerivation.derive(
            from: secret, label: label.span, context: context.span, count: 48)

        #expect(copy(of: derived) == Array(blocks.prefix(48)))
    }

    @Test("subkeys differ by purpose and by context, and are the same for the same")
    func subkeys() throws {
        let material = [UInt8](repeating: 5, count: 32)
        let master = try MasterKey(material: material.span)
        let (one, two): ([UInt8], [UInt8]) = ([1], [2])

        let keys = try [
            master.subkey(for: "a", context: one.span), master.subkey(for: "b", context: one.span),
            master.subkey(for: "a", context: two.span),
        ].map { copy(of: $0.secret) }
        let again = try MasterKey(material: material.span).subkey(for: "a", context: one.span)

        #expect(Set(keys).count == 3)
        #expect(copy(of: again.secret) == keys[0])
    }

    @Test("key material below 32 bytes is refused")
    func shortMaterial() {
        let short = [UInt8](repeating: 5, count: 31)

        #expect(code { try MasterKey(material: short.span) } == .unusableKey)
    }

    @Test("two ephemeral keys differ")
    func ephemeral() throws {
        let none: [UInt8] = []

        let one = try MasterKey.ephemeral().subkey(for: "a", context: none.span)
        let other = try MasterKey.ephemeral().subkey(for: "a", context: none.span)

        #expect(copy(of: one.secret) != copy(of: other.secret))
    }

    @Test("a wrapped key unwraps only under the same key and for the same file")
    func wrapping() throws {
        let wrapping = try KeyWrapping(key: .random())
        let other = try KeyWrapping(key: .random())
        let key = try DataKey.random()
        let (file, otherFile): ([UInt8], [UInt8]) = ([1], [2])

        let wrapped = try wrapping.wrap(key, context: file.span)

        #expect(wrapped.count == KeyWrapping.wrappedLength)
        let unwrapped = try wrapping.unwrap(wrapped.span, context: file.span)
        #expect(copy(of: unwrapped.secret) == copy(of: key.secret))
        #expect(
            code { try wrapping.unwrap(wrapped.span, context: otherFile.span) }
                == .authenticationFailed)
        #expect(
            code { try other.unwrap(wrapped.span, context: file.span) } == .authenticationFailed)
    }

    @Test("a secret does not print")
    func printing() throws {
        let secret = try SecretBytes(copying: Array("opensesame".utf8).span)
        let key = try MasterKey(material: [UInt8](repeating: 65, count: 32).span)

        var dumped = ""
        dump(secret, to: &dumped)
        dump(key, to: &dumped)

        #expect("\(secret)\(String(reflecting: secret))" == "<secret><secret>")
        #expect(!dumped.contains("opensesame") && !dumped.contains("65"))
    }

    @Test("more secrets than the locked arena holds are still kept whole")
    func manySecrets() throws {
        let secrets = try (0..<20_000).map { number in
            try SecretBytes(copying: [UInt8(number & 0xFF), UInt8(number >> 8)].span)
        }

        #expect(
            secrets.enumerated().allSatisfy { number, secret in
                copy(of: secret) == [UInt8(number & 0xFF), UInt8(number >> 8)]
            })
    }

    @Test("wiping leaves zeros")
    func wiping() {
        var bytes: [UInt8] = [1, 2, 3]

        SecretBytes.wipe(&bytes)

        #expect(bytes == [0, 0, 0])
    }

    @Test("the library verifies, names its version, and never gives the same bytes twice")
    func library() throws {
        try CryptographicLibrary.verify()

        #expect(CryptographicLibrary.version.hasPrefix("OpenSSL 3"))
        #expect(try RandomBytes.system(16) != RandomBytes.system(16))
    }
}

private func copy(of secret: SecretBytes) -> [UInt8] {
    secret.withBytes { [UInt8](copying: $0) }
}
