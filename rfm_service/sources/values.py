"""Single values as 1C writes them, read strictly."""

import unicodedata
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from rfm_service.clock import day_of

NOT_GIVEN = -1
LONGEST_TEXT = 512
LONGEST_READ = 64 * LONGEST_TEXT
LARGEST = 10**12
BEYOND = Decimal(LARGEST + 1)
FIRST_YEAR = 1990
"""An earlier date is one that nobody gave: 1753, 1899, 1970, 1980 are beginnings of calendars."""

Number = int | float | str | None


def scaled(value: Number, scale: int) -> int | None:
    """A number times `scale` as an integer, or None for "not given": 12.5 roubles × 100 → 1250 kopecks.

    Text is read too: `1 234,56`. Raises ValueError for what is no number or is over 10^12 after scaling.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        whole = _scaled_text(value, scale)
    elif -LARGEST <= value <= LARGEST:
        whole = round(value * scale)
    else:
        raise ValueError("too large")
    if -LARGEST <= whole <= LARGEST:
        return whole
    raise ValueError("too large")


def _scaled_text(value: str, scale: int) -> int:
    try:
        number = Decimal("".join(value.split()).replace(",", ".")) * scale
        return int(max(-BEYOND, min(number, BEYOND)).to_integral_value(ROUND_HALF_UP))
    except (ArithmeticError, ValueError):
        raise ValueError("not a number") from None


def text(value: str | int | float | None) -> str:
    """A name or a number as clean text: composed, one line, no control or direction marks, at most 512 characters."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    plain = unicodedata.normalize("NFC", str(value))
    if not plain.isprintable():
        plain = unicodedata.normalize("NFC", "".join(_visible(sign) for sign in plain[:LONGEST_READ]))
    return " ".join(plain.split())[:LONGEST_TEXT].rstrip()


def _visible(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in {"Cf", "Cs", "Co", "Cn"}:
        return ""
    return " " if category in {"Cc", "Zs", "Zl", "Zp"} else sign


def day(value: str | None, zone: ZoneInfo) -> int:
    """The day of a 1C date; a date with an offset is moved to the ERP's zone. The empty date gives NOT_GIVEN.

    Raises ValueError for what is no date, or is before FIRST_YEAR.
    """
    if not value or value.startswith(("0001-", "0000-")):
        return NOT_GIVEN
    moment = datetime.fromisoformat(value)
    if moment.tzinfo:
        moment = moment.astimezone(zone)
    if moment.year < FIRST_YEAR:
        raise ValueError("too early")
    return day_of(moment)
