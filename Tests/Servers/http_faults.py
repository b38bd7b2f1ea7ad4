#!/usr/bin/env python3
"""http_faults.py: a server on loopback that misbehaves as the path says, until it is killed or the
process that started it ends.

Prints one line: PORT TLS_PORT WRONG_HOST_PORT OLD_TLS_PORT BROKEN_PORT CA_FILE. The old one speaks
TLS 1.1; the broken one resets every connection at its first byte."""
import asyncio
import hashlib
import os
import socket
import ssl
import struct
import subprocess
import warnings
import tempfile

connections = 0


def pattern(count):
    block = bytes(index * 7 % 251 for index in range(251))
    return (block * (count // 251 + 1))[:count]


class Connection:
    def __init__(self, reader, writer):
        global connections
        connections += 1
        self.reader, self.writer, self.number, self.requests = reader, writer, connections, 0

    async def serve(self):
        while True:
            try:
                raw = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            self.requests += 1
            self.raw = raw
            lines = raw.decode("latin-1").split("\r\n")
            self.method, self.path, _ = lines[0].split(" ", 2)
            self.headers = {}
            for line in lines[1:]:
                if ":" in line:
                    name, value = line.split(":", 1)
                    self.headers[name.lower()] = value.strip()
            verb, *words = self.path.split("?")[0].strip("/").split("/")
            handler = getattr(self, "do_" + verb.replace("-", "_"), None)
            if handler is None:
                await self.body()
                await self.answer(404, b"no such fault")
            elif await handler(*words) == "end":
                return

    async def body(self, go_on=True):
        if go_on and self.headers.get("expect") == "100-continue":
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        left = int(self.headers.get("content-length", 0))
        digest, size = hashlib.sha256(), 0
        while left:
            data = await self.reader.read(min(left, 1 << 20))
            if not data:
                break
            left -= len(data)
            size += len(data)
            digest.update(data)
        return digest.hexdigest(), size

    def head(self, status, length, extra=""):
        size = "" if length is None else f"Content-Length: {length}\r\n"
        self.writer.write(f"HTTP/1.1 {status} Word\r\n{size}{extra}\r\n".encode())

    async def answer(self, status, body=b"", extra=""):
        self.head(status, len(body), extra)
        if self.method != "HEAD":
            self.writer.write(body)
        await self.writer.drain()

    def reset(self):
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        return "end"

    async def do_count(self):
        await self.body()
        await self.answer(200, f"{self.number} {self.requests}".encode())

    async def do_bytes(self, count):
        await self.answer(200, pattern(int(count)))

    async def do_chunked(self, count):
        self.head(200, None, "Transfer-Encoding: chunked\r\n")
        data = pattern(int(count))
        for start in range(0, len(data), 1000):
            piece = data[start:start + 1000]
            self.writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.writer.write(b"0\r\nX-Trailer: x\r\n\r\n")
        await self.writer.drain()

    async def do_dump(self, *_):
        await self.body()
        await self.answer(200, self.raw)

    async def do_echo(self):
        digest, size = await self.body()
        await self.answer(200, f"{self.method} {size} {digest}".encode(), "X-Echo:  spaced \r\n")

    async def do_nocontinue(self):
        digest, size = await self.body(go_on=False)
        await self.answer(200, f"{self.method} {size} {digest}".encode())

    async def do_slow(self, milliseconds):
        await self.body()
        await asyncio.sleep(int(milliseconds) / 1000)
        await self.answer(200, b"late")

    async def do_stall(self, count):
        self.head(200, 1_000_000)
        self.writer.write(pattern(int(count)))
        await self.writer.drain()
        await asyncio.sleep(3600)

    async def do_trickle(self):
        self.head(200, 1_000_000)
        while True:
            self.writer.write(b"x")
            await self.writer.drain()
            await asyncio.sleep(0.02)

    async def do_unread(self):
        self.writer.transport.pause_reading()
        await asyncio.sleep(3600)

    async def do_truncate(self, announced, sent):
        self.head(200, int(announced))
        self.writer.write(pattern(int(sent)))
        await self.writer.drain()
        self.writer.close()
        return "end"

    async def do_reset(self, sent):
        if int(sent) >= 0:
            self.head(200, 1_000_000)
            self.writer.write(pattern(int(sent)))
            await self.writer.drain()
            await asyncio.sleep(0.1)
        return self.reset()

    async def do_close_after(self):
        await self.body()
        await self.answer(200, f"{self.number} {self.requests}".encode())
        self.writer.close()
        return "end"

    async def do_once(self):
        """Resets the second request of a connection, after its body, without an answer."""
        digest, size = await self.body()
        if self.requests > 1:
            return self.reset()
        await self.answer(200, f"{self.method} {size} {digest}".encode())

    async def do_headers(self, count, length):
        await self.answer(
            200, b"", "".join(f"X-N{n}: {'v' * int(length)}\r\n" for n in range(int(count))))

    async def do_early(self, status):
        """Refuses before the body is read, reads nothing of it, and closes."""
        await self.answer(int(status), b"refused", "Connection: close\r\n")
        await asyncio.sleep(0.2)
        return self.reset()

    async def do_status(self, status):
        await self.body()
        await self.answer(int(status), b"" if status in ("204", "304") else b"document",
                          "Location: http://127.0.0.1:1/\r\n")

    async def do_garbage(self):
        self.writer.write(b"SSH-2.0-nothing\r\n\r\n")
        await self.writer.drain()
        self.writer.close()
        return "end"

    async def do_badhead(self):
        self.writer.write(b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n")
        await self.writer.drain()
        await asyncio.sleep(3600)

    async def do_informed(self):
        self.writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
        await self.answer(200, b"final")


async def accept(reader, writer):
    connection = Connection(reader, writer)
    try:
        await connection.serve()
    except (ConnectionError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


async def break_off(reader, writer):
    await reader.read(1)
    Connection(reader, writer).reset()


def certificate(folder, name, alternative):
    key, cert = f"{folder}/{name}.key", f"{folder}/{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         f"/CN={name}", "-addext", f"subjectAltName={alternative}", "-keyout", key, "-out", cert],
        check=True, stderr=subprocess.DEVNULL)
    return key, cert


def context(pair):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pair[1], pair[0])
    return made


async def main():
    with tempfile.TemporaryDirectory() as folder:
        right = certificate(folder, "localhost", "DNS:localhost,IP:127.0.0.1")
        wrong = certificate(folder, "elsewhere", "DNS:elsewhere.example")
        ca = f"{folder}/ca.pem"
        with open(ca, "w", encoding="ascii") as out:
            for _, cert in (right, wrong):
                with open(cert, encoding="ascii") as one:
                    out.write(one.read())
        old = context(right)
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        ports = []
        for tls in (None, context(right), context(wrong), old):
            server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls, backlog=512)
            ports.append(str(server.sockets[0].getsockname()[1]))
        server = await asyncio.start_server(break_off, "127.0.0.1", 0)
        ports.append(str(server.sockets[0].getsockname()[1]))
        print(*ports, ca, flush=True)
        parent = os.getppid()
        while os.getppid() == parent:
            await asyncio.sleep(0.5)


# TLS 1.1 is deprecated, which is the point.
warnings.simplefilter("ignore")
asyncio.run(main())
