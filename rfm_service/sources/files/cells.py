"""Single values of a file in the words of the house: dates by their forms, numbers in roubles and pieces, texts."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from rfm_service.clock import day_of
from rfm_service.sources import values
from rfm_service.sources.files.mapping import DAYS_SINCE, ValueForm

EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  a sheet knows no time zones
REMEMBERED = 100_000
FACTORS = {
    "roubles": Decimal(1),
    "pieces": Decimal(1),
    "kopecks": Decimal("0.01"),
    "thousandths": Decimal("0.001"),
    "thousands": Decimal(1000),
}
"""How many roubles or pieces one of the unit is."""

CURRENCIES = dict.fromkeys(map(ord, "$€£¥₽₴₸")) | {ord("\N{MINUS SIGN}"): "-"}
SEPARATORS = {"": CURRENCIES, ".": CURRENCIES | {ord(","): None}, ",": CURRENCIES | {ord("."): None}}
OTHER_SIGN: dict[str, Literal[".", ","]] = {".": ",", ",": "."}
GROUPS = {
    decimal: re.compile(rf"[^\d.,]*[1-9]\d{{0,2}}(\{sign}\d{{2,3}})*\{sign}\d{{3}}(\{decimal}\d*)?[^\d.,]*")
    for decimal, sign in OTHER_SIGN.items()
}
"""A number whose thousands are set apart by the sign that is not the decimal one; the last group is of three digits."""

IN_BRACKETS = re.compile(r"\((.+)\)")
TIME = re.compile("%[HIXc]")
WHOLE = re.compile(r"(\d+)\.0")
LARGEST_EXPONENT = 10
LAST_SECOND = 10**11
"""Of the year 5138; more are milliseconds, or microseconds."""


class Days(dict[Any, int]):
    """The day of each date in a file; NOT_GIVEN for what is none, or is later than `newest`."""

    def __init__(self, form: ValueForm, zone: ZoneInfo, newest: int) -> None:
        super().__init__()
        self._readers = [_reader(text) for text in form.dates]
        self._from = ZoneInfo(form.timezone) if form.timezone else None
        self._zone = zone
        self._newest = newest

    def __missing__(self, cell: Any) -> int:
        if len(self) > REMEMBERED:
            self.clear()
        self[cell] = day = self._day(cell)
        return day

    def _day(self, cell: Any) -> int:
        for read in self._readers:
            try:
                moment = cell if isinstance(cell, date) else read(cell)
                day = self._day_of(moment)
            except (ValueError, OverflowError):
                continue
            return day if day <= self._newest else values.NOT_GIVEN
        return values.NOT_GIVEN

    def _day_of(self, moment: date) -> int:
        if isinstance(moment, datetime):
            if self._from and not moment.tzinfo:
                moment = moment.replace(tzinfo=self._from)
            if moment.tzinfo:
                moment = moment.astimezone(self._zone)
        if moment.year < values.FIRST_YEAR:
            raise ValueError("too early")
        return day_of(moment)


def _iso(cell: Any) -> date:
    text = str(cell).strip()
    return date.fromisoformat(text) if len(text) <= len("2026-11-19") else datetime.fromisoformat(text)


def _since(first: datetime) -> Callable[[Any], date]:
    return lambda cell: first + timedelta(days=float(str(cell).replace(",", ".")))


def _unix(cell: Any) -> date:
    seconds = float(str(cell))
    while seconds > LAST_SECOND:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)


def _pattern(text: str) -> Callable[[Any], date]:
    def read(cell: Any) -> date:
        moment = datetime.strptime(str(cell).strip(), text)  # noqa: DTZ007  the mapping says of what zone it is
        return moment if TIME.search(text) else moment.date()

    return read


_READERS: dict[str, Callable[[Any], date]] = {"iso": _iso, "excel": _since(EXCEL_EPOCH), "unix": _unix}


def _reader(form: str) -> Callable[[Any], date]:
    if days := DAYS_SINCE.fullmatch(form):
        return _since(datetime.fromisoformat(days[1]))
    return _READERS.get(form) or _pattern(form)


@lru_cache(REMEMBERED, typed=True)
def number(cell: Any, decimal: str) -> Decimal | None:
    """A number, or None for an empty cell. Raises ValueError for what is none."""
    if cell is None:
        return None
    text = str(cell)
    if isinstance(cell, str):
        if decimal and OTHER_SIGN[decimal] in text and not GROUPS[decimal].fullmatch(text):
            raise ValueError("not a number")
        text = IN_BRACKETS.sub(r"-\1", "".join(text.split()).translate(SEPARATORS[decimal]).replace(",", "."))
    if not text:
        return None
    try:
        found = Decimal(text)
    except ArithmeticError:
        raise ValueError("not a number") from None
    if not found.is_finite() or found.adjusted() > LARGEST_EXPONENT:
        raise ValueError("not a number")
    return found


def text(cell: Any) -> str | None:
    """A cell as text. What stands there is cleaned later, like a text of the ERP."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return values.text(cell) if isinstance(cell, (int, float)) else str(cell)


def name(cell: Any) -> str | None:
    """A name or a number that something is known by: 17850.0 is what tables make of 17850."""
    plain = text(cell)
    whole = WHOLE.fullmatch(plain) if plain and plain.endswith(".0") else None
    return whole[1] if whole else plain
