"""A server that says exactly these bytes, and remembers what it was asked."""

import socket
import socketserver
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any, Self

Talk = Callable[[socket.socket], None]


def says(*parts: bytes) -> Talk:
    """Answer with these bytes."""
    return lambda connection: connection.sendall(b"".join(parts))


def answer(body: bytes, status: str = "200 OK", headers: Mapping[str, str] | None = None) -> bytes:
    """A whole HTTP answer."""
    named = {"Content-Length": str(len(body)), "Connection": "close"} | dict(headers or {})
    return head(status, named) + body


def head(status: str, headers: Mapping[str, str]) -> bytes:
    """An HTTP answer up to its body."""
    return "\r\n".join(
        [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    ).encode()


class Wire:
    """Answers every connection once, in its own way, while the `with` block lasts.

    `asked` holds each request: its first line, its headers, its body.
    """

    def __init__(self, talk: Talk) -> None:
        self.asked: list[tuple[str, dict[str, bytes], bytes]] = []
        self._listener = _Listener(("127.0.0.1", 0), partial(_Connection, self, talk))

    def __enter__(self) -> Self:
        Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.server_address[1])

    @property
    def url(self) -> str:
        """Where the service would be."""
        return f"http://127.0.0.1:{self.port}/hs/rfm"


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True


class _Connection(socketserver.StreamRequestHandler):
    def __init__(self, wire: Wire, talk: Talk, *args: Any) -> None:
        self._wire = wire
        self._talk = talk
        super().__init__(*args)

    def handle(self) -> None:
        first = self.rfile.readline().decode().strip()
        headers = {}
        while line := self.rfile.readline().strip():
            name, _, value = line.partition(b":")
            headers[name.decode()] = value.strip()
        self._wire.asked.append((first, headers, self.rfile.read(int(headers.get("Content-Length", b"0")))))
        with suppress(OSError):
            self._talk(self.connection)
