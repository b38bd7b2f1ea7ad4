private import CLibCurl

extension HTTPError {
    /// What a result of libcurl means.
    /// - Parameter brokeOff: whether the connection ended during the TLS handshake.
    /// - Parameter number: a `CURLcode`.
    init(curl number: UInt32, brokeOff: Bool, requestSent: Bool) {
        let result = CURLcode(number)
        let code: Code =
            switch result {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .nameNotResolved
            case CURLE_COULDNT_CONNECT, CURLE_PROXY: .notConnected
            case CURLE_OPERATION_TIMEDOUT: requestSent ? .timedOut : .notConnected
            case CURLE_SSL_CONNECT_ERROR: brokeOff ? .notConnected : .tlsRefused
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS,
                CURLE_USE_SSL_FAILED, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
                .tlsRefused
            case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR:
                requestSent ? .interrupted : .notConnected
            case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
                requestSent ? .malformedResponse : .invalidRequest
            case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: .invalidRequest
            default: .interrupted
            }
        // SAFETY: libcurl gives a static text for every number.
        let text = unsafe curl_easy_strerror(result).map { unsafe String(cString: $0) }
        self.init(
            code, detail: "\(text ?? "libcurl") (\(result.rawValue))", requestSent: requestSent)
    }

    /// What a passed deadline means.
    init(_ expiry: TransferDeadlines.Expiry, requestSent: Bool) {
        let detail =
            switch expiry {
            case .firstByte: "the answer's first byte did not come in time"
            case .stall: "the transfer stalled below 1 KiB/s"
            case .total: "the exchange took too long"
            }
        self.init(.timedOut, detail: detail, requestSent: requestSent)
    }
}
