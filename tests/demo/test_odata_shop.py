"""The shop over the standard interface: every total agrees with the book, whatever way it is read."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from rfm_service.clock import date_of
from rfm_service.demo.book import Book
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.kinds import Kind

from .conftest import LAST_DAY
from .odata import CORRECTIONS, RECORDS, REGISTER, RETURNS, SALES, TOKEN, get, of_day, rows

DAYS = range(LAST_DAY - 30, LAST_DAY + 1)
TOTAL_ORDER = "Period,Recorder,LineNumber"


@pytest.fixture(scope="module")
def small() -> Book:
    return make_shop(LAST_DAY, days=120, customers=200, corrections=0.05)


@pytest.fixture(scope="module")
def erp(small: Book) -> Iterator[ErpServer]:
    with ErpServer(small, TOKEN) as server:
        yield server


def active(erp: ErpServer, day: int) -> list[dict[str, Any]]:
    found = rows(erp, RECORDS, filter=f"{of_day(day)} and Active eq true", orderby=TOTAL_ORDER)
    return [row for row in found if row["Количество"] or row["СуммаВыручки"]]


def kopecks(values: list[float]) -> int:
    return sum(round(value * 100) for value in values)


def test_the_register_adds_up_to_the_book(erp: ErpServer, small: Book) -> None:
    for day in DAYS:
        found = active(erp, day)
        assert (len(found), kopecks([row["СуммаВыручки"] for row in found])) == small.total(day)


def test_turnovers_add_up_to_the_book(erp: ErpServer, small: Book) -> None:
    for day in DAYS:
        start, end = (f"datetime'{date_of(day)}T{time}'" for time in ("00:00:00", "23:59:59"))
        found = rows(erp, f"{REGISTER}/Turnovers(StartPeriod={start},EndPeriod={end})")
        assert kopecks([row["СуммаВыручкиTurnover"] for row in found]) == small.total(day).amount


def test_documents_add_up_to_the_book(erp: ErpServer, small: Book) -> None:
    for day in DAYS:
        assert sum(amount for _, amount in documents(erp, day)) == small.total(day).amount
        assert sum(count for count, _ in documents(erp, day)) == small.total(day).lines


def documents(erp: ErpServer, day: int) -> Iterator[tuple[int, int]]:
    """Rows and signed kopecks of every posted document."""
    posted = f"{of_day(day, 'Date')} and Posted eq true and DeletionMark eq false"
    for entity, sign, parts in (
        (SALES, 1, ("Товары", "Услуги")),
        (RETURNS, -1, ("Товары",)),
        (CORRECTIONS, 1, ("Расхождения",)),
    ):
        for document in rows(erp, entity, filter=posted, orderby="Date,Ref_Key"):
            sums = [row["СуммаСНДС"] for part in parts for row in document[part]]
            yield len(sums), sign * kopecks(sums)


def pages(erp: ErpServer, order: str, top: int = 20) -> list[tuple[str, str]]:
    """Keys of the rows of a day, read page by page."""
    found: list[tuple[str, str]] = []
    while True:
        page = rows(
            erp, RECORDS, filter=f"{of_day(LAST_DAY - 1)} and Active eq true", orderby=order, top=top, skip=len(found)
        )
        found += [(row["Recorder"], row["LineNumber"]) for row in page]
        if len(page) < top:
            return found


def test_pages_in_a_total_order_lose_nothing(erp: ErpServer, small: Book) -> None:
    found = pages(erp, TOTAL_ORDER)
    assert len(found) == len(set(found)) == small.total(LAST_DAY - 1).lines > 60


def test_pages_without_a_total_order_repeat_rows_and_lose_others(erp: ErpServer, small: Book) -> None:
    found = pages(erp, "Active")
    assert len(set(found)) < small.total(LAST_DAY - 1).lines


def test_lines_are_ordered_by_number_not_by_letter(erp: ErpServer, small: Book) -> None:
    long = next(document for document in small.documents if len(document.lines) > 10)
    found = rows(erp, RECORDS, filter=f"Recorder eq cast(guid'{long.key}','{SALES}')", orderby="LineNumber")
    assert [row["LineNumber"] for row in found] == [str(place) for place in range(1, len(long.lines) + 1)]


def test_the_count_is_of_what_the_filter_lets_through(erp: ErpServer, small: Book) -> None:
    day = LAST_DAY - 1
    answer = get(erp, f"{RECORDS}/$count", filter=f"{of_day(day)} and Active eq true")
    assert int(answer.content.decode("utf-8-sig")) == small.total(day).lines


def test_keys_are_the_documents_own(shop: Book) -> None:
    keys = [document.key for document in shop.documents]
    assert len(set(keys)) == len(keys)
    assert not set(keys) & set(shop.drafts)


def test_returns_know_their_sale_by_row_by_header_by_order_or_not_at_all(shop: Book) -> None:
    known: defaultdict[str, int] = defaultdict(int)
    for back in shop.documents:
        if back.kind is Kind.RETURN:
            rows_know = any(line.base_key for line in back.lines)
            known["row" if rows_know else "header" if back.base_key else "order" if back.order_number else ""] += 1
    assert known["row"] > 300
    assert min(known["header"], known["order"]) > 30
    assert known[""] > 5


def test_a_base_is_an_earlier_sale_of_the_same_goods(shop: Book) -> None:
    for back in shop.documents:
        for line in back.lines:
            if line.base_key:
                base = shop.find(line.base_key)
                assert base is not None
                assert (base.kind, base.buyer) == (Kind.SALE, back.buyer)
                assert base.day < back.day
                assert (line.product, line.feature) in {(sold.product, sold.feature) for sold in base.lines}


def test_some_returns_are_of_several_sales(shop: Book) -> None:
    assert any(len({line.base_key for line in document.lines}) > 1 for document in shop.documents)


def test_corrections_change_nothing_else(small: Book) -> None:
    plain = make_shop(LAST_DAY, days=120, customers=200)
    corrections = [document for document in small.documents if document.kind is Kind.CORRECTION]
    assert [document for document in small.documents if document.kind is not Kind.CORRECTION] == list(plain.documents)
    assert len(corrections) > 30
    lines = [line for document in corrections for line in document.lines]
    assert any(line.quantity == 0 and line.amount < 0 for line in lines if line.amount)
    assert any(line.amount and line.amount > 0 for line in lines)
    fewer = [line for line in lines if line.quantity and line.quantity < 0]
    assert len(fewer) > len(lines) / 2
    assert {small.find(document.base_key) is not None for document in corrections} == {True}
