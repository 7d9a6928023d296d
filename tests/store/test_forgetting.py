"""An erased customer is a placeholder everywhere, for good; every total stays."""

import json
import sqlite3

import msgspec
import pytest

from rfm_service.kinds import Kind, Verdict
from rfm_service.records import Buyer, DayAnswer, Refused
from rfm_service.store import verify
from rfm_service.store.catalog import CatalogTable
from rfm_service.store.forgetting import find_customers, forget
from rfm_service.store.sales import customer_keys, update_buyers

from .builders import GIFT_BELOW, MOMENT, answer, document, on, rows, sale, write

MONDAY, TUESDAY = on("2026-11-09"), on("2026-11-10")
NAME, FIRM, OTHER = "Марфа Посадница", "ИП Посадница М. И.", "Boris"
TEA = ("tea", 2000, 200_00)
RAW = json.dumps({"Партнер": NAME})  # ASCII: every letter is escaped


def monday() -> DayAnswer:
    own = document(Kind.SALE, MONDAY, TEA, buyer=NAME, contractor=FIRM, site_id="77-marfa", number="1")
    names_her = document(Kind.SALE, MONDAY, TEA, buyer=OTHER, contractor=NAME, site_id="5", number="2")
    return answer(MONDAY, own, names_her, refused=[Refused(Verdict.MALFORMED, "sum", 77, RAW)])


@pytest.fixture(autouse=True)
def _days(store: sqlite3.Connection) -> None:
    write(store, monday(), answer(TUESDAY, sale(TUESDAY, buyer=NAME)))
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
    write(store, monday(), answer(TUESDAY, sale(TUESDAY, buyer=f" {NAME.lower()} ")))
    content = texts(store)
    for text in (NAME, NAME.lower(), FIRM, "77-marfa", "novgorod", "\\u041c\\u0430"):
        assert text.encode() not in content, text
    assert [row.buyer for row in rows(store)] == [OTHER, placeholder, placeholder]
    assert placeholder not in customer_keys(store, MONDAY, TUESDAY)
    assert verify.troubles(store) == []


def test_a_namesake_with_a_key_of_his_own_is_somebody_else(store: sqlite3.Connection) -> None:
    (customer,) = find_customers(store, NAME)
    forget(store, customer)
    day = TUESDAY + 1
    lines = document(Kind.SALE, day, TEA, buyer=NAME, number="9")
    keyed = [
        msgspec.structs.replace(line, header=msgspec.structs.replace(line.header, buyer_key="no")) for line in lines
    ]
    write(store, answer(day, keyed))
    assert [row.buyer for row in rows(store) if row.day == day] == [NAME]


def test_who_is_meant(store: sqlite3.Connection) -> None:
    assert [one.name for one in find_customers(store, "марфа  посадница")] == [NAME]
    assert [one.name for one in find_customers(store, "o")] == [OTHER]
    assert [one.name for one in find_customers(store, "")] == [OTHER, NAME]
    assert find_customers(store, "nobody") == []


def test_the_second_customer_gets_a_placeholder_of_his_own(store: sqlite3.Connection) -> None:
    first = erase(store)
    (boris,) = find_customers(store, OTHER)
    forget(store, boris)
    assert {row.buyer for row in rows(store)} == {first, boris.placeholder}
    assert boris.placeholder != first
