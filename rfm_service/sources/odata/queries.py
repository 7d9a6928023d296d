"""Questions to the OData interface, as URLs."""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

from rfm_service.clock import date_of
from rfm_service.sources.odata.wire import EMPTY_KEY

LONGEST_URL = 2000
"""Bytes. IIS refuses a query over 2048."""
MOST_KEYS = 20
OR = " or "
SAFE = "()':,/;="


class Query(NamedTuple):
    """Rows of an entity. `top` 0 means all."""

    entity: str
    select: tuple[str, ...]
    where: str = ""
    order: str = ""
    skip: int = 0
    top: int = 0

    def url(self, root: str, form: str) -> str:
        """The address of this question."""
        options = {"format": form, "select": ",".join(self.select), "filter": self.where, "orderby": self.order}
        if self.top:
            options |= {"top": str(self.top), "skip": str(self.skip)}
        written = (f"${name}={quote(value, safe=SAFE)}" for name, value in options.items() if value)
        return f"{root.rstrip('/')}/{quote(self.entity, safe=SAFE)}?{'&'.join(written)}"


def during(field: str, day: int) -> str:
    """The filter of a day: from its first second to that of the next, excluded."""
    return f"{field} ge {moment(day)} and {field} lt {moment(day + 1)}"


def moment(day: int, time: str = "00:00:00") -> str:
    """A time of a day as a literal."""
    return f"datetime'{date_of(day).isoformat()}T{time}'"


def one_of(keys: Iterable[str]) -> str:
    """The filter of objects with these keys."""
    return OR.join(f"Ref_Key eq guid'{key}'" for key in keys)


def batches(keys: Collection[str], room: int) -> Iterator[list[str]]:
    """The keys in order, so many at a time as filters of `room` bytes hold."""
    wanted = sorted(keys)
    size = max(1, min(MOST_KEYS, room // len(quote(OR + one_of([EMPTY_KEY]), safe=SAFE))))
    for start in range(0, len(wanted), size):
        yield wanted[start : start + size]


def selected(field: str) -> tuple[str, ...]:
    """What to select for a field: a reference of several types comes with its type."""
    if not field:
        return ()
    return (field,) if field.endswith("_Key") else (field, f"{field}_Type")
