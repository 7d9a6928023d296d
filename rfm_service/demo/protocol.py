"""What goes over the wire, whatever the protocol: calls in, answers out, and plans of faults between them."""

from collections.abc import Callable
from typing import Any

import msgspec

LINES = "clasterclients"
BUYERS = "partnersdata"

HS = "hs"
ODATA = "odata"

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"

Row = dict[str, Any]
Rows = list[Row]


class Call(msgspec.Struct, frozen=True):
    """An HTTP request as it arrived. `authorization` is the raw header, path and query are still percent-encoded."""

    method: str
    path: str
    authorization: bytes
    body: bytes
    query: str = ""
    accept: str = ""


class Request(msgspec.Struct, frozen=True):
    """What a call asked for: days are both included. `status` is what it got, 0 while (or if) nothing.

    Over HS, 1C's custom HTTP service, there is an algorithm; over ODATA an entity, a page and the whole query, and
    NO_DAY on a side where the filter sets no border.
    """

    algorithm: str
    first: int
    last: int
    status: int = 0
    protocol: str = HS
    entity: str = ""
    skip: int = 0
    top: int = 0
    query: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What goes back, and how.

    length: the Content-Length to announce when it is not the body's own. chunked: send none, but chunks. pause: seconds
    before every piece of a body that drips. cut: reset the connection after so many bytes of the body.
    """

    status: int
    body: bytes
    content_type: str = JSON
    length: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    chunked: bool = False
    pause: float = 0
    cut: int | None = None

    def with_header(self, name: str, value: str) -> "Answer":
        """The same answer with one header more."""
        return msgspec.structs.replace(self, headers=(*self.headers, (name, value)))


class HangUp(Exception):
    """Close the connection instead of answering."""


Usual = Callable[[], Answer]
Fault = Callable[[Usual], Answer]
Plan = Callable[[int, Request], Fault | None]
