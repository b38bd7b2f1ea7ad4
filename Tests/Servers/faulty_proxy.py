#!/usr/bin/env python3
"""An HTTP proxy in front of an S3 server that breaks answers in chosen ways.

    faulty_proxy.py UPSTREAM PORT FAULT[:COUNT]...   for use by hand, until interrupted
    with FaultyProxy(upstream) as proxy:             from Python
        proxy.inject('unavailable', count=3, method='PUT')

The Host header passes unchanged, so that signatures stay valid. Request bodies are covered by the
signature and pass unchanged too; it is answers that a network or a bad server spoils.

Faults:
    strip-sse       the answer says nothing about encryption
    unavailable     503 SlowDown; the server never sees the request
    internal        500 InternalError; the server never sees the request
    reset-request   the connection is reset when `after` bytes of the request body have passed
    reset-answer    the connection is reset when `after` bytes of the answer's body have passed
    truncate        the answer ends after `after` bytes of its body, in an orderly way
    corrupt         one bit of the answer's body at `after` is flipped
    wrong-checksum  the answer's x-amz-checksum-* and ETag are those of other content
    lost-answer     the server answers; the client gets a reset instead
    delay           the answer comes `after` milliseconds late
"""
import argparse
import asyncio
import contextlib
import dataclasses
import socket
import struct
import threading
import urllib.parse

CHUNK = 64 * 1024
FAULTS = ('strip-sse', 'unavailable', 'internal', 'reset-request', 'reset-answer', 'truncate',
          'corrupt', 'wrong-checksum', 'lost-answer', 'delay')


class Broken(Exception):
    """Ends a connection with a reset."""


@dataclasses.dataclass
class Fault:
    kind: str
    count: int | None = None  # how often; None for always
    method: str | None = None
    query: str | None = None  # a part of the query that the request must have
    after: int = 0
    smallest: int = 0  # only answers (or requests) whose body has this many bytes
    seen: int = 0  # how often it happened


@dataclasses.dataclass
class Message:
    start: str
    headers: list  # of [name, value]

    def get(self, name):
        return next((v for n, v in self.headers if n.lower() == name), None)

    def encode(self):
        lines = [self.start] + [f'{name}: {value}' for name, value in self.headers]
        return ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1')

    @property
    def length(self):
        return int(self.get('content-length') or 0)

    @property
    def chunked(self):
        return 'chunked' in (self.get('transfer-encoding') or '').lower()


