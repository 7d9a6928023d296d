"""Values as OData writes them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from rfm_service.errors import BadAnswer

EMPTY_KEY = "00000000-0000-0000-0000-000000000000"
PUBLISHED = "StandardODATA"
UNPUBLISHED = "UnavailableEntities"
NOTHING = "Undefined"

Row = Mapping[str, Any]


class Ref(NamedTuple):
    """An object of 1C. Both empty: none. Without an entity: of a type that is not published."""

    entity: str
    key: str


NO_REF = Ref("", "")


def is_zero(value: object) -> bool:
    """Zero, or nothing at all, however it is written."""
    return value in (0, "0", "", None)


def text(row: Row, field: str) -> str:
    """What is written in a field; nothing where there is none."""
    value = row.get(field)
    return value if isinstance(value, str) else ""


def table(row: Row, field: str) -> list[Row]:
    """The lines in a field of an object."""
    try:
        lines: list[Row] = msgspec.convert(row.get(field), list[dict[str, Any]])
    except msgspec.ValidationError:
        raise BadAnswer("{0} of the ERP's objects is no table of lines. Check [erp.odata].", field) from None
    return lines


def ref(row: Row, field: str, entity: str = "") -> Ref:
    """The reference in a field: `X_Key` is to an entity that is known, `X` says in `X_Type` what it is."""
    key = text(row, field)
    if key in {"", EMPTY_KEY}:
        return NO_REF
    if field.endswith("_Key"):
        return Ref(entity, key)
    space, _, name = text(row, f"{field}_Type").partition(".")
    if space == UNPUBLISHED:
        return Ref("", key)
    return Ref(name, key) if space == PUBLISHED and name != NOTHING else NO_REF
