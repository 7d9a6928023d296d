"""What is published: the rows of every entity, and the fields they have."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from rfm_service.demo.book import Book
from rfm_service.demo.documents import CORRECTION, RETURN, SALE, Card, Document, Line
from rfm_service.demo.odata.catalogues import CATALOGUES
from rfm_service.demo.odata.documents import DOCUMENTS
from rfm_service.demo.odata.filters import Row
from rfm_service.demo.odata.register import RECORDS, records
from rfm_service.demo.odata.wanted import Wanted
from rfm_service.demo.odata.world import World

Rows = Callable[[World, Wanted], Iterator[Row]]


class Entity(NamedTuple):
    """A published table. `key` is the field its rows are found by; all rows have the fields of the sample."""

    name: str
    key: str
    rows: Rows
    sample: Row


def _sample() -> World:
    """A world with one thing of each sort, so that every entity has a row to show its fields by."""
    line = Line("Кружка", "белый", 1_000, 100_00)
    sale = Document(SALE, "1", 20_000, 0, "1", 20_000, "Ёлки", "Ёлки", 1, "", (line,))
    others = (Document(operation, "1", 20_000, 0, "", -1, "Ёлки", "Ёлки", 1, "", (line,)) for operation in OTHERS)
    return World(Book([sale, *others], [Card("Ёлки", "zakaz@elki.example", "Опт", "Белова Анна")]))


OTHERS = (RETURN, CORRECTION)
SAMPLE = _sample()


def _entity(name: str, key: str, rows: Rows) -> Entity:
    return Entity(name, key, rows, next(rows(SAMPLE, Wanted())))


ENTITIES: dict[str, Entity] = {
    RECORDS: _entity(RECORDS, "Recorder", records),
    **{name: _entity(name, "Ref_Key", rows) for name, rows in (CATALOGUES | DOCUMENTS).items()},
}
