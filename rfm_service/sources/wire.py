"""From the bytes of an answer to lines: names by configuration, values checked one by one.

A line that cannot be read is refused and kept; an answer that is not a list of lines is an error, never "no sales".
"""

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from rfm_service.clock import date_of, day_of
from rfm_service.errors import BadAnswer
from rfm_service.records import DayAnswer, Header, Kind, Refused, SaleLine, Verdict

FIELDS = (
    "date",
    "sale_id",
    "order_date",
    "order_id",
    "buyer",
    "contractor",
    "site_id",
    "product",
    "feature",
    "quantity",
    "sum",
    "address",
    "cash_flow_type",
)
TOLERATED = 20
TOLERATED_SHARE = 0.01
LONGEST_TEXT = 512
LARGEST_AMOUNT = 10**12
LARGEST_QUANTITY = 10**12
FIRST_YEAR = 2000

Raws = list[msgspec.Raw]
Wire = Any


class Unreadable(ValueError):
    """A value of a line cannot be read: `Unreadable(field)`."""


def rows_of(body: bytes) -> Raws:
    """The rows of an answer, each as raw JSON.

    Met in the wild: `{"data": "<a JSON string>"}`, the list itself under `data`, a bare list; with or without BOM.
    Raises BadAnswer for anything else: a page, an error envelope, nothing at all.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        raise BadAnswer("The ERP answered 200 with an empty body.")
    if text.startswith(b"<"):
        raise BadAnswer("The ERP answered a web page instead of data: {0}", _gist(text))
    try:
        return _unwrapped(text)
    except (msgspec.DecodeError, RecursionError):
        raise BadAnswer("The ERP's answer is not the JSON we know: {0}", _gist(text)) from None


def _unwrapped(text: bytes) -> Raws:
    if text.startswith(b"["):
        return msgspec.json.decode(text, type=Raws)
    data = msgspec.json.decode(text, type=dict[str, msgspec.Raw]).get("data")
    if data is None or bytes(data) in (b"null", b'""'):
        raise BadAnswer("The ERP answered without data: {0}", _gist(text))
    if bytes(data[:1]) == b'"':
        return _unwrapped(msgspec.json.decode(data, type=str).strip().encode())
    return msgspec.json.decode(data, type=Raws)


def _gist(text: bytes) -> str:
    words = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", text.decode("utf-8", "replace"), flags=re.S | re.I)
    return " ".join(words.split())[:200]


@dataclass(frozen=True)
class LineReader:
    """Reads lines of one ERP: `names` are its names of our FIELDS, operations are patterns, `zone` is its time zone."""

    names: dict[str, str]
    returns: Sequence[str]
    sales: Sequence[str]
    zone: ZoneInfo
    _struct: type[msgspec.Struct] = field(init=False)

    def __post_init__(self) -> None:
        number = int | float | str | None
        types: dict[str, Any] = {name: str | None for name in FIELDS}
        types |= {"site_id": number, "quantity": number, "sum": number, "sale_id": number, "order_id": number}
        columns = [(name, types[name] | msgspec.UnsetType, msgspec.UNSET) for name in FIELDS]
        object.__setattr__(
            self, "_struct", msgspec.defstruct("WireLine", columns, rename=self.names, gc=False, array_like=False)
        )

    def read(self, day: int, rows: Raws) -> DayAnswer:
        """The day that the rows make.

        Raises BadAnswer when a column is missing, or more than 20 lines and 1 % of them cannot be read.
        """
        lines: list[SaleLine] = []
        refused: list[Refused] = []
        headers = _Headers(self, day)
        digest = hashlib.sha256()
        decode = msgspec.json.Decoder(self._struct).decode
        for raw in rows:
            digest.update(raw)
            digest.update(b"\n")
            try:
                wire = decode(raw)
                lines.append(_line(wire, headers))
            except (Unreadable, msgspec.DecodeError, RecursionError) as error:
                self._require_columns(raw)
                refused.append(_refused(raw, error))
        if len(refused) > max(TOLERATED, TOLERATED_SHARE * len(rows)) and any(
            bad.verdict is Verdict.MALFORMED for bad in refused
        ):
            self._give_up(day, refused, len(rows))
        return DayAnswer(day, lines, refused, digest.hexdigest())
