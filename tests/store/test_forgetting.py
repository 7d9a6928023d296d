"""An erased customer is a placeholder everywhere, for good; every total stays."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from rfm_service.records import Buyer, Kind, Refused, Verdict
from rfm_service.store import verify
from rfm_service.store.catalog import CatalogTable
from rfm_service.store.forgetting import find_customers, forget
from rfm_service.store.sales import customer_keys, update_buyers

from .builders import GIFT_BELOW, MOMENT, answer, document, on, rows, sale, write

MONDAY, TUESDAY = on("2026-11-09"), on("2026-11-10")
NAME, FIRM, OTHER = "Марфа Посадница", "ИП Посадница М. И.", "Boris"
TEA = ("tea", 2000, 200_00)
RAW = (
    '{"Партнер": "\\u041c\\u0430\\u0440\\u0444\\u0430 \\u041f\\u043e\\u0441\\u0430\\u0434\\u043d\\u0438\\u0446\\u0430"}'
)


def monday() -> object:
    own = document(Kind.SALE, MONDAY, TEA, buyer=NAME, contractor=FIRM, site_id="77-marfa", number="1")
    names_her = document(Kind.SALE, MONDAY, TEA, buyer=OTHER, contractor=NAME, site_id="5", number="2")
    return answer(MONDAY, own, names_her, refused=[Refused(Verdict.MALFORMED, "sum", 77, RAW)])


@pytest.fixture(autouse=True)
def _days(store: sqlite3.Connection) -> None:
    write(store, monday(), answer(TUESDAY, sale(TUESDAY, buyer=NAME)))  # type: ignore[arg-type]
    update_buyers(store, [Buyer(NAME, "marfa@novgorod.example", "VIP", "Садко")])
    catalog = CatalogTable(store, MOMENT)
    catalog.remember("Catalog_Партнеры", {"guid": f'{{"Description": "{NAME}"}}', "other": '{"Description": "Boris"}'})


def erase(store: sqlite3.Connection) -> str:
    (customer,) = find_customers(store, NAME.upper())
    forget(store, customer)
    return customer.placeholder


def texts(store: sqlite3.Connection) -> bytes:
    return store.serialize()


def test_no_byte_of_the_name_is_left(store: sqlite3.Connection) -> None:
    erase(store)
    content = texts(store)
    for text in (NAME, FIRM, "77-marfa", "marfa@novgorod.example", "\\u041c\\u0430\\u0440\\u0444"):
        for coding in ("utf-8", "utf-16-le", "utf-16-be"):
            assert text.encode(coding) not in content, (text, coding)
    assert b"Boris" in content


def test_totals_stay_and_everything_adds_up(store: sqlite3.Connection) -> None:
    before = [(row.day, row.amount, row.items, row.purchase) for row in rows(store)]
    placeholder = erase(store)
    after = rows(store)
    assert sorted((row.day, row.amount, row.items, row.purchase) for row in after) == sorted(before)
    assert {row.buyer for row in after} == {OTHER, placeholder}
    assert verify.troubles(store) == []
    assert verify.wrong_orders(store, GIFT_BELOW) == 0


def test_the_next_reading_does_not_bring_the_name_back(store: sqlite3.Connection) -> None:
    placeholder = erase(store)
    update_buyers(store, [Buyer(NAME, "marfa@novgorod.example", "VIP")])
    CatalogTable(store, MOMENT).remember("Catalog_Партнеры", {"guid": f'{{"Description": "{NAME}"}}'})
    write(store, monday(), answer(TUESDAY, sale(TUESDAY, buyer=f" {NAME.lower()} ")))  # type: ignore[arg-type]
    content = texts(store)
    for text in (NAME, NAME.lower(), FIRM, "77-marfa", "novgorod", "\\u041c\\u0430"):
        assert text.encode() not in content, text
    assert [row.buyer for row in rows(store)] == [OTHER, placeholder, placeholder]
    assert placeholder not in customer_keys(store)
    assert verify.troubles(store) == []


def test_a_namesake_with_a_key_of_his_own_is_somebody_else(store: sqlite3.Connection) -> None:
    (customer,) = find_customers(store, NAME)
    forget(store, customer)
    day = TUESDAY + 1
    lines = document(Kind.SALE, day, TEA, buyer=NAME, number="9")
    keyed = [
        type(line)(type(line.header)(**{**as_dict(line.header), "buyer_key": "another"}), line.product, "", 2000, 1)
        for line in lines
    ]
    write(store, answer(day, keyed))
    assert [row.buyer for row in rows(store) if row.day == day] == []  # a gift of one kopeck
    assert store.execute("SELECT name FROM customer WHERE key = 'another'").fetchall() == [(NAME,)]


def as_dict(header: object) -> dict[str, object]:
    import msgspec

    return msgspec.structs.asdict(header)  # type: ignore[arg-type]


def test_who_is_meant(store: sqlite3.Connection) -> None:
    assert [one.name for one in find_customers(store, "марфа  посадница")] == [NAME]
    assert [one.name for one in find_customers(store, "o")] == [OTHER]
    assert [one.name for one in find_customers(store, "")] == [OTHER, NAME]
    assert find_customers(store, "nobody") == []


def test_the_second_customer_gets_a_placeholder_of_his_own(store: sqlite3.Connection, tmp_path: Path) -> None:
    first = erase(store)
    (boris,) = find_customers(store, OTHER)
    forget(store, boris)
    assert {row.buyer for row in rows(store)} == {first, boris.placeholder}
    assert boris.placeholder != first
    assert MOMENT + timedelta() == MOMENT
