"""Random edits, while a server serves the book: both protocols show at once what it says."""

from random import Random

import pytest
import requests

from rfm_service.clock import date_of
from rfm_service.demo.book import Book
from rfm_service.demo.edits import EDITS, edit, post_again
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop

from .conftest import LAST_DAY
from .odata import PARTNERS, RECORDS, TOKEN, of_day, rows
from .test_faults import rows_in

SEED = 20


@pytest.fixture
def book() -> Book:
    return make_shop(LAST_DAY, days=40, customers=60, corrections=0.05)


def test_equal_seeds_make_equal_edits(book: Book) -> None:
    other = book.copy()
    done, again = ([edit(one, rng) for _ in range(200)] for one, rng in ((book, Random(SEED)), (other, Random(SEED))))
    assert done == again
    assert list(book.documents) == list(other.documents)
    assert book.drafts == other.drafts


def test_every_sort_of_edit_can_be_made_and_changes_the_book(book: Book) -> None:
    rng = Random(SEED)
    for sort in (*EDITS, post_again):
        version = book.version
        for _ in range(20):
            sort(book, rng)
        assert book.version >= version + 20


def test_the_book_stays_in_its_days_and_its_keys_stay_unique(book: Book) -> None:
    first, last = book.days[0], book.days[-1]
    rng = Random(SEED)
    for _ in range(500):
        edit(book, rng)
        keys = [document.key for document in book.documents]
        assert len(set(keys)) == len(keys)
    assert first <= book.days[0] <= book.days[-1] <= last
    assert all(document.lines for document in book.documents)


def test_both_protocols_show_the_book_as_it_is_now(book: Book) -> None:
    rng = Random(SEED)
    with ErpServer(book, TOKEN) as erp:
        for _ in range(30):
            edit(book, rng)
            day = rng.choice(book.days)
            records = rows(erp, RECORDS, filter=f"{of_day(day)} and Active eq true and ТипЗапасов eq 'Товар'")
            sold = [row for row in records if row["ХозяйственнаяОперация"] != "РасчетСебестоимостиТоваров"]
            assert len(sold) == len(over_hs(erp, day)) == book.total(day).lines
            assert round(100 * sum(row["СуммаВыручки"] for row in records)) == book.total(day).amount


def over_hs(erp: ErpServer, day: int) -> list[dict[str, object]]:
    body = {
        "datefrom": f"{date_of(day)}T00:00:00",
        "datebefore": f"{date_of(day)}T23:59:59",
        "algoritm": "clasterclients",
    }
    return rows_in(requests.post(erp.url, headers={"Authorization": TOKEN.encode()}, json=body, timeout=5))


def test_a_new_name_over_both_protocols(book: Book) -> None:
    day = book.days[-1]
    buyer = book.of_day(day)[0]
    with ErpServer(book, TOKEN) as erp:
        assert "ТД Ромашка" not in {row["Партнер"] for row in over_hs(erp, day)}
        book.rename(buyer.buyer_key, "ТД Ромашка")
        assert "ТД Ромашка" in {row["Партнер"] for row in over_hs(erp, day)}
        (partner,) = rows(erp, PARTNERS, filter="Description eq 'ТД Ромашка'")
    assert partner["Ref_Key"] == buyer.buyer_key


def test_a_restored_base_over_both_protocols(book: Book) -> None:
    yesterday, day = book.copy(), book.days[-1]
    with ErpServer(book, TOKEN) as erp:
        records, lines = rows(erp, RECORDS, filter=of_day(day)), over_hs(erp, day)
        for document in book.of_day(day):
            book.remove(document)
        assert over_hs(erp, day) == rows(erp, RECORDS, filter=f"{of_day(day)} and Active eq true") == []
        book.restore(yesterday)
        assert (rows(erp, RECORDS, filter=of_day(day)), over_hs(erp, day)) == (records, lines)
