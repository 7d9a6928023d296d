"""What is said about data that look wrong, and silence about those that do not."""

from pathlib import Path

import pytest

from rfm_service.analysis.doubts import look_alikes, warnings_of
from rfm_service.demo.book import Book
from rfm_service.kinds import Kind, Verdict
from rfm_service.locales import Language
from rfm_service.records import DayAnswer, Refused, SaleLine
from rfm_service.store.connection import opened
from rfm_service.store.suspects import hold
from tests.store.builders import MOMENT, answer, document, read_book, returned, write

from .builders import YEAR, analysed

LAST = YEAR.last
ENGLISH = Language("en")
HELD = (
    "Days that suddenly shrank in the ERP: 1; the old data are kept."
    " If the ERP is right: python run_service.py accept 2026-11-16"
)


def said(path: Path) -> list[str]:
    return warnings_of(analysed(path), YEAR, ENGLISH)


def every_day(*others: DayAnswer) -> dict[int, DayAnswer]:
    """A year in which a customer bought every day; `others` instead."""
    days = {day: answer(day, bill(day, f"{day}")) for day in YEAR.days}
    return days | {other.day: other for other in others}


def bill(day: int, number: str, lines: int = 1, amount: int = 100_00, buyer: str = "Anna") -> list[SaleLine]:
    goods = [("tea", 1000, amount)] * lines
    return document(Kind.SALE, day, *goods, buyer=buyer, order="", number=number)


def stored(folder: Path, *days: DayAnswer) -> Path:
    path = folder / "sales.db"
    with opened(path) as store:
        store.execute("PRAGMA synchronous = OFF")
        write(store, *days)
    return path


def test_nothing_is_said_of_sound_data(tmp_path: Path) -> None:
    assert said(stored(tmp_path, *every_day().values())) == []


def test_nothing_is_said_of_the_demo_shop(tmp_path: Path, shop: Book) -> None:
    path = stored(tmp_path, *read_book(shop, YEAR.days))
    assert [text for text in said(path) if not text.startswith("Days without sales")] == []


def test_days_that_were_never_read(tmp_path: Path) -> None:
    days = every_day()
    del days[LAST - 3]
    assert said(stored(tmp_path, *days.values())) == [
        "1 days of the horizon were never read, the first is 16 Nov 2026."
    ]


def test_days_that_are_held(tmp_path: Path) -> None:
    path = stored(tmp_path, *every_day().values())
    with opened(path) as store:
        hold(store, answer(LAST - 3), MOMENT)
    assert said(path) == [
        "Days that are not certain and will be read again: 1, the first is 16 Nov 2026.",
        HELD,
    ]


def test_days_that_do_not_add_up(tmp_path: Path) -> None:
    path = stored(tmp_path, *every_day().values())
    with opened(path) as store:
        store.execute("UPDATE ledger SET amount = amount + 1 WHERE day = ?", (LAST,))
    assert said(path) == ["Days whose lines do not add up to what was received: 1. Run: python run_service.py verify"]


def test_a_day_without_sales_where_there_always_are_some(tmp_path: Path) -> None:
    assert said(stored(tmp_path, *every_day(answer(LAST - 30)).values())) == [
        "Days without sales where that weekday always has some: 1, the first is 20 Oct 2026. Were they closed?"
    ]


def test_a_last_day_without_sales(tmp_path: Path) -> None:
    assert said(stored(tmp_path, *every_day(answer(LAST)).values())) == [
        "No sales on 19 Nov 2026; the last ones are of 18 Nov 2026."
    ]


def test_days_off_are_no_news(tmp_path: Path) -> None:
    days_off = [answer(day) for day in YEAR.days if day % 7 == LAST % 7 + 1]
    assert said(stored(tmp_path, *every_day(*days_off).values())) == []


def test_lines_that_were_set_aside(tmp_path: Path) -> None:
    odd = answer(LAST, bill(LAST, "1"), refused=[Refused(Verdict.MALFORMED, "sum", 0, "{}")])
    assert said(stored(tmp_path, *every_day(odd).values())) == ["Lines that could not be read and were set aside: 1."]


@pytest.mark.parametrize(("amount", "odd"), [(799_00, False), (801_00, True), (12_51, False), (12_49, True)])
def test_a_jump_of_amounts(tmp_path: Path, amount: int, odd: bool) -> None:
    days = {day: answer(day, *(bill(day, f"{number}", 4) for number in range(5))) for day in YEAR.days}
    days[LAST - 5] = answer(LAST - 5, *(bill(LAST - 5, f"{number}", 4, amount) for number in range(5)))
    told = said(stored(tmp_path, *days.values()))
    assert [text[:75] for text in told] == [
        "Days whose lines are many times larger or smaller than usual: 1, the first "
    ] * odd


def test_a_customer_that_is_really_many(tmp_path: Path) -> None:
    days = [answer(day, bill(day, "a", buyer="Everybody"), bill(day, "b", buyer=f"Buyer {day}")) for day in YEAR.days]
    (told,) = said(stored(tmp_path, *days))
    assert told.startswith("Buyers with so many documents that they are hardly one customer: 1.")


def test_buyers_that_look_alike(tmp_path: Path) -> None:
    names = ["ООО «Ёлка»", "Елка, ООО", "АО «Ёлка»", "ИП Петров", "Петров П.", "ИП Анна", "Anna", "ANNA "]
    day = answer(LAST, *(bill(LAST, f"{number}", buyer=name.strip()) for number, name in enumerate(names)))
    path = stored(tmp_path, *every_day(day).values())
    (told,) = said(path)
    assert told.startswith("Groups of buyers whose names look alike: 2.")
    assert look_alikes(analysed(path)).to_pylist() == [
        {"group": 1, "buyer": "ANNA"},
        {"group": 1, "buyer": "Anna"},
        {"group": 2, "buyer": "Елка, ООО"},
        {"group": 2, "buyer": "ООО «Ёлка»"},
    ]


def test_returns_that_find_no_sale_or_only_guess_it(tmp_path: Path) -> None:
    lost = returned(LAST, ("tea", 1000, 30_00), order="older than the store")
    guessed = returned(LAST, ("tea", 1000, 70_00), order="", number="2")
    day = answer(LAST, bill(LAST, "1", lines=2), lost, guessed)
    assert said(stored(tmp_path, *every_day(day).values())) == [
        "30.0% of the returned money found no sale and was not taken off.",
        "For 70.0% of the returned money the sale was only inferred: the returns name none.",
    ]
