"""Damage is found, whatever was touched; a sound store is called sound, and stays as it was."""

import sqlite3

import pytest

from rfm_service.kinds import Verdict
from rfm_service.records import Refused
from rfm_service.store import verify

from .builders import GIFT_BELOW, answer, contents, on, returned, sale, write

MONDAY, TUESDAY = on("2026-11-09"), on("2026-11-10")


@pytest.fixture(autouse=True)
def _two_days(store: sqlite3.Connection) -> None:
    goods = sale(MONDAY, ("tea", 2000, 200_00), ("cup", 1000, 50_00))
    refused = [Refused(Verdict.MALFORMED, "sum", 77, "{}")]
    write(
        store,
        answer(MONDAY, goods, sale(MONDAY, buyer="Boris"), refused=refused),
        answer(TUESDAY, returned(TUESDAY, ("tea", 1000, 100_00))),
    )


def test_a_sound_store_is_sound(store: sqlite3.Connection) -> None:
    before = contents(store)
    assert verify.damages(store) == []
    assert verify.unbalanced_days(store) == []
    assert verify.wrong_orders(store, GIFT_BELOW) == 0
    assert contents(store) == before
    assert not store.in_transaction


def test_an_empty_store_is_sound(store: sqlite3.Connection) -> None:
    write(store, answer(MONDAY), answer(TUESDAY))
    assert (verify.damages(store), verify.unbalanced_days(store)) == ([], [])
    assert verify.wrong_orders(store, GIFT_BELOW) == 0


@pytest.mark.parametrize(
    ("damage", "day"),
    [
        ("UPDATE line SET amount = amount + 1 WHERE position = 0 AND day = {monday}", MONDAY),
        ("UPDATE line SET verdict = 2 WHERE position = 0 AND day = {tuesday}", TUESDAY),
        ("DELETE FROM line WHERE day = {tuesday}", TUESDAY),
        ("UPDATE document SET kind = 1 WHERE day = {tuesday}", TUESDAY),
        ("UPDATE quarantine SET amount = 0", MONDAY),
        ("DELETE FROM quarantine", MONDAY),
        ("UPDATE ledger SET lines = lines + 1 WHERE day = {tuesday}", TUESDAY),
        ("UPDATE ledger SET amount = amount - 1 WHERE day = {monday}", MONDAY),
        ("DELETE FROM ledger WHERE day = {monday}", MONDAY),
        ("UPDATE day_account SET amount = amount + 1 WHERE day = {tuesday}", TUESDAY),
        ("DELETE FROM day_account WHERE day = {tuesday}", TUESDAY),
        ("INSERT INTO day_account VALUES ({tuesday}, 1, 1, 0, 0)", TUESDAY),
    ],
)
def test_a_day_that_does_not_add_up_is_named(store: sqlite3.Connection, damage: str, day: int) -> None:
    store.execute(damage.format(monday=MONDAY, tuesday=TUESDAY))
    assert verify.unbalanced_days(store) == [day]


@pytest.mark.parametrize(
    ("damage", "rows"),
    [
        ("DELETE FROM orders WHERE items = 2", 1),
        ("UPDATE orders SET amount = amount + 1 WHERE items = 2", 2),  # one that should not be there, one that should
        ("UPDATE orders SET items = 0 WHERE items = 2", 2),
        ("UPDATE orders SET purchase = 0", 4),
        ("INSERT INTO orders VALUES (1, 1, 1, 1, 1, 1)", 1),
        ("UPDATE line SET amount = amount + 1 WHERE quantity = 2000", 4),
        ("UPDATE document SET order_id = NULL WHERE kind = 2", 2),  # inferred now
    ],
)
def test_orders_that_differ_are_counted(store: sqlite3.Connection, damage: str, rows: int) -> None:
    store.execute(damage)
    before = contents(store)
    assert verify.wrong_orders(store, GIFT_BELOW) == rows
    assert contents(store) == before


def test_a_missing_parent_is_damage(store: sqlite3.Connection) -> None:
    store.execute("PRAGMA foreign_keys = OFF")
    store.execute("DELETE FROM product WHERE name = 'cup'")
    assert verify.damages(store) == ["line refers to a missing product"]


def test_broken_pages_are_damage(store: sqlite3.Connection) -> None:
    store.execute("PRAGMA writable_schema = ON")
    store.execute("UPDATE sqlite_schema SET sql = replace(sql, 'ON document (day)', 'ON document (kind)')")
    store.execute("PRAGMA writable_schema = RESET")
    assert any("document_by_day" in damage for damage in verify.damages(store))


@pytest.mark.parametrize(
    "damage",
    ["DELETE FROM return_match", "UPDATE return_match SET amount = amount + 1"],
    ids=["a match is gone", "a match says another amount"],
)
def test_wrong_matches_of_returns_are_found(store: sqlite3.Connection, damage: str) -> None:
    store.execute(damage)
    assert verify.wrong_orders(store, GIFT_BELOW) > 0
