"""A 1C server on this machine: serves a book over real HTTP, with faults on request."""

import os
import socket
import socketserver
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler
from threading import Lock, Thread
from typing import Any, Self

import msgspec

from rfm_service.demo import hs
from rfm_service.demo.book import Book
from rfm_service.demo.faults import flawless
from rfm_service.demo.odata import service
from rfm_service.demo.odata.asked import ROOT
from rfm_service.demo.odata.service import Interface
from rfm_service.demo.protocol import Answer, Call, HangUp, Plan, Request

HOST = "127.0.0.1"
PIECES = 8
NO_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class ErpServer:
    """Answers on the loopback interface while the `with` block lasts, over both of 1C's protocols.

    Port 0 takes any free port. The custom HTTP service takes the token as it is; the standard interface takes Basic
    credentials: the token itself if it reads `user:password`, else any user with the token as password. The plan is
    asked for a fault before every answer: `plan(number, request)`, the first number is 0. The book may be edited
    meanwhile; `requests` is what was asked so far.
    """

    def __init__(self, book: Book, token: str, port: int = 0, plan: Plan = flawless) -> None:
        self.requests: list[Request] = []
        self._book = book
        self._token = token
        self._interface = Interface(book, token)
        self._plan = plan
        self._lock = Lock()
        self._listener = _Listener((HOST, port), partial(_Handler, self.answer))

    def __enter__(self) -> Self:
        Thread(target=self.run, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    @property
    def url(self) -> str:
        """Where the custom HTTP service is."""
        return self._address + hs.PATH

    @property
    def odata_url(self) -> str:
        """Where the standard interface is."""
        return self._address + ROOT

    @property
    def _address(self) -> str:
        return f"http://{HOST}:{self._listener.server_address[1]}"

    def run(self) -> None:
        """Serve in this thread, without end."""
        self._listener.serve_forever(poll_interval=0.02)

    def answer(self, call: Call) -> Answer:
        """The answer to a call, spoilt if the plan says so. Raises HangUp."""
        standard = call.path.startswith(ROOT)
        request = service.request_of(call) if standard else hs.request_of(call.body)
        with self._lock:
            number = len(self.requests)
            self.requests.append(request)
        usual = partial(self._interface.reply, call) if standard else partial(hs.reply, self._book, self._token, call)
        fault = self._plan(number, request)
        answer = fault(usual) if fault else usual()
        self.requests[number] = msgspec.structs.replace(request, status=answer.status)
        return answer


class _Listener(socketserver.ThreadingTCPServer):
    """Accepts connections, and closes those that clients keep alive when it closes itself."""

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # on Windows it would let two servers share a port

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; a mistake of ours is."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """Reads calls off a connection and writes answers to it."""

    protocol_version = "HTTP/1.1"
    server_version = "1C"
    disable_nagle_algorithm = True
    wbufsize = -1

    def __init__(self, answer: Callable[[Call], Answer], *args: Any) -> None:
        self._answer = answer
        super().__init__(*args)

    def _serve(self) -> None:
        try:
            self._send(self._answer(self._call()))
        except HangUp:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815  http.server looks for these names

    def _call(self) -> Call:
        return Call(
            method=self.command,
            path=self.path.partition("?")[0],
            query=self.path.partition("?")[2],
            accept=self.headers.get("Accept", ""),
            authorization=self.headers.get("Authorization", "").encode("latin-1"),
            body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
        )

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self._send_body(answer)
        if answer.length is not None:
            self.close_connection = True

    def _send_body(self, answer: Answer) -> None:
        body = _in_chunks(answer.body) if answer.chunked else answer.body
        for piece in _pieces(body[: answer.cut], PIECES if answer.pause else 1):
            time.sleep(answer.pause)
            self.wfile.write(piece)
            self.wfile.flush()
        if answer.cut is not None:
            self._reset()

    def _reset(self) -> None:
        """Close the connection the hard way: what lies unread at the client is lost, too."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        socket.close(self.connection.detach())
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Quiet: the server's `requests` are the log."""


def _in_chunks(body: bytes) -> bytes:
    """A body in the chunked encoding."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in _pieces(body, PIECES)) + b"0\r\n\r\n"


def _pieces(body: bytes, count: int) -> list[bytes]:
    """A body in about so many pieces, none of them empty."""
    step = max(1, -(-len(body) // count))
    return [body[place : place + step] for place in range(0, len(body), step)]