class FaultyProxy:
    def __init__(self, upstream, port=0):
        parts = urllib.parse.urlsplit(upstream)
        self.upstream = (parts.hostname, parts.port or 80)
        self.port = port
        self.faults = []
        self.requests = []  # (method, path and query) of all requests
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    # --- for tests ---------------------------------------------------------------------------

    def inject(self, kind, **options):
        assert kind in FAULTS, kind
        fault = Fault(kind, **options)
        self.faults.append(fault)
        return fault

    def heal(self):
        self.faults.clear()

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}'

    def __enter__(self):
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._serve, '127.0.0.1', self.port))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        async def stop():
            self._server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        self._call(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    # --- serving -----------------------------------------------------------------------------

    async def _serve(self, reader, writer):
        upstream = None
        try:
            while (request := await self._head(reader)) is not None:
                method, target = request.start.split(' ')[:2]
                self.requests.append((method, target))
                fault = self._pick(method, target, request)
                if fault and fault.kind in ('unavailable', 'internal'):
                    self._welcome_body(request, writer)
                    async for _ in self._body(reader, request):
                        pass
                    writer.write(self._refusal(fault.kind, method))
                    await writer.drain()
                    continue
                if upstream is None or upstream[1].is_closing():
                    upstream = await asyncio.open_connection(*self.upstream)
                await self._exchange(method, request, fault, (reader, writer), upstream)
        except (Broken, ConnectionError, asyncio.IncompleteReadError):
            self._reset(writer)
        except asyncio.CancelledError:
            pass  # The proxy ends: a task that is not `cancelled` makes no noise.
        finally:
            for end in (writer, upstream and upstream[1]):
                if end:
                    end.close()

    async def _exchange(self, method, request, fault, client, upstream):
        kind, after = (fault.kind, fault.after) if fault else (None, 0)
        self._welcome_body(request, client[1])
        upstream[1].write(request.encode())
        passed = 0
        async for piece in self._body(client[0], request):
            passed += len(piece)
            if kind == 'reset-request' and passed >= after:
                raise Broken
            upstream[1].write(piece)
            await upstream[1].drain()
        while True:
            answer = await self._head(upstream[0])
            if answer is None:
                raise Broken
            status = int(answer.start.split(' ')[1])
            if status != 100:
                break
        bare = method == 'HEAD' or status in (204, 304)
        if kind == 'lost-answer':
            if not bare:
                async for _ in self._body(upstream[0], answer):
                    pass
            raise Broken
        if kind == 'delay':
            await asyncio.sleep(after / 1000)
        self._change_head(answer, kind)
        client[1].write(answer.encode())
        passed = 0
        if not bare:
            async for piece in self._body(upstream[0], answer):
                cut = kind in ('reset-answer', 'truncate') and passed + len(piece) > after
                if cut:
                    client[1].write(piece[:max(0, after - passed)])
                    await client[1].drain()
                    if kind == 'truncate':
                        client[1].close()
                    raise Broken
                if kind == 'corrupt' and passed <= after < passed + len(piece):
                    piece = bytearray(piece)
                    piece[after - passed] ^= 1
                passed += len(piece)
                client[1].write(piece)
                await client[1].drain()
        await client[1].drain()

    def _pick(self, method, target, request):
        for fault in self.faults:
            if fault.count == 0 or fault.method not in (None, method):
                continue
            if fault.query and fault.query not in target.partition('?')[2]:
                continue
            if method in ('PUT', 'POST') and request.length < fault.smallest:
                continue
            fault.seen += 1
            if fault.count is not None:
                fault.count -= 1
            return fault
        return None

    @staticmethod
    def _change_head(answer, kind):
        if kind == 'strip-sse':
            answer.headers = [h for h in answer.headers
                              if not h[0].lower().startswith('x-amz-server-side-encryption')]
        if kind == 'wrong-checksum':
            for header in answer.headers:
                if header[0].lower().startswith('x-amz-checksum-crc'):
                    header[1] = header[1][::-1] if header[1][::-1] != header[1] else 'AAAAAA=='
                if header[0].lower() == 'etag':
                    header[1] = '"00000000000000000000000000000000"'

    @staticmethod
    def _refusal(kind, method):
        status, code = ((503, 'SlowDown') if kind == 'unavailable' else (500, 'InternalError'))
        body = f'<Error><Code>{code}</Code><Message>injected</Message></Error>'.encode()
        head = (f'HTTP/1.1 {status} {code}\r\nContent-Type: application/xml\r\n'
                f'Content-Length: {len(body)}\r\n\r\n').encode()
        return head if method == 'HEAD' else head + body

    @staticmethod
    def _reset(writer):
        sock = writer.get_extra_info('socket')
        if sock is not None and not writer.is_closing():
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            writer.transport.abort()

    # --- reading -----------------------------------------------------------------------------

    @staticmethod
    async def _head(reader):
        try:
            raw = await reader.readuntil(b'\r\n\r\n')
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise
            return None
        start, *lines = raw.decode('latin-1').rstrip('\r\n').split('\r\n')
        return Message(start, [line.split(': ', 1) if ': ' in line else
                               [line.rstrip(':'), ''] for line in lines])

    @staticmethod
    def _welcome_body(request, writer):
        if (request.get('expect') or '').lower() == '100-continue':
            writer.write(b'HTTP/1.1 100 Continue\r\n\r\n')
            request.headers = [h for h in request.headers if h[0].lower() != 'expect']

    @staticmethod
    async def _body(reader, message):
        """The body's bytes as they stand on the wire, chunk framing included."""
        if message.chunked:
            while True:
                line = await reader.readuntil(b'\r\n')
                size = int(line.split(b';')[0], 16)
                yield line
                if size == 0:
                    while (line := await reader.readuntil(b'\r\n')) != b'\r\n':
                        yield line
                    yield line
                    return
                yield await reader.readexactly(size + 2)
        left = 0 if message.chunked else message.length
        while left:
            piece = await reader.read(min(left, CHUNK))
            if not piece:
                raise Broken
            left -= len(piece)
            yield piece


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('upstream')
    parser.add_argument('port', type=int)
    parser.add_argument('fault', nargs='*')
    arguments = parser.parse_args()
    with FaultyProxy(arguments.upstream, arguments.port) as proxy:
        for fault in arguments.fault:
            kind, _, count = fault.partition(':')
            proxy.inject(kind, count=int(count) if count else None)
        print(proxy.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == '__main__':
    main()
