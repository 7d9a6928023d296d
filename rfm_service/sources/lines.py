"""From rows of JSON to lines: fields by name, values checked one by one, what cannot be read is kept aside."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from rfm_service.clock import date_of
from rfm_service.kinds import Kind, Verdict
from rfm_service.records import DayAnswer, Header, Refused, SaleLine
from rfm_service.settings import Operations
from rfm_service.sources import values
from rfm_service.sources.columns import missing
from rfm_service.sources.kinds import Kinds
from rfm_service.sources.tolerance import require_few
from rfm_service.sources.unreadable import Unreadable, kopecks_in, measured

NUMBERS = {"sale_id", "order_id", "site_id", "quantity", "sum", "product_category"}
OPTIONAL = {"product_category"}
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


class _Texts(dict[values.Number, str]):
    """Clean texts by raw ones."""

    def __missing__(self, raw: values.Number) -> str:
        self[raw] = values.text(raw)
        return self[raw]


@dataclass(frozen=True)
class LineReader:
    """Reads the lines of one ERP.

    names: our name of a field → the ERP's; operations: which are what; zone: the ERP's time zone.
    """

    names: Mapping[str, str]
    operations: Operations
    zone: ZoneInfo

    def read(self, day: int, rows: list[msgspec.Raw]) -> DayAnswer:
        """The day that these rows make.

        Raises BadAnswer when a field is missing, or when too many lines are malformed (`tolerance`).
        """
        answer = self.sort_out(day, rows)
        require_few(answer.refused, len(answer.lines), day, self._strays(answer.refused, day))
        return answer

    def sort_out(self, day: int, rows: list[msgspec.Raw]) -> DayAnswer:
        """The day that these rows make, however many are malformed. Raises BadAnswer when a field is missing."""
        lines: list[SaleLine] = []
        refused: list[Refused] = []
        decode, texts, headers = self._decoder.decode, self._texts, _Headers(self, day, self._texts)
        for raw in rows:
            try:
                lines.append(_line(decode(raw), headers, texts))
            except Unreadable as error:
                verdict, field = error.args
                refused.append(_refused(raw, verdict, field, self.names["sum"]))
            except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
                self._require_fields(raw)
                refused.append(_refused(raw, Verdict.MALFORMED, self._field_in(str(error)), self.names["sum"]))
        return DayAnswer(day, lines, refused, self.fingerprint(rows))

    def fingerprint(self, rows: list[msgspec.Raw]) -> str:
        """Of the rows in any order, and of the rules of reading."""
        digest = self._rules.copy()
        digest.update(b",".join(sorted(map(bytes, rows))))
        return digest.hexdigest()

    @cached_property
    def _rules(self) -> "hashlib._Hash":
        return hashlib.sha256(msgspec.json.encode([self.names, self.operations.model_dump(), self.zone.key]))

    @cached_property
    def _kinds(self) -> Kinds:
        return Kinds(self.operations)

    def kind(self, operation: str) -> Kind:
        """What an operation does to purchases."""
        kind = self._kinds.of(operation)
        if kind is None:
            raise Unreadable(Verdict.MALFORMED, "cash_flow_type")
        return kind

    @cached_property
    def _texts(self) -> _Texts:
        return _Texts()

    @cached_property
    def _decoder(self) -> msgspec.json.Decoder[Any]:
        fields = [_wire_field(name) for name in self.names]
        return msgspec.json.Decoder(
            msgspec.defstruct("WireLine", fields, rename=dict(self.names), kw_only=True, gc=False)
        )

    def _require_fields(self, raw: msgspec.Raw) -> None:
        try:
            present = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return
        for ours, name in self.names.items():
            if name not in present and ours not in OPTIONAL:
                raise missing(name, present, "[erp.fields]")

    def _strays(self, refused: list[Refused], day: int) -> int:
        """How many are of another day."""
        return sum(bad.field == "date" and self._day_in(bad.raw) not in {values.NOT_GIVEN, day} for bad in refused)

    def _day_in(self, raw: str) -> int:
        try:
            written = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])[self.names["date"]]
            return values.day(msgspec.json.decode(written, type=str), self.zone)
        except (msgspec.DecodeError, ValueError, KeyError, OverflowError, RecursionError):
            return values.NOT_GIVEN

    def _field_in(self, complaint: str) -> str:
        found = re.search(r"\$\.(\S+?)`", complaint)
        ours = {theirs: name for name, theirs in self.names.items()}
        return ours.get(found.group(1), "") if found else ""


class _Headers(dict[tuple[Any, ...], Header]):
    """Headers by their raw values and whether the line counts backwards. Raises Unreadable."""

    def __init__(self, reader: LineReader, day: int, texts: _Texts) -> None:
        super().__init__()
        self._reader = reader
        self._day = day
        self._texts = texts

    def __missing__(self, key: tuple[Any, ...]) -> Header:
        *raw, backwards = key
        wire = dict(zip(HEADER_FIELDS, raw, strict=True))
        number, buyer = values.text(wire["sale_id"]), self._texts[wire["buyer"]]
        for name, value in (("sale_id", number), ("buyer", buyer)):
            if not value:
                raise Unreadable(Verdict.INCOMPLETE, name)
        kind = self._reader.kind(self._texts[wire["cash_flow_type"]])
        if backwards and kind is Kind.SALE:
            kind = Kind.RETURN
        self[key] = header = Header(
            kind,
            number,
            self._own_day(wire["date"]),
            values.text(wire["order_id"]),
            self._order_day(wire["order_date"]),
            buyer,
            self._texts[wire["contractor"]],
            _site_id(wire["site_id"]),
            self._texts[wire["address"]],
            key=f"{kind:d}/{date_of(self._day).year}/{number}",
        )
        return header

    def _own_day(self, value: str | None) -> int:
        try:
            if values.day(value, self._reader.zone) == self._day:
                return self._day
        except (ValueError, OverflowError):
            pass
        raise Unreadable(Verdict.MALFORMED, "date")

    def _order_day(self, value: str | None) -> int:
        try:
            return values.day(value, self._reader.zone)
        except (ValueError, OverflowError):
            return values.NOT_GIVEN


def _wire_field(name: str) -> tuple[str, Any] | tuple[str, Any, None]:
    form = values.Number if name in NUMBERS else str | None
    return (name, form, None) if name in OPTIONAL else (name, form)


def _site_id(raw: values.Number) -> str:
    """Numbers of 1C are never null: 0 is none."""
    written = values.text(raw)
    return written if written.strip("0.") else ""


def _line(wire: Any, headers: _Headers, texts: _Texts) -> SaleLine:
    quantity, amount = measured(wire.quantity, 1000, "quantity"), measured(wire.sum, 100, "sum")
    backwards = quantity < 0 or amount < 0
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
        backwards,
    ]
    if backwards and header.kind is Kind.RETURN:
        quantity, amount = abs(quantity), abs(amount)
    category = texts[wire.product_category]
    return SaleLine(header, texts[wire.product], texts[wire.feature], quantity, amount, product_category=category)


def _refused(raw: msgspec.Raw, verdict: Verdict, field: str, sum_name: str) -> Refused:
    """The line with its reason; its amount where it can be read."""
    try:
        amount = kopecks_in(msgspec.json.decode(raw)[sum_name])
    except (msgspec.DecodeError, ValueError, TypeError, KeyError, RecursionError):
        amount = 0
    return Refused(verdict, field, amount, bytes(raw).decode("utf-8", "replace"))
