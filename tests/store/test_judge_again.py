"""Days that were cleaned under other rules are cleaned anew from the store, as if the source had been asked again."""

import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from rfm_service.cleaning.verdicts import Rules
from rfm_service.demo.book import Book
from rfm_service.demo.people import ANONYMOUS, OWN_COMPANIES
from rfm_service.errors import BadAnswer, ErpUnavailable
from rfm_service.kinds import Kind, Verdict
from rfm_service.records import Buyer, Change, DayAnswer, Refused
from rfm_service.store import ledger, verify
from rfm_service.store.connection import opened
from rfm_service.sync import reading
from rfm_service.sync.reading import Tally, judge_again

from .builders import MOMENT, RULES, answer, bought, document, on, read_book, returned, sale, write

FIRST = on("2026-11-01")
DAYS = range(FIRST, FIRST + 4)
IN_MEMORY = Path(":memory:")


class StillClock:
    """A clock that stands at MOMENT."""

    def now(self) -> datetime:
        """MOMENT."""
        return MOMENT

    def monotonic(self) -> float:
        """Zero."""
        return 0.0


CLOCK = StillClock()

LOGICAL = (
    "SELECT day, position, product_id, quantity, amount, verdict FROM line ORDER BY day, position",
    "SELECT day, kind, number, order_id, order_number, order_day, customer_id FROM document ORDER BY document_id",
    """
    SELECT order_id, sale_day, sale_position, return_day, return_position, quantity, amount
    FROM return_match ORDER BY sale_day, sale_position, return_day, return_position
    """,
    "SELECT day, sealed, lines, amount, sha256, rules, fetched_at, changed_at FROM ledger ORDER BY day",
    *(f"SELECT * FROM {table} ORDER BY 1, 2, 3" for table in ("quarantine", "day_account", "orders")),
)
"""All that was stored, but for the numbers of documents, and the fingerprints they go into."""


def everything(store: sqlite3.Connection) -> list[list[tuple[object, ...]]]:
    """What LOGICAL finds."""
    return [store.execute(query).fetchall() for query in LOGICAL]


@dataclass
class Erp:
    """A source that has these days and cards, and breaks down on one day if told to."""

    days: dict[int, DayAnswer]
    cards: tuple[Buyer, ...] = ()
    dead_on: int = -1

    def fetch_day(self, day: int) -> DayAnswer:
        """Every line of a day."""
        if day == self.dead_on:
            raise ErpUnavailable("no answer")
        return self.days.get(day, answer(day))

    def control_total(self, day: int) -> None:
        """None is kept."""

    def fetch_buyers(self, first: int, last: int, keys: Collection[str]) -> list[Buyer]:
        """The cards."""
        if not self.cards:
            raise BadAnswer("no cards")
        return list(self.cards)


def read_days(
    store: sqlite3.Connection,
    erp: Erp,
    rules: Rules,
    days: Sequence[int],
    report: Callable[[int, int], None] = lambda *_: None,
) -> Tally:
    """Read these days, at MOMENT."""
    return reading.read_days(store, erp, rules, days, CLOCK, timedelta(hours=6), report)


def days() -> list[DayAnswer]:
    """Days on which every rule has something to say."""
    own = document(Kind.SALE, FIRST, ("tea", 1000, 300_00), buyer="Clara", contractor="Own Ltd")
    return [
        answer(FIRST, sale(FIRST, ("tea", 1000, 15_00), ("tea", 1000, 500_00)), own),
        answer(FIRST + 1, sale(FIRST + 1, buyer="Somebody"), sale(FIRST + 1, ("cup", 1000, 9_00), buyer="Boris")),
        answer(FIRST + 2, returned(FIRST + 2, ("tea", 1000, 15_00)), sale(FIRST + 2, ("cup", 1000, 12_00))),
        answer(FIRST + 3, sale(FIRST + 3), refused=[Refused(Verdict.MALFORMED, "sum", 5, "{}")]),
    ]


