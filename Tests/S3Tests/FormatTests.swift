import HTTP
import ObjectStorage
import SigV4
import Testing

@testable import S3

@Suite struct FormatTests {
    @Test("dates of headers and documents are read; others are not")
    func dates() {
        let known = Timestamp(seconds: 1_700_000_000)
        #expect(HTTPDate.parse("Tue, 14 Nov 2023 22:13:20 GMT") == known)
        #expect(HTTPDate.parseISO8601("2023-11-14T22:13:20Z") == known)
        #expect(
            HTTPDate.parseISO8601("2023-11-14T22:13:20.125Z")
                == Timestamp(seconds: 1_700_000_000, nanoseconds: 125_000_000))
        #expect(HTTPDate.parseISO8601("2024-02-29T00:00:00Z")?.seconds == 1_709_164_800)
        #expect(HTTPDate.parseISO8601("1970-01-01T00:00:00.000000001Z")?.nanoseconds == 1)
        for text in [
            "", "Tue, 14 Nov 2023 22:13:20", "Tue, 14 Xyz 2023 22:13:20 GMT",
            "Tue, 14 Nov 2023 24:13:20 GMT", "Tue, 14 Nov 99999999999 22:13:20 GMT",
        ] {
            #expect(HTTPDate.parse(text) == nil, "\(text)")
        }
        for text in [
            "", "2023-11-14T22:13:20", "2023-13-14T22:13:20Z", "2023-11-14T22:13:20.Z",
            "2023-11-14T22:13:20.1234567890Z", "2023-11-14 22:13:20Z", "2023-11-14T22:13:2\u{E9}Z",
        ] {
            #expect(HTTPDate.parseISO8601(text) == nil, "\(text)")
        }
    }

    @Test("percent-decoding gives back bytes, or nothing")
    func percentDecoding() {
        #expect(PercentDecoding.decode("a+b%2Bc%20d%C3%A9") == "a b+c d\u{E9}")
        #expect(PercentDecoding.decode("plain") == "plain")
        for text in ["%", "%4", "%zz", "%FF", "%C3"] {
            #expect(PercentDecoding.decode(text) == nil, "\(text)")
        }
    }

    @Test(
        "a bucket stands in the host on AWS where a certificate covers it, else in the path",
        arguments: [
            ("good-bucket", nil, "good-bucket.s3.eu-west-1.amazonaws.com", "/k"),
            ("dotted.bucket", nil, "s3.eu-west-1.amazonaws.com", "/dotted.bucket/k"),
            ("Upper_case", nil, "s3.eu-west-1.amazonaws.com", "/Upper_case/k"),
            ("good-bucket", "minio.local", "minio.local", "/base/good-bucket/k"),
        ] as [(String, String?, String, String)])
    func addressing(bucket: String, endpoint: String?, host: String, path: String) {
        let configuration = S3Configuration(
            bucket: bucket, region: "eu-west-1",
            endpoint: endpoint.map {
                HTTPURL(scheme: .https, host: $0, encodedPath: "/base")
            })
        let url = S3Endpoint(configuration, region: "eu-west-1")
            .url(key: ObjectKey("k"), query: SigV4Query())
        #expect(url.host == host)
        #expect(url.encodedPath == path)
    }

    @Test("partitions, FIPS and dual stack make their hosts; virtual hosts can be asked for")
    func hosts() {
        func host(
            _ region: String, _ change: (inout S3Configuration) -> Void = { _ in }
        ) -> String {
            var configuration = S3Configuration(bucket: "b-1", region: region)
            change(&configuration)
            return S3Endpoint(configuration, region: region)
                .url(key: nil, query: SigV4Query()).host
        }
        #expect(host("cn-north-1") == "b-1.s3.cn-north-1.amazonaws.com.cn")
        #expect(host("us-gov-west-1") == "b-1.s3.us-gov-west-1.amazonaws.com")
        #expect(host("us-isob-east-1") == "b-1.s3.us-isob-east-1.sc2s.sgov.gov")
        #expect(
            host("us-east-1") { ($0.usesFIPSEndpoint, $0.usesDualStackEndpoint) = (true, true) }
                == "b-1.s3-fips.dualstack.us-east-1.amazonaws.com")
        #expect(
            host("x") {
                $0.endpoint = HTTPURL(scheme: .http, host: "localhost", port: 1)
                $0.addressing = .virtualHost
            } == "b-1.localhost")
    }

    @Test("the bucket itself has no trailing slash in path style, and a slash in its own host")
    func bucketPath() {
        let path = S3Configuration(
            bucket: "b-1", region: "x", endpoint: HTTPURL(scheme: .http, host: "localhost"))
        #expect(
            S3Endpoint(path, region: "x").url(key: nil, query: SigV4Query()).encodedPath == "/b-1")
        let virtual = S3Configuration(bucket: "b-1", region: "x")
        #expect(
            S3Endpoint(virtual, region: "x").url(key: nil, query: SigV4Query()).encodedPath == "/")
    }

    @Test("Content-Range is read strictly")
    func contentRange() {
        #expect(
            ContentRange("bytes 2-4/9")?.range == ByteRange(offset: 2, count: 3))
        for text in [
            "bytes 4-2/9", "bytes 2-9/9", "bytes -4/9", "bytes +2-4/9", "bytes 2-4/9/9",
            "bytes 0-18446744073709551615/18446744073709551615", "items 2-4/9",
        ] {
            #expect(ContentRange(text) == nil, "\(text)")
        }
    }

    @Test("an error document gives its code, request and region, and nothing that could be a name")
    func errorDocument() {
        let document = S3ErrorDocument(
            Array(
                "<Error><Code>X</Code><RequestId>R/1=</RequestId><Region>a-b</Region></Error>".utf8)
        )
        #expect(document.code == "X" && document.requestID == "R/1=" && document.region == "a-b")
        let hostile = S3ErrorDocument(Array("<Error><Code>John Doe</Code></Error>".utf8))
        #expect(hostile.code == nil)
        #expect(S3ErrorDocument(Array("<html>".utf8)).code == nil)
        #expect(S3ErrorDocument([]).code == nil)
    }
}
