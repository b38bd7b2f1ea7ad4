import Encryption
import ObjectStorage
import Testing

@Suite("AES256GCM")
struct AES256GCMTests {
    @Test("a block of the GCM specification's test case 16 opens")
    func knownAnswer() throws {
        let cipher = try AES256GCM(
            key: key(
                hex: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"))
        let sealed = bytes(
            hex: "cafebabefacedbaddecaf888" + "76fc6ece0f4e1768cddf8853bb2d551b"
                + "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662")

        let plain = try open(
            sealed, with: cipher, data: bytes(hex: "feedfacedeadbeeffeedfacedeadbeefabaddad2"))

        #expect(
            hex(plain) == "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
    }

    @Test("what is sealed opens again, whatever its length", arguments: [0, 1, 15, 16, 17, 65_536])
    func roundTrip(count: Int) throws {
        let cipher = try AES256GCM(key: .random())
        let plain = try RandomBytes.system(count)

        let sealed = try seal(plain, with: cipher, data: [1, 2, 3])

        #expect(sealed.count == count + AES256GCM.overhead)
        let opened = try open(sealed, with: cipher, data: [1, 2, 3])
        #expect(opened == plain)
    }

    @Test("each flipped bit of IV, tag and ciphertext is detected, and nothing is appended")
    func bitFlips() throws {
        let cipher = try AES256GCM(key: .random())
        let sealed = try seal([UInt8](repeating: 7, count: 20), with: cipher, data: [9])
        let data: [UInt8] = [9]

        for bit in 0..<sealed.count * 8 {
            var damaged = sealed
            damaged[bit / 8] ^= 1 << (bit % 8)
            var appended = -1
            #expect(throws: EncryptionError.self) {
                _ = try [UInt8](capacity: 20) { (output: inout OutputSpan<UInt8>) in
                    defer { appended = output.count }
                    try cipher.open(damaged.span, additionalData: data.span, into: &output)
                }
            }
            #expect(appended == 0)
        }
    }

    @Test("another key, other additional data or a shortened block do not open")
    func binding() throws {
        let cipher = try AES256GCM(key: .random())
        let other = try AES256GCM(key: .random())
        let sealed = try seal([1, 2, 3], with: cipher, data: [9])

        #expect(code { try open(sealed, with: other, data: [9]) } == .authenticationFailed)
        #expect(code { try open(sealed, with: cipher, data: [8]) } == .authenticationFailed)
        #expect(code { try open(sealed, with: cipher, data: []) } == .authenticationFailed)
        #expect(
            code { try open(sealed.dropLast(), with: cipher, data: [9]) } == .authenticationFailed)
        #expect(code { try open(Array(sealed.prefix(27)), with: cipher, data: [9]) } == .wrongSize)
    }

    @Test("two sealings of one text share neither IV nor ciphertext")
    func freshIVs() throws {
        let cipher = try AES256GCM(key: .random())
        let text = [UInt8](repeating: 0, count: 64)

        let ivs = try Set((0..<1000).map { _ in try seal(text, with: cipher, data: []).prefix(12) })

        #expect(ivs.count == 1000)
    }

    @Test("an output without room is refused before anything is written")
    func noRoom() throws {
        let cipher = try AES256GCM(key: .random())
        let three: [UInt8] = [1, 2, 3]
        let data: [UInt8] = []

        let failure = code {
            try [UInt8](capacity: 30) { (output: inout OutputSpan<UInt8>) in
                try cipher.seal(three.span, additionalData: data.span, into: &output)
            }
        }

        #expect(failure == .wrongSize)
    }

    @Test("threads may seal with one value at once")
    func threads() async throws {
        let cipher = try AES256GCM(key: .random())

        let intact = await withTaskGroup(of: Bool.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    (0..<200).allSatisfy { round in
                        let plain = [UInt8](repeating: UInt8(thread), count: round)
                        guard let sealed = try? seal(plain, with: cipher, data: [UInt8(thread)])
                        else { return false }
                        return (try? open(sealed, with: cipher, data: [UInt8(thread)])) == plain
                    }
                }
            }
            return await group.allSatisfy { $0 }
        }

        #expect(intact)
    }
}

func key(hex text: String) throws -> DataKey {
    try DataKey(SecretBytes(copying: bytes(hex: text).span))
}

private func seal(_ plain: [UInt8], with cipher: AES256GCM, data: [UInt8]) throws -> [UInt8] {
    try [UInt8](capacity: plain.count + AES256GCM.overhead) {
        (output: inout OutputSpan<UInt8>) in
        try cipher.seal(plain.span, additionalData: data.span, into: &output)
    }
}

private func open(_ sealed: [UInt8], with cipher: AES256GCM, data: [UInt8]) throws -> [UInt8] {
    try [UInt8](capacity: sealed.count) { (output: inout OutputSpan<UInt8>) in
        try cipher.open(sealed.span, additionalData: data.span, into: &output)
    }
}

func code<Value>(_ body: () throws -> Value) -> EncryptionError.Code? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? EncryptionError)?.code
    }
}
