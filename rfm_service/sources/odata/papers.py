"""The documents behind the rows of a register: their numbers, and the sales they are about. Read anew every time."""

import logging
from collections.abc import Iterable
from typing import NamedTuple

from rfm_service.settings import OData, ODataDocument
from rfm_service.sources.odata.bases import NO_BASE, Bases, bases_of
from rfm_service.sources.odata.pages import Torn
from rfm_service.sources.odata.queries import Query, during, selected
from rfm_service.sources.odata.service import Service
from rfm_service.sources.odata.wire import Ref, Row, text

UNLISTED = ODataDocument(entity="", kind="sale", parts=[])

log = logging.getLogger(__name__)


class Paper(NamedTuple):
    """What a document says of itself."""

    number: str
    address: str
    bases: Bases


class Papers:
    """Documents by reference."""

    def __init__(self, service: Service, odata: OData) -> None:
        self._service = service
        self._odata = odata
        self._kinds = {kind.entity: kind for kind in odata.documents}

    def read(self, documents: Iterable[Ref]) -> dict[Ref, Paper]:
        """All of these. Raises Torn when one is not there any more."""
        by_entity: dict[str, set[str]] = {}
        for entity, key in documents:
            by_entity.setdefault(entity, set()).add(key)
        papers: dict[Ref, Paper] = {}
        for entity, keys in by_entity.items():
            papers |= self._of_entity(entity, keys) if entity else _unpublished(keys)
        return papers

    def _of_entity(self, entity: str, keys: set[str]) -> dict[Ref, Paper]:
        kind = self._kinds.get(entity, UNLISTED)
        found = self._service.find(entity, self._select(kind), keys)
        if found.keys() < keys:
            raise Torn
        return {Ref(entity, key): self._paper(row, kind) for key, row in found.items()}

    def needs(self, day: int) -> list[Query]:
        """Every kind of question that is asked about a day."""
        return [Query(entity, self._select(kind), during("Date", day)) for entity, kind in self._kinds.items()]

    def _select(self, kind: ODataDocument) -> tuple[str, ...]:
        lines = kind.parts if kind.kind == "return" else []
        return ("Number", *self._address(kind), *selected(kind.base), *selected(kind.receipt), *lines)

    def _paper(self, row: Row, kind: ODataDocument) -> Paper:
        address = "".join(text(row, field) for field in self._address(kind))
        return Paper(text(row, "Number"), address, bases_of(row, kind, self._odata.fields))

    def _address(self, kind: ODataDocument) -> list[str]:
        is_sale = bool(kind.entity) and kind.kind == "sale"
        return [self._odata.fields.address] if is_sale and self._odata.fields.address else []


def _unpublished(keys: Iterable[str]) -> dict[Ref, Paper]:
    """Documents of a type that is not published stand for themselves: their key is their number."""
    papers = {Ref("", key): Paper(key, "", Bases(NO_BASE, [], UNLISTED, OData().fields)) for key in keys}
    log.warning("%d documents are of a type that 1C does not publish: their numbers are unknown.", len(papers))
    return papers
