"""The demo shop, from its documents to its customers: every figure is what the book says."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rfm_service.cleaning.verdicts import Rules, rules_of
from rfm_service.clock import Horizon, month_of
from rfm_service.demo.book import Book
from rfm_service.demo.documents import Document
from rfm_service.demo.people import OWN_COMPANIES
from rfm_service.engines import Engine
from rfm_service.settings import Cleaning
from rfm_service.store import verify
from rfm_service.store.connection import opened
from tests.store.builders import read_book, write

from .bookkeeping import Bookkeeper
from .builders import YEAR, analysed, expected, measured, rows_of

RULES = rules_of(Cleaning(own_companies=list(OWN_COMPANIES)))


@pytest.fixture(scope="module")
def database(shop: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the demo shop."""
    return store_of(shop, tmp_path_factory.mktemp("shop") / "sales.db")


@pytest.fixture(scope="module")
def engine(database: Path) -> Engine:
    """The demo shop, classified. Do not change its tables."""
    return analysed(database)


@pytest.fixture(scope="module")
def keeper(shop: Book) -> Bookkeeper:
    """What the book of the demo shop says."""
    return Bookkeeper(shop)


def store_of(book: Book, path: Path, rules: Rules = RULES) -> Path:
    """A store with every day of a book; it is sound, and closed."""
    with opened(path) as store:
        store.execute("PRAGMA synchronous = OFF")
        write(store, *read_book(book, book.days), rules=rules)
        assert verify.wrong_orders(store, rules.gift_below) == 0
        assert verify.unbalanced_days(store) == []
    return path


def total(rows: list[dict[str, Any]], column: str) -> int:
    return sum(row[column] for row in rows)


def test_every_customer(engine: Engine, keeper: Bookkeeper) -> None:
    customers = measured(engine)
    assert len(customers) > 100
    assert customers == expected(keeper.purchases)


@pytest.mark.parametrize("length", [1, 30, 200, 1000])
def test_every_customer_of_another_horizon(database: Path, keeper: Bookkeeper, length: int) -> None:
    horizon = Horizon(YEAR.reference_day - 7, length)
    assert measured(analysed(database, horizon)) == expected(keeper.purchases, horizon)


# The waterfall


def test_the_waterfall_adds_up_to_what_is_analysed(engine: Engine) -> None:
    *steps, analysed_, unmatched = rows_of(engine, "waterfall")
    assert [step["title"] for step in steps] == [
        "gross", "incomplete", "no_site_id", "anonymous", "own_company", "gift", "returns",
    ]  # fmt: skip
    assert (analysed_["title"], unmatched["title"]) == ("analysed", "unmatched_returns")
    assert total(steps, "amount") == analysed_["amount"] == total(list(measured(engine).values()), "monetary")


def test_every_step_of_the_waterfall_is_what_the_book_says(engine: Engine, keeper: Bookkeeper) -> None:
    steps = {row["title"]: (row["lines"], row["amount"]) for row in rows_of(engine, "waterfall")}
    right = keeper.waterfall(YEAR)
    assert {title: amount for title, (_, amount) in steps.items()} == {
        title: step.amount for title, step in right.items()
    }
    counted = right.keys() - {"returns", "unmatched_returns"}
    assert {title: steps[title][0] for title in counted} == {title: right[title].lines for title in counted}
    assert all(amount for _, amount in steps.values())  # the shop has some of everything


# The tables of the report


def test_the_totals_of_all_tables_are_one_number(engine: Engine, keeper: Bookkeeper) -> None:
    money = sum(customer["monetary"] for customer in expected(keeper.purchases).values())
    for name, column in {
        "months": "monetary",
        "order_sizes": "amount",
        "product_totals": "monetary",
        "segment_tiers": "monetary",
    }.items():
        assert total(rows_of(engine, name), column) == money, name


def test_the_orders_of_all_tables_are_one_number(engine: Engine, keeper: Bookkeeper) -> None:
    orders = sum(customer["frequency"] for customer in expected(keeper.purchases).values())
    assert len(rows_of(engine, "order_sizes")) == orders
    assert total(rows_of(engine, "months"), "orders") == orders
    assert total(rows_of(engine, "segment_tiers"), "orders") == orders


def test_the_months(engine: Engine, keeper: Bookkeeper) -> None:
    inside = [one for one in keeper.purchases if one.day in YEAR.days]
    firsts: dict[object, int] = {}
    for one in inside:
        firsts[one.buyer, one.order] = min(one.day, firsts.get((one.buyer, one.order), one.day))
    money: Counter[int] = Counter()
    for one in inside:
        money[month_of(one.day)] += one.amount
    orders = Counter(month_of(day) for day in firsts.values())
    buyers = Counter(month for month, _ in {(month_of(one.day), one.buyer) for one in inside})
    assert rows_of(engine, "months") == [
        {"month": month, "monetary": money[month], "orders": orders[month], "buyers": buyers[month]}
        for month in sorted(money)
    ]


def test_the_products(engine: Engine, keeper: Bookkeeper) -> None:
    rows = rows_of(engine, "product_totals")
    assert {row["product"]: (row["orders"], row["monetary"]) for row in rows} == keeper.products(YEAR)
    assert [row["monetary"] for row in rows] == sorted((row["monetary"] for row in rows), reverse=True)


def test_the_order_sizes(engine: Engine, keeper: Bookkeeper) -> None:
    amounts: Counter[object] = Counter()
    for one in keeper.purchases:
        if one.day in YEAR.days:
            amounts[one.buyer, one.order] += one.amount
    rows = rows_of(engine, "order_sizes")
    assert sorted(row["amount"] for row in rows) == sorted(amounts.values())
    assert total(rows, "items") > len(rows)


def test_segments_and_tiers_hold_every_customer_once(engine: Engine, keeper: Bookkeeper) -> None:
    right = Counter((one["segment"], one["tier"]) for one in expected(keeper.purchases).values())
    rows = rows_of(engine, "segment_tiers")
    assert {(row["segment"], row["tier"]): row["customers"] for row in rows} == right


# Corrections


def test_a_corrected_book_gives_corrected_customers(shop: Book, database: Path, tmp_path: Path) -> None:
    book = Book(shop.documents, shop.buyers)
    for number, document in enumerate(list(book.documents)[::50]):
        if number % 3 == 0:
            book.remove(document)
        elif number % 3 == 1:
            book.post(document)
        else:
            book.repost(document, _doubled(document))
    corrected = tmp_path / "sales.db"
    corrected.write_bytes(database.read_bytes())
    with opened(corrected) as store:
        store.execute("PRAGMA synchronous = OFF")
        write(store, *read_book(book, shop.days), rules=RULES)
        assert verify.wrong_orders(store, RULES.gift_below) == 0
    assert measured(analysed(corrected)) == expected(Bookkeeper(book).purchases)


def _doubled(document: Document) -> Document:
    lines = [
        msgspec.structs.replace(
            line, quantity=line.quantity and 2 * line.quantity, amount=line.amount and 2 * line.amount
        )
        for line in document.lines
    ]
    return msgspec.structs.replace(document, lines=tuple(lines))


def test_stricter_rules_leave_fewer_customers(shop: Book, database: Path, tmp_path: Path) -> None:
    lenient = store_of(shop, tmp_path / "sales.db", replace(RULES, require_site_id=False))
    assert measured(analysed(database)).keys() < measured(analysed(lenient)).keys()
