"""Two proxies on this machine that want a user and a password: HTTP and SOCKS5. They remember where they were sent."""

import base64
import socket
import socketserver
import threading
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

USER, PASSWORD = "night", "p@ss:word"


class Proxy(socketserver.ThreadingTCPServer):
    """`with Socks5() as proxy: proxy.port`. Every host leads to 127.0.0.1; `asked` are the names it was told."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, handler: type[socketserver.StreamRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.port = self.server_address[1]
        self.asked: list[str] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error."""


class Http(Proxy):
    """Forwards requests with an absolute address."""

    def __init__(self) -> None:
        super().__init__(_HttpHandler)


class Socks5(Proxy):
    """RFC 1928 with the login of RFC 1929."""

    def __init__(self) -> None:
        super().__init__(_SocksHandler)


class _HttpHandler(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        method, address, version = self.rfile.readline().decode().split()
        headers = dict(self._headers())
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if headers.get("proxy-authorization") != f"Basic {login}":
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        url = urlsplit(address)
        self.server.asked.append(url.hostname or "")
        body = self.rfile.read(int(headers.get("content-length", 0)))
        with socket.create_connection(("127.0.0.1", url.port or 80)) as there:
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name != "connection")
            there.sendall(f"{method} {url.path} {version}\r\n{head}connection: close\r\n\r\n".encode() + body)
            while piece := there.recv(65536):
                self.wfile.write(piece)

    def _headers(self) -> Any:
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(":")
            yield name.lower(), value.strip()


class _SocksHandler(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        _version, methods = self.rfile.read(2)
        self.rfile.read(methods)
        self.wfile.write(b"\x05\x02")
        user = self.rfile.read(self.rfile.read(2)[1]).decode()
        password = self.rfile.read(self.rfile.read(1)[0]).decode()
        if (user, password) != (USER, PASSWORD):
            self.wfile.write(b"\x01\x01")
            return
        self.wfile.write(b"\x01\x00")
        _version, _command, _reserved, kind = self.rfile.read(4)
        host = self.rfile.read(self.rfile.read(1)[0]).decode() if kind == 3 else socket.inet_ntoa(self.rfile.read(4))
        port = int.from_bytes(self.rfile.read(2))
        self.server.asked.append(host)
        with socket.create_connection(("127.0.0.1", port)) as there:
            self.wfile.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
            threading.Thread(target=self._pump, args=(there,), daemon=True).start()
            while piece := self.connection.recv(65536):
                there.sendall(piece)

    def _pump(self, there: socket.socket) -> None:
        try:
            while piece := there.recv(65536):
                self.connection.sendall(piece)
        except OSError:
            return