@pytest.mark.parametrize(
    "rules",
    [
        replace(RULES, gift_below=20_00),
        replace(RULES, gift_below=0),
        replace(RULES, own_companies=()),
        replace(RULES, own_companies=("own  LTD", "Anna")),
        replace(RULES, anonymous_buyers=("boris",)),
        replace(RULES, require_site_id=True),
    ],
    ids=["dearer gifts", "no gifts", "no own companies", "other own companies", "other anonymous", "site id needed"],
)
def test_judging_again_is_cleaning_from_the_source(rules: Rules) -> None:
    with opened(IN_MEMORY) as judged, opened(IN_MEMORY) as fresh:
        write(judged, *days())
        assert judge_again(judged, rules, CLOCK) == 4
        write(fresh, *days(), rules=rules)
        assert everything(judged) == everything(fresh)
        assert verify.wrong_orders(judged, rules.gift_below) == 0
        assert judge_again(judged, rules, CLOCK) == 0


def test_a_dearer_gift_changes_what_a_return_takes_back(store: sqlite3.Connection) -> None:
    goods = sale(FIRST, ("tea", 1000, 500_00), ("tea", 1000, 15_00), ("cup", 1000, 1_000_00))
    write(store, answer(FIRST, goods), answer(FIRST + 1, returned(FIRST + 1, ("tea", 1000, 15_00))))
    assert bought(store) == [(FIRST, "A", 1_500_00)]  # the first tea gave 15 roubles
    judge_again(store, replace(RULES, gift_below=20_00), CLOCK)
    assert bought(store) == [(FIRST, "A", 1_500_00)]  # the second tea is a gift now, and came back
    assert store.execute("SELECT sale_position FROM return_match").fetchall() == [(1,)]


def test_the_demo_shop_judged_again_is_the_demo_shop_cleaned(shop: Book) -> None:
    some = read_book(shop, shop.days[-60:])
    rules = replace(RULES, own_companies=OWN_COMPANIES, anonymous_buyers=(ANONYMOUS,), require_site_id=True)
    with opened(IN_MEMORY) as judged, opened(IN_MEMORY) as fresh:
        write(judged, *some)
        assert judge_again(judged, rules, CLOCK) == 60
        write(fresh, *some, rules=rules)
        assert everything(judged) == everything(fresh)


# Reading days


def test_reading_confirms_the_unchanged_and_replaces_the_others(store: sqlite3.Connection) -> None:
    erp = Erp({day.day: day for day in days()})
    steps: list[tuple[int, int]] = []
    tally = read_days(store, erp, RULES, DAYS, lambda done, of: steps.append((done, of)))
    assert tally == Tally(read=4, changed=4, lines=9, malformed=1)
    assert steps == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    erp.days[FIRST] = answer(FIRST, sale(FIRST))
    assert read_days(store, erp, RULES, DAYS) == Tally(4, 1, 1, 0, [Change(FIRST, 0, 1, 0, 815_00, 200_00)])
    assert bought(store)[0] == (FIRST, "A", 185_00)  # a return of 15 roubles came two days later


def test_under_other_rules_an_unchanged_day_is_cleaned_anew(store: sqlite3.Connection) -> None:
    erp = Erp({day.day: day for day in days()})
    read_days(store, erp, RULES, DAYS)
    rules = replace(RULES, gift_below=0)
    assert read_days(store, erp, rules, DAYS).changed == 4
    assert judge_again(store, rules, CLOCK) == 0


def test_what_was_read_before_the_source_broke_down_is_stored(store: sqlite3.Connection) -> None:
    erp = Erp({day.day: day for day in days()}, dead_on=FIRST + 2)
    with pytest.raises(ErpUnavailable):
        read_days(store, erp, RULES, DAYS)
    assert list(ledger.entries(store, FIRST, FIRST + 9)) == [FIRST, FIRST + 1]


def test_no_days_are_nothing_to_do(store: sqlite3.Connection) -> None:
    assert read_days(store, Erp({}), RULES, []) == Tally(0, 0, 0, 0)


def test_without_cards_the_old_ones_stay(store: sqlite3.Connection) -> None:
    write(store, *days())
    assert reading.refresh_buyers(store, Erp({}, (Buyer("Anna", "a@example.com", ""),)), FIRST, FIRST, []) == 1
    assert reading.refresh_buyers(store, Erp({}), FIRST, FIRST, []) == 0
    assert store.execute("SELECT email FROM customer WHERE name = 'Anna'").fetchone() == ("a@example.com",)
