"""Old sales go, oldest first, with the names that nothing else needs; what stays adds up."""

import sqlite3
from datetime import timedelta

import pytest

from rfm_service.store import verify
from rfm_service.store.retention import drop_days_before, is_plausible

from .builders import GIFT_BELOW, MOMENT, answer, bought, on, returned, sale, write

OLD, NEW = on("2026-11-02"), on("2026-11-09")


@pytest.fixture(autouse=True)
def _days(store: sqlite3.Connection) -> None:
    write(
        store,
        answer(OLD, sale(OLD, buyer="Vera", number="7", order="V"), sale(OLD)),
        answer(NEW, sale(NEW, order="B", number="2"), returned(NEW, ("tea", 1000, 100_00))),
    )


def test_old_days_go_and_the_rest_adds_up(store: sqlite3.Connection) -> None:
    assert drop_days_before(store, NEW, GIFT_BELOW) == 1
    assert [day for day, *_ in bought(store)] == [NEW]
    assert store.execute("SELECT name FROM customer").fetchall() == [("Anna",)]
    assert b"Vera" not in store.serialize()
    assert verify.troubles(store) == []
    assert verify.wrong_orders(store, GIFT_BELOW) == 0
    assert drop_days_before(store, NEW, GIFT_BELOW) == 0


def test_a_day_that_comes_back_is_a_day(store: sqlite3.Connection) -> None:
    before = bought(store)
    drop_days_before(store, NEW, GIFT_BELOW)
    write(store, answer(OLD, sale(OLD, buyer="Vera", number="7", order="V"), sale(OLD)))
    assert sorted(bought(store)) == sorted(before)


@pytest.mark.parametrize(
    ("days", "plausible"), [(0, True), (399, True), (401, False), (-1, False), (-9000, False), (9000, False)]
)
def test_a_clock_is_believed_near_the_last_reading(store: sqlite3.Connection, days: int, plausible: bool) -> None:
    assert is_plausible(store, MOMENT + timedelta(days=days)) is plausible


def test_an_empty_store_believes_no_clock(store: sqlite3.Connection) -> None:
    drop_days_before(store, NEW + 1, GIFT_BELOW)
    assert not is_plausible(store, MOMENT)
