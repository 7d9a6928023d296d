"""The shop is believable, repeatable, and has one of everything that may go wrong in a real one."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import pairwise

import pytest

from rfm_service.clock import date_of, day_of
from rfm_service.demo.book import Book
from rfm_service.demo.documents import NO_DAY, Document
from rfm_service.demo.people import ANONYMOUS, OWN_COMPANIES
from rfm_service.demo.shop import make_shop
from rfm_service.kinds import Kind

from .conftest import LAST_DAY


def sales(book: Book) -> list[Document]:
    return [document for document in book.documents if document.kind is Kind.SALE]


def returns(book: Book) -> list[Document]:
    return [document for document in book.documents if document.kind is Kind.RETURN]


def order_of(document: Document) -> tuple[str, str, int]:
    return document.buyer, document.order_number, document.order_day


def test_equal_arguments_make_equal_books() -> None:
    one, other = (make_shop(LAST_DAY, days=60, customers=50) for _ in range(2))
    assert list(one.documents) == list(other.documents)
    assert one.buyers == other.buyers


def test_another_seed_makes_another_book() -> None:
    one, other = (make_shop(LAST_DAY, seed=seed, days=60, customers=50) for seed in (1, 2))
    assert list(one.documents) != list(other.documents)
    assert one.buyers != other.buyers


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_chance_has_no_other_source_than_the_seed(hash_seed: str) -> None:
    program = "from rfm_service.demo.shop import make_shop; print(sum(d.amount for d in make_shop(20000).documents))"
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert int(told.stdout) == sum(document.amount for document in make_shop(20000).documents)


def test_its_size(shop: Book) -> None:
    assert 100_000 <= sum(len(document.lines) for document in shop.documents) <= 150_000
    assert shop.days[0] >= LAST_DAY - 399
    assert shop.days[-1] == LAST_DAY


def test_documents_are_in_the_order_of_posting(shop: Book) -> None:
    moments = [(document.day, document.second) for document in shop.documents]
    assert moments == sorted(moments)


def test_few_sales_on_sundays_and_none_at_new_year(shop: Book) -> None:
    weekdays = Counter(date_of(document.day).weekday() for document in sales(shop))
    assert 0 < weekdays[6] < weekdays[0] / 10
    assert not {day_of(date(2026, 1, 1)), day_of(date(2026, 1, 2))} & set(shop.days)


def test_december_sells_more_than_july(shop: Book) -> None:
    revenue: Counter[tuple[int, int]] = Counter()
    for document in sales(shop):
        revenue[date_of(document.day).year, date_of(document.day).month] += document.amount
    assert revenue[2025, 12] > 1.2 * revenue[2026, 7]


def test_numbers_begin_anew_every_year(shop: Book) -> None:
    years = {date_of(document.day).year for document in sales(shop) if document.number == "УТ-000123"}
    assert years == {2025, 2026}


def test_a_number_is_given_once_a_year_to_sales_and_to_returns(shop: Book) -> None:
    given = Counter((d.kind, d.number, date_of(d.day).year) for d in shop.documents if d.number)
    assert set(given.values()) == {1}


def test_gifts_cost_less_than_ten_roubles(shop: Book) -> None:
    gifts = [line for document in sales(shop) for line in document.lines if (line.amount or 1000) < 1000]
    assert len(gifts) > 100
    assert {line.product for line in gifts} == {
        "Календарь карманный",
        "Открытка поздравительная",
        "Пакет-майка с логотипом",
        "Пробник средства для мытья посуды",
        "Ручка шариковая с логотипом",
    }


def test_a_few_lines_are_incomplete(shop: Book) -> None:
    lines = [line for document in shop.documents for line in document.lines]
    assert 0 < sum(line.amount is None for line in lines) < 100
    assert 0 < sum(line.quantity is None for line in lines) < 100
    assert 0 < sum(document.number == "" for document in shop.documents) < 50


def test_some_quantities_are_fractions(shop: Book) -> None:
    assert any(line.quantity and line.quantity % 1000 for document in shop.documents for line in document.lines)


def test_some_documents_have_equal_lines(shop: Book) -> None:
    twins = [document for document in sales(shop) if len(set(document.lines)) < len(document.lines)]
    assert 50 < len(twins) < 300


def test_some_orders_are_shipped_on_two_days(shop: Book) -> None:
    days = defaultdict(set)
    for document in sales(shop):
        days[order_of(document)].add(document.day)
    assert sum(len(shipped) == 2 for order, shipped in days.items() if order[1]) > 50


def test_returns_full_partial_late_and_without_a_reference(shop: Book) -> None:
    sold = amounts_of_orders(sales(shop))
    back = amounts_of_orders(returns(shop))
    shares = [back[order] / sold[order] for order in back if order[2] != NO_DAY]
    assert max(shares) == 1
    assert sum(share == 1 for share in shares) > 50
    assert sum(share < 1 for share in shares) > 50
    assert sum(document.order_day == NO_DAY for document in returns(shop)) > 10
    assert sum(document.day - document.order_day > 60 for document in returns(shop) if document.order_number) > 20


def amounts_of_orders(documents: Iterable[Document]) -> Counter[tuple[str, str, int]]:
    amounts: Counter[tuple[str, str, int]] = Counter()
    for document in documents:
        amounts[order_of(document)] += document.amount
    return amounts


def test_deals_with_own_companies_and_anonymous_buyers(shop: Book) -> None:
    buyers = Counter(document.buyer for document in sales(shop))
    assert buyers[ANONYMOUS] > 500
    assert buyers[OWN_COMPANIES[0]] > 10
    assert {document.contractor for document in sales(shop) if document.buyer == "Наше предприятие"} == {
        'ООО "Наша Логистика"'
    }


def test_a_few_customers_have_no_site_id(shop: Book) -> None:
    without = {document.buyer for document in sales(shop) if document.site_id is None}
    assert 10 <= len(without - {ANONYMOUS, "Наше предприятие"}) <= 20


def test_every_buyer_has_a_card_and_a_name_of_their_own(shop: Book) -> None:
    names = [buyer.name for buyer in shop.buyers]
    assert len(set(names)) == len(names) == 1203
    assert {document.buyer for document in shop.documents} <= set(names)
    assert {'ООО "Ёлки-Иголки"', "=Равновесие= студия интерьера"} < set(names)
    assert 50 < sum(buyer.email == "" for buyer in shop.buyers) < 100


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_customers_in_every_segment_and_tier(seed: int) -> None:
    customers = [measured(history) for history in histories(make_shop(LAST_DAY, seed=seed)).values()]
    assert {segment(frequency, recency, monetary) for frequency, recency, monetary, _ in customers} == set(range(1, 10))
    assert {tier(two_months) for *_, two_months in customers} == {"whale", "large", "wholesaler", "small", "retail"}


def histories(book: Book) -> dict[str, list[Document]]:
    """The sales of the last 365 days by buyer, returns left aside."""
    found = defaultdict(list)
    for document in sales(book):
        if document.day > LAST_DAY - 365 and document.number and document.site_id:
            found[document.buyer].append(document)
    return found


def measured(history: list[Document]) -> tuple[int, int, float, float]:
    """Frequency, recency in days, roubles, roubles in a mean pair of months."""
    orders = {document.order_number or (document.number, document.day) for document in history}
    pairs = {(date_of(document.day).month - 1) // 2 for document in history}
    roubles = sum(document.amount for document in history) / 100
    return len(orders), LAST_DAY + 1 - max(document.day for document in history), roubles, roubles / len(pairs)


def segment(frequency: int, recency: int, monetary: float) -> int:
    rules = (
        (1, frequency >= 12 and monetary >= 600_000 and recency < 90),
        (4, frequency >= 9 and recency >= 180),
        (3, frequency >= 9 and recency >= 90),
        (2, frequency >= 9),
        (5, frequency >= 6 and monetary >= 300_000 and recency < 90),
        (6, frequency >= 3 and monetary >= 100_000 and recency < 90),
        (9, recency > 135),
        (8, recency > 45),
        (6, frequency >= 3),
        (7, True),
    )
    return next(name for name, holds in rules if holds)


def tier(two_months: float) -> str:
    borders = ((500_000, "whale"), (220_000, "large"), (100_000, "wholesaler"), (30_000, "small"), (0, "retail"))
    return next(name for least, name in borders if two_months >= least)


@pytest.mark.parametrize(("days", "customers"), [(1, 1), (1, 1200), (400, 1), (0, 0)])
def test_small_shops(days: int, customers: int) -> None:
    book = make_shop(LAST_DAY, days=days, customers=customers)
    assert len(book.buyers) == customers + 3
    assert all(LAST_DAY - days < day <= LAST_DAY for day in book.days)
    assert all(document.lines for document in book.documents)


def test_the_only_customer_of_a_shop_comes_regularly() -> None:
    book = make_shop(LAST_DAY, customers=1)
    name = book.buyers[0].name
    days = [document.day for document in sales(book) if document.buyer == name]
    assert len(days) > 10
    assert max(later - earlier for earlier, later in pairwise(days)) < 90
