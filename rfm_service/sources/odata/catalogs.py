"""What the ERP's catalogs say of keys: asked for once, remembered for a while."""

import logging
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from rfm_service.sources import Catalog
from rfm_service.sources.odata.service import Service
from rfm_service.sources.odata.wire import Ref, Row

log = logging.getLogger(__name__)


class Catalogs:
    """Objects of catalogs by their keys, out of memory where it knows them."""

    def __init__(self, service: Service, memory: Catalog) -> None:
        self._service = service
        self._memory = memory

    def objects(self, entity: str, fields: Collection[str], keys: Iterable[str]) -> dict[str, Row]:
        """The objects with these keys; those that the ERP has lost are left out."""
        wanted = set(keys) - {""}
        known = self._known(entity, fields, wanted)
        unknown = wanted - known.keys()
        return known | self._asked(entity, fields, unknown) if unknown else known

    def renewed(
        self, entity: str, fields: Collection[str], keys: Collection[str], kept: Collection[str]
    ) -> dict[str, Row]:
        """The objects with these keys as they are now; of each the fields `kept` are remembered."""
        found = self._service.find(entity, fields, keys)
        self._memory.remember(entity, {key: _written(row, kept) for key, row in found.items()})
        return found

    def of(self, refs: Iterable[Ref], fields: Collection[str]) -> dict[Ref, Row]:
        """The objects that these references lead to."""
        keys: dict[str, set[str]] = {}
        for entity, key in refs:
            keys.setdefault(entity, set()).add(key)
        return {
            Ref(entity, key): row
            for entity, wanted in keys.items()
            if entity
            for key, row in self.objects(entity, fields, wanted).items()
        }

    def _asked(self, entity: str, fields: Collection[str], keys: Collection[str]) -> dict[str, Row]:
        found = self._service.find(entity, fields, keys)
        self._memory.remember(entity, {key: _written(row, fields) for key, row in found.items()})
        if len(found) < len(keys):
            log.warning("%d references to %s lead nowhere.", len(keys) - len(found), entity)
        return found

    def _known(self, entity: str, fields: Collection[str], keys: Collection[str]) -> dict[str, Row]:
        """Of these, those remembered with all the fields."""
        remembered: dict[str, dict[str, Any]] = {
            key: msgspec.json.decode(written) for key, written in self._memory.known(entity, keys).items()
        }
        return {key: row for key, row in remembered.items() if set(fields) <= row.keys()}


def _written(row: Row, fields: Collection[str]) -> str:
    return msgspec.json.encode({field: row[field] for field in fields}).decode()
