import ChildProcess
import ObjectStorage
import SigV4
import Testing

/// One request that botocore signed: a line of `Servers/sigv4_witness.py`, which tells the fields.
private struct WitnessedRequest {
    let kind: String
    let signer: SigV4Signer
    let request: SignableRequest
    let credentials: AWSCredentials
    let time: Timestamp
    let lifetime: Int
    let expected: String

    init?(_ line: String) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 15, let seconds = Int64(fields[12]), let lifetime = Int(fields[13])
        else { return nil }
        kind = String(fields[0])
        signer = SigV4Signer(region: String(fields[1]), service: String(fields[2]))
        let payload: PayloadHash =
            switch fields[8] {
            case "unsigned": .unsigned
            case "empty": .empty
            default: .sha256(String(fields[8]))
            }
        request = SignableRequest(
            method: String(fields[3]), host: String(fields[4]), encodedPath: Self.text(fields[5]),
            query: SigV4Query(Self.pairs(fields[6])),
            headers: Self.pairs(fields[7]).map { ($0.name, $0.value ?? "") }, payload: payload)
        credentials = AWSCredentials(
            accessKeyID: Secret(Self.text(fields[9])),
            secretAccessKey: Secret(Self.text(fields[10])),
            sessionToken: fields[11] == "-" ? nil : Secret(Self.text(fields[11])), expiration: nil)
        time = Timestamp(seconds: seconds)
        self.lifetime = lifetime
        expected = Self.text(fields[14])
    }

    private static func text(_ digits: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = digits[...]
        while !rest.isEmpty {
            bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func pairs(_ field: Substring) -> [(name: String, value: String?)] {
        field.split(separator: ",").map { item in
            let parts = item.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (text(parts[0]), parts.count > 1 ? text(parts[1]) : nil)
        }
    }
}

@Suite struct SigV4WitnessTests {
    @Test("4,000 generated requests are signed as botocore signs them")
    func botocore() throws {
        let seed = UInt32.random(in: 0...UInt32.max)
        print("SigV4WitnessTests: seed \(seed)")
        let python = ChildProcess.variable("WARDFS_PYTHON") ?? "python3"
        let child = try ChildProcess(
            [python, ChildProcess.script("sigv4_witness.py"), String(seed), "4000"])
        var count = 0

        while let line = child.readLine() {
            let witnessed = try #require(WitnessedRequest(line), "unreadable line")
            count += 1
            if witnessed.kind == "presign" {
                let url = witnessed.signer.presign(
                    witnessed.request, scheme: "https", lifetime: .seconds(witnessed.lifetime),
                    with: witnessed.credentials, at: witnessed.time)
                #expect(
                    Self.parts(url.rawValue) == Self.parts(witnessed.expected),
                    "seed \(seed), line \(count)")
            } else {
                let headers = witnessed.signer.sign(
                    witnessed.request, with: witnessed.credentials, at: witnessed.time)
                let authorization = headers.fields.first { $0.name == "authorization" }?.value
                #expect(authorization == witnessed.expected, "seed \(seed), line \(count)")
            }
        }

        #expect(
            child.wait() == 0 && count == 4000,
            "\(python) lacks botocore: packaging/test installs it and sets WARDFS_PYTHON")
    }

    /// Everything before the query, then the query's items: their order does not matter in a URL.
    private static func parts(_ url: String) -> [Substring] {
        let halves = url.split(separator: "?", maxSplits: 1)
        return [halves[0]] + halves[1].split(separator: "&").sorted()
    }
}
