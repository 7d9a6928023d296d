"""A Bot API on this machine: the real protocol over real HTTP, a memory of what it was sent, and faults on request.

with BotApi("1:token") as api:
    api.faults.append("429")      # the next request is answered so, each later one honestly
"""

import json
import re
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from tests import canaries
from tests.fakes.bot_answers import CANNED, HTML, Canned, acceptance, refusal

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
LONGEST_DATA = 64
MOST_UPDATES = 100


class Upload(NamedTuple):
    """A file inside a multipart body."""

    name: str
    content: bytes


class BotApi:
    """The server of one bot. `chats` are the chats that know the bot; None: every chat does.

    `thinks`: seconds before each answer. `faults` names what goes wrong with the next requests, one each: a key of
    CANNED or BROKEN. `witness` is told of the rest, three times each, with the port that they came from: "asked",
    "kept" (nobody has said so yet), "answered".
    """

    def __init__(self, token: str, chats: set[int] | None = None) -> None:
        self.token = token
        self.chats = chats
        self.messages: list[tuple[int, str]] = []
        self.documents: list[tuple[int, str, bytes]] = []
        self.raw: list[bytes] = []
        self.paths: list[str] = []
        self.faults: deque[str] = deque()
        self.markups: list[dict[str, Any]] = []
        self.presses_answered: list[str] = []
        self.webhook = ""
        self.thinks = 0.0
        self.witness: Callable[[str, int], object] = lambda _moment, _port: None
        self._updates: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._last_update = 1000
        self._polls = 0
        self.closing = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """The address to put in the place of https://api.telegram.org."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str, fields: dict[str, Any]) -> Canned:
        """What an honest Bot API says to this request."""
        token, _, method = path.removeprefix("/bot").partition("/")
        if not path.startswith("/bot") or token != self.token:
            return refusal(401, "Unauthorized")
        calls = {
            "getMe": self._get_me,
            "getChat": self._get_chat,
            "getUpdates": self._get_updates,
            "getWebhookInfo": lambda _fields: acceptance({"url": self.webhook, "pending_update_count": 0}),
            "answerCallbackQuery": self._answer_press,
            "sendMessage": self._send_message,
            "sendDocument": self._send_document,
        }
        return calls[method](fields) if method in calls else refusal(404, "Not Found")

    def says(self, user: int, text: Any, **odd: Any) -> None:
        """A user writes to the bot in private; `odd` are further fields of the message, or other values of these."""
        person = {"id": user, "is_bot": False, "first_name": "Anna"}
        words = {"message_id": 1, "from": person, "chat": {"id": user, "type": "private"}, "date": int(time.time())}
        self.happens(message=words | {"text": text} | odd)

    def presses(self, user: int, data: Any, **odd: Any) -> None:
        """A user presses a button under a message of the bot."""
        place = {"message_id": 1, "chat": {"id": user, "type": "private"}, "date": 0}
        press = {"id": f"press-{user}", "from": {"id": user, "is_bot": False}, "message": place, "chat_instance": "1"}
        self.happens(callback_query=press | {"data": data} | odd)

    def happens(self, **update: Any) -> None:
        """An update of any kind, with the next number unless it has one."""
        with self._news:
            self._last_update += 1
            self._updates.append({"update_id": self._last_update} | update)
            self._news.notify_all()

    def _get_updates(self, fields: dict[str, Any]) -> Canned:
        if self.webhook:
            return refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        if self._polls:
            return refusal(409, "Conflict: terminated by other getUpdates request")
        offset, allowed = int(fields.get("offset", 0)), json.loads(fields.get("allowed_updates", "[]"))
        with self._news:
            self._polls += 1
            end = time.monotonic() + float(fields.get("timeout", 0))
            self._updates = [one for one in self._updates if one["update_id"] >= offset]
            while not self._updates and time.monotonic() < end and not self.closing.is_set():
                self._news.wait(0.05)
            self._polls -= 1
            told = self._updates[:MOST_UPDATES]
        return acceptance([one for one in told if not allowed or any(kind in one for kind in allowed)])

    def _answer_press(self, fields: dict[str, Any]) -> Canned:
        self.presses_answered.append(fields["callback_query_id"])
        return acceptance(True)

    def _get_chat(self, fields: dict[str, Any]) -> Canned:
        chat = int(fields["chat_id"])
        if self.chats is not None and chat not in self.chats:
            return refusal(400, "Bad Request: chat not found")
        return acceptance({"id": chat, "type": "private"})

    def _get_me(self, _fields: dict[str, Any]) -> Canned:
        return acceptance({"id": 1, "is_bot": True, "first_name": "Night", "username": "night_bot"})

    def _send_message(self, fields: dict[str, Any]) -> Canned:
        text = fields.get("text", "")
        if not text.strip():
            return refusal(400, "Bad Request: message text is empty")
        if _units(text) > LONGEST_TEXT:
            return refusal(400, "Bad Request: message is too long")
        markup = json.loads(fields.get("reply_markup", "{}"))
        if not _is_keyboard(markup):
            return refusal(400, "Bad Request: BUTTON_DATA_INVALID")
        self.markups += [markup] if markup else []
        return self._kept(fields, lambda chat: self.messages.append((chat, text)), {"text": text})

    def _send_document(self, fields: dict[str, Any]) -> Canned:
        upload = fields.get("document")
        if not isinstance(upload, Upload) or not upload.content:
            return refusal(400, "Bad Request: file must be non-empty")
        if _units(fields.get("caption", "")) > LONGEST_CAPTION:
            return refusal(400, "Bad Request: message caption is too long")
        canaries.overhear("Telegram", canaries.unpacked(upload.content))
        document = {"file_id": "1", "file_unique_id": "1", "file_name": upload.name}
        return self._kept(fields, lambda chat: self.documents.append((chat, *upload)), {"document": document})

    def _kept(self, fields: dict[str, Any], keep: Callable[[int], None], content: dict[str, Any]) -> Canned:
        chat = int(fields.get("chat_id", 0))
        if not chat or (self.chats is not None and chat not in self.chats):
            return refusal(400, "Bad Request: chat not found")
        keep(chat)
        number = len(self.messages) + len(self.documents)
        return acceptance({"message_id": number, "date": 1, "chat": {"id": chat, "type": "private"}, **content})


class _Server(ThreadingHTTPServer):
    def __init__(self, api: BotApi) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error; anything else is one of this file."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    raw_requestline: bytes

    def do_POST(self) -> None:
        api = self.server.api
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        api.raw.append(self.raw_requestline + self.headers.as_bytes() + body)
        api.paths.append(self.path)
        canaries.overhear("Telegram", body)  # the token is part of every path, and of nothing else
        fault = api.faults.popleft() if api.faults else ""
        if fault in BROKEN:
            self.close_connection = True
            BROKEN[fault](self, body)
        else:
            port: int = self.client_address[1]
            api.witness("asked", port)
            api.closing.wait(api.thinks)
            answer = CANNED[fault] if fault else self.honest(body)
            api.witness("kept", port)
            self.say(answer)
            api.witness("answered", port)

    do_GET = do_POST  # noqa: N815  http.server looks for this name

    def honest(self, body: bytes) -> Canned:
        boundary = re.search("boundary=(.+)", self.headers.get("Content-Type", ""))
        in_url = dict(parse_qsl(urlsplit(self.path).query))
        in_body = _multipart(body, boundary[1].encode()) if boundary else dict(parse_qsl(body.decode()))
        return self.server.api.answer(urlsplit(self.path).path, in_url | in_body)

    def say(self, answer: Canned, length: int | None = None) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body) if length is None else length))
        self.send_header(*answer.header)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_request(self, *_: object) -> None:
        """Say nothing: the tests look at what the program logs."""


def _reset(handler: _Handler, _body: bytes) -> None:
    with socket.socket(fileno=handler.connection.detach()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _endless(handler: _Handler, _body: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.api.closing.is_set():
        handler.wfile.write(b" " * 65536)


def _drip(handler: _Handler, _body: bytes) -> None:
    for sign in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 600:
        if handler.server.api.closing.wait(0.1):
            return
        handler.wfile.write(bytes([sign]))


BROKEN: dict[str, Callable[[_Handler, bytes], object]] = {
    "close": lambda _handler, _body: None,
    "reset": _reset,
    "taken": lambda handler, body: handler.honest(body),  # kept, but nobody says so
    "hang": lambda handler, _body: handler.server.api.closing.wait(60),
    "cut": lambda handler, _body: handler.say(Canned(200, b'{"ok": true, "resu'), length=500),
    "endless": _endless,
    "drip": _drip,
    "echo": lambda handler, _body: handler.say(refusal(400, f"Bad Request: cannot make sense of {handler.path}")),
    "echo_html": lambda handler, _body: handler.say(Canned(404, f"<html>No {handler.path}</html>".encode(), HTML)),
}


def _is_keyboard(markup: dict[str, Any]) -> bool:
    inline = [button for row in markup.get("inline_keyboard", []) for button in row]
    plain = [button for row in markup.get("keyboard", []) for button in row]
    return all(button["text"] for button in inline + plain) and all(
        0 < len(button["callback_data"].encode()) <= LONGEST_DATA for button in inline
    )


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _multipart(body: bytes, boundary: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(r'\bname="([^"]*)"', head.decode())
        file_name = re.search(r'\bfilename="?([^"\r\n]*)', head.decode())
        if name:
            fields[name[1]] = Upload(file_name[1], content) if file_name else content.decode()
    return fields
