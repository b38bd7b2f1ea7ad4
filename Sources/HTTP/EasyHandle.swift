private import CLibCurl
import ObjectStorage

/// One easy handle of libcurl. Used on its loop's thread only.
@safe
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    /// Freed when the transfer is over.
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private(set) var exchange: Exchange?
    /// Where libcurl writes what it saw; may hold host names, so it is looked at and never shown.
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// Bytes that libcurl reads and sends at once. 512 KiB measured as good as 2 MiB, and 64 of
    /// each stay within 64 MiB.
    private static let bufferBytes = 512 << 10
    /// Bodies from here on wait for the server's word before they are sent, at most a second: an
    /// early refusal then costs no transfer, and a small body no round trip.
    private static let continueThreshold: UInt64 = 1 << 20
    /// Names are looked up again after this time.
    private static let nameCacheSeconds = 60
    /// Idle connections older than this are not used again: S3 closes them around then.
    private static let idleSeconds = 60

    /// - Returns: nil when libcurl is out of memory.
    init?() {
        guard let pointer = unsafe curl_easy_init() else { return nil }
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        unsafe curl_easy_cleanup(pointer)
        unsafe curl_slist_free_all(headerList)
        unsafe errorText.deallocate()
    }

    /// Makes the handle ready for an exchange.
    /// - Throws: `invalidRequest` when libcurl refuses an option.
    func prepare(
        _ exchange: Exchange, _ configuration: TransportConfiguration
    ) throws(HTTPError) {
        self.exchange = exchange
        do throws(OptionRefused) {
            try setCallbacks(exchange)
            try setSafety(exchange.request, configuration)
            try setConnection(exchange.request)
            try setMessage(exchange)
        } catch {
            throw HTTPError(
                .invalidRequest, detail: "libcurl refused an option (\(error.code))",
                requestSent: false)
        }
    }

    /// Forgets the exchange; connections, which belong to the multi handle, stay.
    func clear() {
        unsafe curl_easy_reset(pointer)
        unsafe curl_slist_free_all(headerList)
        unsafe headerList = nil
        exchange = nil
    }

    /// Bytes of the body that went to the kernel.
    var uploadedBytes: Int64 {
        var count: curl_off_t = 0
        // SAFETY: the option stores one `curl_off_t`.
        let result = unsafe wardfs_info_offset(pointer, CURLINFO_SIZE_UPLOAD_T, &count)
        return result == CURLE_OK ? Int64(count) : 0
    }

    /// Whether the TLS handshake failed because the connection ended, not because of what was said:
    /// libcurl has one number for both, and these texts for the former.
    var handshakeBrokeOff: Bool {
        // SAFETY: `prepare` set the first byte to 0; libcurl ends its text with one.
        let text = unsafe String(cString: errorText)
        return ["SSL_connect: ", "Recv failure", "Send failure", "unexpected eof"]
            .contains { text.contains($0) }
    }

    // MARK: - Options

    private struct OptionRefused: Error {
        let code: UInt32
    }

    private func setCallbacks(_ exchange: Exchange) throws(OptionRefused) {
        // SAFETY: unretained; `self.exchange` holds it until `clear`, which comes after the handle
        // was taken off the multi handle.
        let context = unsafe Unmanaged.passUnretained(exchange).toOpaque()
        for option in [
            CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA,
            CURLOPT_PREREQDATA, CURLOPT_SOCKOPTDATA,
        ] {
            try check(unsafe wardfs_easy_pointer(pointer, option, context))
        }
        try check(
            unsafe wardfs_easy_data_callback(pointer, CURLOPT_HEADERFUNCTION, receiveHeaderLine))
        try check(
            unsafe wardfs_easy_data_callback(pointer, CURLOPT_WRITEFUNCTION, receiveBodyBytes))
        try check(
            unsafe wardfs_easy_data_callback(pointer, CURLOPT_READFUNCTION, provideBodyBytes))
        try check(unsafe wardfs_easy_seek_callback(pointer, seekBodyBytes))
        try check(unsafe wardfs_easy_request_callback(pointer, noteRequestBegins))
        try check(unsafe wardfs_easy_socket_callback(pointer, noteNewSocket))
        // SAFETY: the buffer has the size that libcurl asks for and lives as long as the handle.
        unsafe errorText.pointee = 0
        try check(unsafe wardfs_easy_pointer(pointer, CURLOPT_ERRORBUFFER, errorText))
    }

    private func setSafety(
        _ request: HTTPRequest, _ configuration: TransportConfiguration
    ) throws(OptionRefused) {
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_PROTOCOLS_STR, request.url.scheme.rawValue)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        // 2: the certificate must name the host.
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try setAuthorities(configuration)
        let proxy = ProxyChoice(
            for: request.url, peer: request.peer, environment: configuration.environment)
        // An empty text also turns off libcurl's own look into the environment.
        try set(CURLOPT_PROXY, proxy.url)
        try set(CURLOPT_NOPROXY, proxy.exceptions)
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    }

    /// One file of authorities and no directory: a directory would stay trusted beside the given
    /// file, and libcurl caches the parsed authorities of a lone file only (15 ms a connection
    /// otherwise).
    private func setAuthorities(_ configuration: TransportConfiguration) throws(OptionRefused) {
        if let path = configuration.caBundlePath {
            try set(CURLOPT_CAINFO, path)
            try set(CURLOPT_PROXY_CAINFO, path)
        } else {
            var file: UnsafeMutablePointer<CChar>?
            // SAFETY: the option stores one pointer, which is only compared with nil.
            let result = unsafe wardfs_info_string(pointer, CURLINFO_CAINFO, &file)
            // A distribution may have a directory alone.
            guard result == CURLE_OK, unsafe file != nil else { return }
        }
        for option in [CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH] {
            try check(unsafe wardfs_easy_string(pointer, option, nil))
        }
    }

    private func setConnection(_ request: HTTPRequest) throws(OptionRefused) {
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_CONNECTTIMEOUT_MS, max(request.timeouts.connect.wholeMilliseconds, 1))
        try set(CURLOPT_DNS_CACHE_TIMEOUT, Self.nameCacheSeconds)
        try set(CURLOPT_MAXAGE_CONN, Self.idleSeconds)
        try set(CURLOPT_TCP_NODELAY, 1)
        try set(CURLOPT_BUFFERSIZE, Self.bufferBytes)
        try set(CURLOPT_UPLOAD_BUFFERSIZE, Self.bufferBytes)
        // Do not wait for a name look-up that is still under way when a transfer is cancelled.
        try set(CURLOPT_QUICK_EXIT, 1)
    }

    private func setMessage(_ exchange: Exchange) throws(OptionRefused) {
        let request = exchange.request
        try set(CURLOPT_URL, exchange.checked.url)
        let bodyCount = request.body?.count ?? 0
        switch request.method {
        case .head: try set(CURLOPT_NOBODY, 1)
        case .get: try set(CURLOPT_HTTPGET, 1)
        case .delete:
            try set(CURLOPT_HTTPGET, 1)
            try set(CURLOPT_CUSTOMREQUEST, "DELETE")
        case .put, .post:
            try set(CURLOPT_UPLOAD, 1)
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            let length = curl_off_t(clamping: bodyCount)
            try check(unsafe wardfs_easy_offset(pointer, CURLOPT_INFILESIZE_LARGE, length))
            try set(CURLOPT_EXPECT_100_TIMEOUT_MS, 1000)
        }
        for line in exchange.checked.headerLines { try append(line) }
        // libcurl adds these two by itself.
        if request.headers["accept"] == nil { try append("Accept:") }
        if bodyCount < Self.continueThreshold { try append("Expect:") }
        try check(unsafe wardfs_easy_list(pointer, CURLOPT_HTTPHEADER, headerList))
    }

    private func append(_ line: String) throws(OptionRefused) {
        // SAFETY: libcurl copies the text and gives the list's new head, or nil and the old list
        // stays.
        guard let list = unsafe curl_slist_append(headerList, line) else {
            throw OptionRefused(code: CURLE_OUT_OF_MEMORY.rawValue)
        }
        unsafe headerList = unsafe list
    }

    private func set(_ option: CURLoption, _ value: Int) throws(OptionRefused) {
        try check(unsafe wardfs_easy_long(pointer, option, value))
    }

    /// libcurl copies the text.
    private func set(_ option: CURLoption, _ value: String) throws(OptionRefused) {
        try check(unsafe wardfs_easy_string(pointer, option, value))
    }

    private func check(_ result: CURLcode) throws(OptionRefused) {
        guard result == CURLE_OK else { throw OptionRefused(code: result.rawValue) }
    }
}

extension Duration {
    /// Rounded down; the largest `Int32` for anything longer, which libcurl takes as a bound.
    fileprivate var wholeMilliseconds: Int {
        let seconds = components.seconds
        guard seconds < 2_000_000 else { return Int(Int32.max) }
        return Int(seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
