"""From rows of JSON to lines: fields by name, values checked one by one, what cannot be read is kept aside."""

import difflib
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from rfm_service.clock import date_of
from rfm_service.errors import BadAnswer
from rfm_service.records import DayAnswer, Header, Kind, Refused, SaleLine, Verdict
from rfm_service.sources import values

NUMBERS = {"sale_id", "order_id", "site_id", "quantity", "sum"}
HEADER_FIELDS = (
    "date",
    "sale_id",
    "order_date",
    "order_id",
    "buyer",
    "contractor",
    "site_id",
    "address",
    "cash_flow_type",
)
TOLERATED_LINES = 20
TOLERATED_SHARE = 0.01


class _Unreadable(Exception):
    """A line cannot be read: `_Unreadable(verdict, field)`."""


class _Texts(dict[str | None, str]):
    """Clean texts by raw ones."""

    def __missing__(self, raw: str | None) -> str:
        self[raw] = values.text(raw)
        return self[raw]


@dataclass(frozen=True)
class LineReader:
    """Reads the lines of one ERP.

    names: our name of a field → the ERP's; returns, sales: patterns of cash_flow_type; zone: the ERP's time zone.
    """

    names: Mapping[str, str]
    returns: Sequence[str]
    sales: Sequence[str]
    zone: ZoneInfo

    def read(self, day: int, rows: list[msgspec.Raw], content: bytes) -> DayAnswer:
        """The day that these rows make; `content` is what its fingerprint is taken of.

        Raises BadAnswer when a field is missing, or when over 20 lines and over 1 % of them are malformed, or
        some are and none can be read.
        """
        lines: list[SaleLine] = []
        refused: list[Refused] = []
        decode, texts, headers = self._decoder.decode, self._texts, _Headers(self, day, self._texts)
        for raw in rows:
            try:
                lines.append(_line(decode(raw), headers, texts))
            except _Unreadable as error:
                verdict, field = error.args
                refused.append(_refused(raw, verdict, field, self.names["sum"]))
            except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
                self._require_fields(raw)
                refused.append(_refused(raw, Verdict.MALFORMED, self._field_in(str(error)), self.names["sum"]))
        _require_few(refused, len(lines), day)
        return DayAnswer(day, lines, refused, hashlib.sha256(content).hexdigest())

    def kind(self, operation: str) -> Kind:
        """What an operation does to purchases."""
        folded = operation.casefold()
        for kind, patterns in ((Kind.RETURN, self.returns), (Kind.SALE, self.sales)):
            if any(fnmatchcase(folded, pattern.casefold()) for pattern in patterns):
                return kind
        raise _Unreadable(Verdict.MALFORMED, "cash_flow_type")

    @cached_property
    def _texts(self) -> _Texts:
        return _Texts()

    @cached_property
    def _decoder(self) -> msgspec.json.Decoder[Any]:
        fields: list[tuple[str, Any]] = [
            (name, values.Number if name in NUMBERS else str | None) for name in self.names
        ]
        return msgspec.json.Decoder(msgspec.defstruct("WireLine", fields, rename=dict(self.names), gc=False))

    def _require_fields(self, raw: msgspec.Raw) -> None:
        try:
            present = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return
        for name in self.names.values():
            if name not in present:
                near = difflib.get_close_matches(name, present, n=1)
                raise BadAnswer(
                    "The ERP's lines have no field {0} (nearest: {1}). Check [erp.fields] against the service in 1C.",
                    name,
                    near[0] if near else "-",
                )

    def _field_in(self, complaint: str) -> str:
        found = re.search(r"\$\.(\S+?)`", complaint)
        ours = {theirs: name for name, theirs in self.names.items()}
        return ours.get(found.group(1), "") if found else ""


class _Headers(dict[tuple[Any, ...], Header]):
    """Headers by their raw values and whether the line counts backwards. Raises _Unreadable."""

    def __init__(self, reader: LineReader, day: int, texts: _Texts) -> None:
        super().__init__()
        self._reader = reader
        self._day = day
        self._texts = texts

    def __missing__(self, key: tuple[Any, ...]) -> Header:
        *raw, negative = key
        wire = dict(zip(HEADER_FIELDS, raw, strict=True))
        number, buyer = values.text(wire["sale_id"]), self._texts[wire["buyer"]]
        for name, value in (("sale_id", number), ("buyer", buyer)):
            if not value:
                raise _Unreadable(Verdict.INCOMPLETE, name)
        kind = self._reader.kind(self._texts[wire["cash_flow_type"]])
        self[key] = header = Header(
            Kind.RETURN if negative else kind,
            number,
            self._own_day(wire["date"]),
            values.text(wire["order_id"]),
            self._order_day(wire["order_date"]),
            buyer,
            self._texts[wire["contractor"]],
            values.text(wire["site_id"]),
            self._texts[wire["address"]],
        )
        return header

    def _own_day(self, value: str | None) -> int:
        try:
            if values.day(value, self._reader.zone) == self._day:
                return self._day
        except (ValueError, OverflowError):
            pass
        raise _Unreadable(Verdict.MALFORMED, "date")

    def _order_day(self, value: str | None) -> int:
        try:
            return values.day(value, self._reader.zone)
        except (ValueError, OverflowError):
            return values.NOT_GIVEN


def _line(wire: Any, headers: _Headers, texts: _Texts) -> SaleLine:
    quantity, amount = _measure(wire.quantity, 1000, "quantity"), _measure(wire.sum, 100, "sum")
    header = headers[
        wire.date,
        wire.sale_id,
        wire.order_date,
        wire.order_id,
        wire.buyer,
        wire.contractor,
        wire.site_id,
        wire.address,
        wire.cash_flow_type,
        quantity < 0 or amount < 0,
    ]
    return SaleLine(header, texts[wire.product], texts[wire.feature], abs(quantity), abs(amount))


def _measure(value: values.Number, scale: int, field: str) -> int:
    try:
        measured = values.scaled(value, scale)
    except ValueError:
        raise _Unreadable(Verdict.MALFORMED, field) from None
    if measured is None:
        raise _Unreadable(Verdict.INCOMPLETE, field)
    return measured


def _refused(raw: msgspec.Raw, verdict: Verdict, field: str, sum_name: str) -> Refused:
    """The line with its reason; its amount where it can be read, for the accounts."""
    try:
        amount = abs(values.scaled(msgspec.convert(msgspec.json.decode(raw)[sum_name], values.Number), 100) or 0)
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError, RecursionError):
        amount = 0
    return Refused(verdict, field, amount, bytes(raw).decode("utf-8", "replace"))


def _require_few(refused: list[Refused], readable: int, day: int) -> None:
    malformed = [bad for bad in refused if bad.verdict is Verdict.MALFORMED]
    lines = readable + len(refused)
    tolerated = max(TOLERATED_LINES, lines * TOLERATED_SHARE) if readable else 0
    if len(malformed) > tolerated:
        raise BadAnswer(
            "{0} of {1} lines of {2} cannot be read, the first because of its {3}. Nothing of that day was stored.",
            len(malformed),
            lines,
            date_of(day).isoformat(),
            malformed[0].field,
        )
