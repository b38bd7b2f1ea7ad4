import CLibCurl
import ObjectStorage

// What libcurl calls on the transfer thread. The context is an `Exchange`, unretained: its loop
// holds it until the easy handle is taken off the multi handle, after which libcurl calls no more.

/// CURLOPT_HEADERFUNCTION: one whole line a call.
func receiveHeaderLine(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    unsafe withExchange(context, failing: -1) { exchange in
        let length = size * count
        // SAFETY: libcurl lends `length` bytes for the call; the span does not outlive it.
        let line = unsafe UnsafeRawBufferPointer(start: bytes, count: length)
        return unsafe line.withMemoryRebound(to: UInt8.self) { buffer in
            exchange.receiveHeader(unsafe buffer.span) ? length : -1
        }
    }
}

/// CURLOPT_WRITEFUNCTION.
func receiveBodyBytes(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    unsafe withExchange(context, failing: -1) { exchange in
        let length = size * count
        // SAFETY: libcurl lends `length` bytes for the call; the span does not outlive it.
        let body = unsafe UnsafeRawBufferPointer(start: bytes, count: length)
        return unsafe body.withMemoryRebound(to: UInt8.self) { buffer in
            exchange.receiveBody(unsafe buffer.span) ? length : -1
        }
    }
}

/// CURLOPT_READFUNCTION: fills libcurl's own upload buffer.
func provideBodyBytes(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    let abort = Int(CURL_READFUNC_ABORT)
    return unsafe withExchange(context, failing: abort) { exchange in
        let room = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
        return unsafe room.withMemoryRebound(to: UInt8.self) { buffer in
            // SAFETY: libcurl lends the buffer for the call; the span starts empty and `finalize`
            // tells how much of it was filled.
            var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
            let goesOn = exchange.sendBody(into: &output)
            let written = unsafe output.finalize(for: buffer)
            return goesOn ? written : abort
        }
    }
}

/// CURLOPT_SEEKFUNCTION; the offset is a `curl_off_t`.
func seekBodyBytes(
    _ context: UnsafeMutableRawPointer?, _ offset: Int, _ origin: Int32
) -> Int32 {
    // SAFETY: see `withExchange`.
    unsafe withExchange(context, failing: CURL_SEEKFUNC_FAIL) { exchange in
        guard origin == SEEK_SET, exchange.seekBody(to: Int64(offset)) else {
            return CURL_SEEKFUNC_CANTSEEK
        }
        return CURL_SEEKFUNC_OK
    }
}

/// CURLOPT_PREREQFUNCTION: the connection stands, the request goes out next.
func noteRequestBegins(
    _ context: UnsafeMutableRawPointer?, _ remoteAddress: UnsafeMutablePointer<CChar>?,
    _ localAddress: UnsafeMutablePointer<CChar>?, _ remotePort: Int32, _ localPort: Int32
) -> Int32 {
    // SAFETY: see `withExchange`.
    unsafe withExchange(context, failing: CURL_PREREQFUNC_ABORT) { exchange in
        exchange.beginRequest(localPort: localPort) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }
}

/// CURLOPT_SOCKOPTFUNCTION; the purpose is a `curlsocktype`.
func noteNewSocket(
    _ context: UnsafeMutableRawPointer?, _ descriptor: Int32, _ purpose: curlsocktype
) -> Int32 {
    // SAFETY: see `withExchange`.
    unsafe withExchange(context, failing: CURL_SOCKOPT_ERROR) { exchange in
        wardfs_tune_socket(descriptor)
        exchange.sockets?.add(descriptor)
        return CURL_SOCKOPT_OK
    }
}

private func withExchange<Answer>(
    _ context: UnsafeMutableRawPointer?, failing failure: Answer, _ body: (Exchange) -> Answer
) -> Answer {
    guard let context = unsafe context else { return failure }
    // SAFETY: the context is an Exchange that its loop holds while libcurl may call.
    return body(unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue())
}
