import ChildProcess
import ObjectStorage
import SigV4
import Testing

/// The published examples of the S3 documentation.
/// Source: S3 API Reference, "Examples: Signature Calculations".
private enum Published {
    static let credentials = AWSCredentials(
        accessKeyID: Secret("AKIAIOSFODNN7EXAMPLE"),
        secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), sessionToken: nil,
        expiration: nil)
    /// 2013-05-24T00:00:00Z.
    static let time = Timestamp(seconds: 1_369_353_600)
    static let host = "examplebucket.s3.amazonaws.com"
    static let signer = SigV4Signer(region: "us-east-1", service: "s3")

    static func signature(_ request: SignableRequest) -> Substring? {
        let headers = signer.sign(request, with: credentials, at: time)
        let value = headers.fields.first { $0.name == "authorization" }?.value
        return value?.split(separator: "Signature=").last
    }
}

@Suite struct SigV4SignerTests {
    @Test("the published GET example gets the published signature")
    func publishedGet() {
        let request = SignableRequest(
            method: "GET", host: Published.host, encodedPath: "/test.txt",
            headers: [("Range", "bytes=0-9")], payload: .empty)

        let headers = Published.signer.sign(
            request, with: Published.credentials, at: Published.time)

        let authorization = headers.fields.first { $0.name == "authorization" }?.value
        #expect(
            authorization
                == "AWS4-HMAC-SHA256 "
                + "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
                + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test("the published PUT example gets the published signature")
    func publishedPut() {
        let request = SignableRequest(
            method: "PUT", host: Published.host,
            encodedPath: PercentEncoding.path("/test$file.text"),
            headers: [
                ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ],
            payload: .hashing(Array("Welcome to Amazon S3.".utf8).span))

        #expect(
            Published.signature(request)
                == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test(
        "the published query examples get the published signatures",
        arguments: [
            (
                SigV4Query([("lifecycle", nil)]),
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
            ),
            (
                SigV4Query([("prefix", "J"), ("max-keys", "2")]),
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
            ),
        ])
    func publishedQuery(query: SigV4Query, expected: String) {
        let request = SignableRequest(
            method: "GET", host: Published.host, encodedPath: "/", query: query, payload: .empty)

        #expect(Published.signature(request).map(String.init) == expected)
    }

    @Test("the published presigned example gets the published signature")
    func publishedPresign() {
        let request = SignableRequest(
            method: "GET", host: Published.host, encodedPath: "/test.txt", payload: .unsigned)

        let url = Published.signer.presign(
            request, scheme: "https", lifetime: .seconds(86_400), with: Published.credentials,
            at: Published.time)

        #expect(
            url.rawValue.hasSuffix(
                "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
        )
    }

    @Test(
        "a presigned URL lives 1 second to 7 days", arguments: [(0, 1), (9, 9), (700_000, 604_800)])
    func lifetime(asked: Int, given: Int) {
        let request = SignableRequest(
            method: "GET", host: Published.host, encodedPath: "/a", payload: .unsigned)

        let url = Published.signer.presign(
            request, scheme: "https", lifetime: .seconds(asked), with: Published.credentials,
            at: Published.time)

        #expect(url.rawValue.contains("&X-Amz-Expires=\(given)&"))
    }

    @Test("a query is sent sorted as it is signed, and a name alone stays one")
    func query() {
        #expect(SigV4Query().encoded == nil)
        #expect(SigV4Query([("uploads", nil)]).encoded == "uploads")
        #expect(
            SigV4Query([("b", "2"), ("a b", ""), ("b", "1/2"), ("B", "é")]).encoded
                == "B=%C3%A9&a%20b=&b=1%2F2&b=2")
    }

    @Test("nothing that holds a secret or a name prints it")
    func redaction() {
        let request = SignableRequest(
            method: "GET", host: "marker", encodedPath: "/marker",
            query: SigV4Query([("marker", "marker")]), headers: [("marker", "marker")],
            payload: .unsigned)
        let credentials = AWSCredentials(
            accessKeyID: Secret("marker"), secretAccessKey: Secret("marker"),
            sessionToken: Secret("marker"), expiration: nil)
        let headers = Published.signer.sign(request, with: credentials, at: Published.time)
        let url = Published.signer.presign(
            request, scheme: "https", lifetime: .seconds(1), with: credentials, at: Published.time)

        for value: Any in [request, request.query, credentials, headers, url] {
            var text = "\(value) \(String(reflecting: value))"
            dump(value, to: &text)
            #expect(!text.contains("marker"))
        }
    }

    @Test("keys are derived anew for another day and another secret")
    func keyCache() {
        let request = SignableRequest(
            method: "GET", host: Published.host, encodedPath: "/", payload: .empty)
        let signer = SigV4Signer(region: "us-east-1", service: "s3")
        var seen: Set<String> = []

        for round in 0..<2 {
            for day in 0..<6 {
                for secret in ["one", "two"] {
                    let headers = signer.sign(
                        request,
                        with: AWSCredentials(
                            accessKeyID: Secret("A"), secretAccessKey: Secret(secret),
                            sessionToken: nil, expiration: nil),
                        at: Timestamp(seconds: Int64(day) * 86_400))
                    seen.insert(headers.fields.last?.value ?? "")
                }
            }
            #expect(seen.count == 12, "round \(round)")
        }
    }
}
