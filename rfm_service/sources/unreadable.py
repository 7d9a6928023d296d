"""What cannot be read of a line, and how that is found out."""

import msgspec

from rfm_service.kinds import Verdict
from rfm_service.sources import values


class Unreadable(Exception):
    """A line cannot be read: `Unreadable(verdict, field)`."""


def measured(value: values.Number, scale: int, field: str) -> int:
    """A number times `scale`. Raises Unreadable for what is none, or is not given."""
    try:
        whole = values.scaled(value, scale)
    except (ValueError, TypeError):
        raise Unreadable(Verdict.MALFORMED, field) from None
    if whole is None:
        raise Unreadable(Verdict.INCOMPLETE, field)
    return whole


def kopecks_in(value: object) -> int:
    """The kopecks of a line that was refused, for the accounts; 0 where they cannot be read."""
    try:
        return abs(values.scaled(msgspec.convert(value, values.Number), 100) or 0)
    except (msgspec.MsgspecError, ValueError):
        return 0
