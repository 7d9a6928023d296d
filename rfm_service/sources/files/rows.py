"""From the cells of a table to rows of our fields, which are then read like an ERP's."""

import difflib
import operator
import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from rfm_service.clock import date_of
from rfm_service.errors import FileUnusable
from rfm_service.settings import Operations
from rfm_service.sources import values
from rfm_service.sources.files import cells
from rfm_service.sources.files.mapping import DAY, FIELDS, LINE, PLACE, PRICE, SALE, Condition, Mapping
from rfm_service.sources.lines import LineReader

ROW = "row"
"""Under this name a row holds the whole line as it stood in the file."""

LARGEST_ROW = 1 << 20
KOPECK, THOUSANDTH = Decimal("0.01"), Decimal("0.001")
ENCODER = msgspec.json.Encoder(decimal_format="number")
CLEANED: dict[str, Callable[[Any], str | None]] = {
    **dict.fromkeys(("sale_id", "order_id", "buyer", "site_id", "product", "product_category"), cells.name),
    **dict.fromkeys(("contractor", "feature", "address", "cash_flow_type"), cells.text),
}
EQUALITIES = {"=", "!="}
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Cells = Sequence[Any]
Known = dict[str, str]
"""What texts are made of besides cells: DAY and LINE."""

Getter = Callable[[Cells, Known], Any]
"""A cell of a line, or a text made of several."""


def reader_of(mapping: Mapping, operations: Operations, zone: ZoneInfo) -> LineReader:
    """What reads the rows. `operations` are those of the settings."""
    return LineReader({name: name for name in FIELDS}, mapping.operations_or(operations), zone)


