"""From the rows of an entity to the rows of an answer: filtered, in order, cut, and only the fields asked for."""

from collections.abc import Iterable
from random import Random
from typing import Any

from rfm_service.demo.odata.asked import Asked
from rfm_service.demo.odata.entities import Entity
from rfm_service.demo.odata.filters import WHOLE, Filter, Row, check, days_of, keys_of, parse
from rfm_service.demo.odata.refusals import unknown_segment, unreadable_option
from rfm_service.demo.odata.wanted import Wanted
from rfm_service.demo.odata.world import World


def matching(world: World, entity: Entity, asked: Asked) -> list[Row]:
    """Every row that the filter lets through. Raises Refusal."""
    condition = parse(asked.option("$filter"))
    check(condition, entity.sample)
    return [row for row in entity.rows(world, wanted_by(condition, entity)) if condition.holds(row)]


def wanted_by(condition: Filter, entity: Entity) -> Wanted:
    """The days and keys that a filter can be about."""
    return Wanted(*days_of(condition), keys_of(condition, entity.key))


def page(rows: list[Row], entity: Entity, asked: Asked) -> list[Row]:
    """The rows of one page. Rows that `$orderby` does not tell apart come in another order on every page, as 1C's do.

    Raises Refusal.
    """
    order = list(_order(entity, asked.option("$orderby")))
    skip, top = _number(asked, "$skip"), _number(asked, "$top")
    paged = not asked.everything and (skip is not None or top is not None)
    if paged:
        rows = Random(skip or 0).sample(rows, len(rows))
    for field, backwards in reversed(order):
        rows = sorted(rows, key=lambda row: _sortable(row, field), reverse=backwards)
    if paged:
        rows = rows[skip or 0 :][:top]
    return selected(rows, entity.sample, asked.option("$select"))


def selected(rows: list[Row], sample: Row, text: str) -> list[Row]:
    """Rows with the fields of `$select`; `**` is all but tabular parts. Raises Refusal for a field the sample lacks."""
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    if not wanted or "*" in wanted:
        return rows
    plain = [field for field, value in sample.items() if not isinstance(value, list)]
    for name in wanted:
        if name != "**" and name not in sample:
            raise unknown_segment(name)
    fields = list(dict.fromkeys(field for name in wanted for field in (plain if name == "**" else [name])))
    return [{field: row[field] for field in fields} for row in rows]


def _number(asked: Asked, name: str) -> int | None:
    text = asked.options.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise unreadable_option(name)
    return int(text)


def _order(entity: Entity, text: str) -> Iterable[tuple[str, bool]]:
    for item in filter(None, (part.split() for part in text.split(","))):
        field, *direction = item
        if field not in entity.sample:
            raise unknown_segment(field)
        if direction not in ([], ["asc"], ["desc"]):
            raise unreadable_option("$orderby")
        yield field, direction == ["desc"]


def _sortable(row: Row, field: str) -> Any:
    return int(row[field]) if field in WHOLE else row[field]
