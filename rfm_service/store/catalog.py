"""What is remembered of the ERP's catalogs between nights."""

import sqlite3
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import msgspec

from rfm_service.clock import stamp
from rfm_service.records import to_json
from rfm_service.store.connection import transaction
from rfm_service.store.forgetting import Marks

REMEMBERED = timedelta(days=14)
"""A partner or product that was renamed, or is of another category now, is noticed within so many days."""


class CatalogTable:
    """The table `catalog_entry` as it is at one moment. Implements `sources.Catalog`."""

    def __init__(self, store: sqlite3.Connection, moment: datetime) -> None:
        self._store = store
        self._now = stamp(moment)
        self._oldest = stamp(moment - REMEMBERED)
        self._marks = Marks(store)

    def known(self, entity: str, keys: Collection[str]) -> dict[str, str]:
        """Of these keys, those that are remembered and not too old."""
        return dict(
            self._store.execute(
                "SELECT key, fields FROM catalog_entry"
                " WHERE entity = ? AND fetched_at > ? AND key IN (SELECT value FROM json_each(?))",
                (entity, self._oldest, to_json(sorted(keys))),
            )
        )

    def remember(self, entity: str, fields: Mapping[str, str]) -> None:
        """Keep these, but for the cards of those who were erased."""
        with transaction(self._store):
            self._store.executemany(
                "INSERT OR REPLACE INTO catalog_entry VALUES (?, ?, ?, ?)",
                (
                    (entity, key, written, self._now)
                    for key, written in fields.items()
                    if not (self._marks and self._marks.holds([key, msgspec.json.decode(written)]))
                ),
            )
