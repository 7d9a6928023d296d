"""What the fake Bot API says: the real one's refusals, and what gets in between."""

import json
from typing import Any, NamedTuple

JSON = "application/json"
HTML = "text/html; charset=utf-8"


class Canned(NamedTuple):
    """An answer that needs no thought."""

    status: int
    body: bytes
    content_type: str = JSON
    header: tuple[str, str] = ("Server", "nginx")


def acceptance(result: Any) -> Canned:
    """What the Bot API says when it is content."""
    return Canned(200, json.dumps({"ok": True, "result": result}).encode())


def refusal(code: int, description: str, **parameters: Any) -> Canned:
    """What the Bot API says instead of yes."""
    answer: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    if parameters:
        answer["parameters"] = parameters
    return Canned(code, json.dumps(answer).encode())


FAULTS_OF_CHATS = (
    "not enough rights to send text messages to the chat",
    "have no rights to send a message",
    "need administrator rights in the channel chat",
    "CHAT_WRITE_FORBIDDEN",
    "CHAT_RESTRICTED",
    "PEER_ID_INVALID",
    "TOPIC_CLOSED",
    "message thread not found",
    "chat_id is empty",
    "something nobody has heard of yet",
)
"""The message is sound: it is for somebody who cannot be written to now."""

FAULTS_OF_MESSAGES = (
    "message text is empty",
    "message is too long",
    "MESSAGE_TOO_LONG",
    "message caption is too long",
    "can't parse entities: Can't find end of the entity starting at byte offset 7",
    "strings must be encoded in UTF-8",
    "file must be non-empty",
    "file is too big",
    "BUTTON_DATA_INVALID",
)
"""It will never be taken, wherever it goes."""

CANNED = {
    "html": Canned(200, b"<html>Please sign in to the hotel's network</html>", HTML),
    "empty": Canned(200, b""),
    "empty_object": Canned(200, b"{}"),
    "list": Canned(200, b"[]"),
    "null": Canned(200, b"null"),
    "only_ok": Canned(200, b'{"ok": true}'),
    "not_utf8": Canned(200, b'{"ok": "\xff\xfe"}'),
    "nested": Canned(200, b'{"ok": true, "result": ' + b'{"a":' * 100_000),
    "bad_gzip": Canned(200, b"not gzip", header=("Content-Encoding", "gzip")),
    "bad_header": Canned(200, b"<html>", HTML, header=("Bad Name", "1\r\nno colon at all")),
    "redirect": Canned(302, b"", HTML, header=("Location", "/elsewhere")),
    "401": refusal(401, "Unauthorized"),
    "403": refusal(403, "Forbidden: bot was blocked by the user"),
    "404": refusal(404, "Not Found"),
    "409": refusal(409, "Conflict: terminated by other getUpdates request"),
    **{f"400 {words}": refusal(400, f"Bad Request: {words}") for words in (*FAULTS_OF_CHATS, *FAULTS_OF_MESSAGES)},
    "413": refusal(413, "Request Entity Too Large"),
    "413_html": Canned(413, b"<html>413 Request Entity Too Large</html>", HTML),
    "429": refusal(429, "Too Many Requests: retry after 7", retry_after=7),
    "429_without": refusal(429, "Too Many Requests"),
    "429_absurd": refusal(429, "Too Many Requests: retry after 1e9", retry_after=10**9),
    "429_negative": refusal(429, "Too Many Requests", retry_after=-5),
    "429_text": refusal(429, "Too Many Requests", retry_after="soon"),
    "500": refusal(500, "Internal Server Error"),
    "502": Canned(502, b"<html>502 Bad Gateway</html>", HTML),
    "moved": refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1007),
}
