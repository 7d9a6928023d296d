"""What is remembered of the ERP's catalogs, and for how long."""

import sqlite3
from datetime import UTC, datetime, timedelta

from rfm_service.store.catalog import CatalogTable

MOMENT = datetime(2026, 11, 20, 2, tzinfo=UTC)
PARTNERS = "Catalog_Партнеры"


def test_what_is_kept_is_known(store: sqlite3.Connection) -> None:
    catalog = CatalogTable(store, MOMENT)
    catalog.remember(PARTNERS, {"a": '{"Description":"Ёлки"}', "b": "{}"})
    assert catalog.known(PARTNERS, ["a", "c"]) == {"a": '{"Description":"Ёлки"}'}
    assert catalog.known("Catalog_Номенклатура", ["a"]) == {}
    assert catalog.known(PARTNERS, []) == {}


def test_the_last_word_counts(store: sqlite3.Connection) -> None:
    catalog = CatalogTable(store, MOMENT)
    catalog.remember(PARTNERS, {"a": "1"})
    catalog.remember(PARTNERS, {"a": "2"})
    assert catalog.known(PARTNERS, ["a"]) == {"a": "2"}


def test_after_two_weeks_it_is_unknown(store: sqlite3.Connection) -> None:
    CatalogTable(store, MOMENT).remember(PARTNERS, {"a": "1"})
    days = [CatalogTable(store, MOMENT + timedelta(days=days)).known(PARTNERS, ["a"]) for days in (13, 14)]
    assert days == [{"a": "1"}, {}]


def test_thousands_of_keys(store: sqlite3.Connection) -> None:
    catalog = CatalogTable(store, MOMENT)
    everything = {str(key): "{}" for key in range(50_000)}
    catalog.remember(PARTNERS, everything)
    assert catalog.known(PARTNERS, everything.keys()) == everything