class Rows:
    """Makes the rows of one table. `newest` is the last day that can be. Raises FileUnusable."""

    def __init__(self, mapping: Mapping, columns: list[str], path: Path, zone: ZoneInfo, newest: int) -> None:
        self._path = path
        self._columns = columns
        self._mapping = mapping
        self._places = places_of(columns)
        self._days = cells.Days(mapping.values, zone, newest)
        self._empty = frozenset(mapping.values.empty)
        self._decimal = mapping.values.decimal
        self._money = cells.FACTORS[mapping.values.money]
        self._pieces = cells.FACTORS[mapping.values.quantity]
        getters = {field: self._getter(field) for field in (*FIELDS, PRICE)}
        self._date, self._order_date, self._quantity, self._sum, self._price = (
            getters[field] for field in ("date", "order_date", "quantity", "sum", PRICE)
        )
        constants = {field: text for field in CLEANED if (text := self._constant(field)) is not None}
        self._blank: dict[str, Any] = dict.fromkeys(FIELDS) | constants
        self._texts = [(field, getters[field], clean) for field, clean in CLEANED.items() if field not in constants]
        self._conditions = [self._condition(one) for one in mapping.conditions]

    def wanted(self, line: Cells) -> bool:
        """Whether all conditions of `only` hold."""
        return all(holds(line) for holds in self._conditions)

    def row(self, line: Cells, number: int) -> tuple[int, bytes]:
        """The line's day, or NOT_GIVEN, and its row as JSON. What cannot be read stays as it is: it will be refused.

        number: of the line in its file, from 1.
        """
        wire = self._blank.copy()
        if len(line) != len(self._columns):
            wire["date"] = wire[ROW] = line
            return values.NOT_GIVEN, self._encoded(wire)
        known = {LINE: str(number)}
        written = self._date(line, known)
        day = self._days[written]
        date = cells.text(written) if day == values.NOT_GIVEN else date_of(day).isoformat()
        wire["date"] = date
        known[DAY] = date or ""
        ordered = self._days[self._order_date(line, known)]
        if ordered != values.NOT_GIVEN:
            wire["order_date"] = date_of(ordered).isoformat()
        for field, getter, clean in self._texts:
            wire[field] = clean(getter(line, known))
        self._measure(line, known, wire)
        wire[ROW] = dict(zip(self._columns, line, strict=True))
        return day, self._encoded(wire)

    def _measure(self, line: Cells, known: Known, wire: dict[str, Any]) -> None:
        quantity = self._number(self._quantity(line, known), "quantity", wire)
        price = self._number(self._price(line, known), "sum", wire)
        amount = self._number(self._sum(line, known), "sum", wire)
        if quantity is not None:
            wire["quantity"] = (quantity * self._pieces).quantize(THOUSANDTH, ROUND_HALF_UP)
            amount = amount if price is None else price * quantity
        if amount is not None:
            wire["sum"] = (amount * self._money).quantize(KOPECK, ROUND_HALF_UP)

    def _number(self, cell: Any, field: str, wire: dict[str, Any]) -> Decimal | None:
        """A number; what is none stays, in quotation marks: an ERP's number is written otherwise than the file's."""
        try:
            return cells.number(cell, self._decimal)
        except ValueError:
            wire[field] = f'"{cells.text(cell)}"'
            return None

    def _constant(self, field: str) -> str | None:
        """The text of a field that is the same in every line."""
        text = self._mapping.texts.get(field, SALE if field == "cash_flow_type" else "")
        return None if PLACE.search(text) or self._place_of(field) is not None else text

    def _getter(self, field: str) -> Getter:
        place, constant, empty = self._place_of(field), self._constant(field), self._empty
        if place is not None:
            return lambda line, _: None if line[place] in empty else line[place]
        return self._made(self._mapping.texts[field]) if constant is None else lambda line, _: constant

    def _made(self, text: str) -> Getter:
        places = {name: self._place(name) for name in PLACE.findall(text) if name not in {DAY, LINE}}

        def made(line: Cells, known: Known) -> str:
            def put(found: re.Match[str]) -> str:
                name = found[1]
                return cells.name(line[places[name]]) or "" if name in places else known.get(name, "")

            return PLACE.sub(put, text)

        return made

    def _condition(self, wanted: Condition) -> Callable[[Cells], bool]:
        place, compare, decimal = self._place(wanted.column), SIGNS[wanted.sign], self._decimal
        if wanted.sign in EQUALITIES:
            own = folded(wanted.value)
            return lambda line: len(line) <= place or compare(folded(cells.name(line[place]) or ""), own)
        limit = Decimal(wanted.value)

        def holds(line: Cells) -> bool:
            try:
                found = cells.number(line[place], decimal)
            except (ValueError, IndexError):
                return True  # whatever cannot be read is set aside later, not left out
            return found is None or compare(found, limit)

        return holds

    def _place(self, name: str) -> int:
        """Where a field of ours stands, or a column."""
        place = self._place_of(name) if name in self._mapping.columns else self._places.get(folded(name))
        if place is None:
            raise self._missing([name])
        return place

    def _place_of(self, field: str) -> int | None:
        """None: it has no column, and may have none."""
        names = self._mapping.names_of(field)
        place = next((self._places[folded(name)] for name in names if folded(name) in self._places), None)
        if place is None and all(names):
            raise self._missing(names)
        return place

    def _missing(self, names: Sequence[str]) -> FileUnusable:
        wanted = " / ".join(name for name in names if name)
        near = difflib.get_close_matches(wanted, self._columns, n=1)
        return FileUnusable(
            "{0} has no column {1} (nearest: {2}). Its columns: {3}. Is it the right mapping? `import --guess {0}`"
            " proposes one. Nothing was imported.",
            self._path.name,
            wanted,
            *(near or ["-"]),
            ", ".join(self._columns)[:400],
        )

    def _encoded(self, wire: dict[str, Any]) -> bytes:
        row = ENCODER.encode(wire)
        if len(row) > LARGEST_ROW:
            raise FileUnusable(
                "{0} has a line of {1} MiB, its date is {2}: no sale is so long. Mend it, or leave the line out."
                " Nothing was imported.",
                self._path.name,
                len(row) >> 20,
                date if isinstance(date := wire["date"], str) else "-",
            )
        return row


def places_of(columns: Sequence[str]) -> dict[str, int]:
    """Where each column that has a name stands, by its folded name; of two that are called the same the first."""
    return {folded(name): place for place, name in reversed(list(enumerate(columns))) if name}


def folded(text: str) -> str:
    """A name as names are compared: without letter case, ё and extra spaces."""
    return " ".join(text.split()).casefold().replace("ё", "е")
