"""The way from what the ERP sold to what is analysed, in small stories. Every step is (lines, kopecks)."""

from dataclasses import replace
from pathlib import Path

import pytest

from rfm_service.kinds import Kind, Link, Verdict
from rfm_service.records import DayAnswer, Refused
from rfm_service.store.connection import opened
from tests.store.builders import RULES, answer, document, returned, sale, write

from .builders import YEAR, analysed, measured, rows_of

SOLD = YEAR.reference_day - 30
LATER = SOLD + 10


def steps(folder: Path, *answers: DayAnswer) -> dict[str, tuple[int, int]]:
    """The waterfall of these days. Everything above `analysed` must add up to it, and so must the customers."""
    path = folder / "sales.db"
    with opened(path) as store:
        write(store, *answers)
    engine = analysed(path)
    rows = rows_of(engine, "waterfall")
    titles = [row["title"] for row in rows]
    above = rows[: titles.index("analysed")]
    assert sum(row["amount"] for row in above) == rows[len(above)]["amount"]
    assert sum(one["monetary"] for one in measured(engine).values()) == rows[len(above)]["amount"]
    return {row["title"]: (row["lines"], row["amount"]) for row in rows}


def test_when_everything_is_bought_nothing_is_taken_away(tmp_path: Path) -> None:
    assert steps(tmp_path, answer(SOLD, sale(SOLD))) == {
        "gross": (1, 200_00),
        "analysed": (1, 200_00),
    }


def test_what_cleaning_leaves_out(tmp_path: Path) -> None:
    day = answer(
        SOLD,
        sale(SOLD, ("tea", 1000, 200_00), ("cup", 1000, 1), ("cup", 1000, 9_99)),
        sale(SOLD, ("tea", 1000, 7_00), ("tea", 1000, 70_00), buyer="Own Ltd"),
        sale(SOLD, ("tea", 1000, 30_00), buyer="Somebody"),
        returned(SOLD, ("tea", 1000, 30_00), buyer="Somebody"),
        refused=[
            Refused(Verdict.INCOMPLETE, "quantity", 5_00, "{}"),
            Refused(Verdict.MALFORMED, "date", 6_00, "{}"),
            Refused(Verdict.MALFORMED, "sum", 0, "{}"),
        ],
    )
    assert steps(tmp_path, day) == {
        "gross": (9, 200_00 + 1 + 9_99 + 77_00 + 30_00 + 5_00 + 6_00),
        "malformed": (2, -6_00),
        "incomplete": (1, -5_00),
        "own_company": (2, -77_00),
        "anonymous": (1, -30_00),
        "gift": (2, -10_00),
        "analysed": (1, 200_00),
    }


def test_no_site_id(tmp_path: Path) -> None:
    known = document(Kind.SALE, SOLD, ("tea", 1000, 50_00), site_id="100008")
    path = tmp_path / "sales.db"
    with opened(path) as store:
        write(store, answer(SOLD, known, sale(SOLD)), rules=replace(RULES, require_site_id=True))
    assert {row["title"]: (row["lines"], row["amount"]) for row in rows_of(analysed(path), "waterfall")} == {
        "gross": (2, 250_00),
        "no_site_id": (1, -200_00),
        "analysed": (1, 50_00),
    }


def test_a_return_is_taken_off(tmp_path: Path) -> None:
    back = returned(LATER, ("tea", 1000, 90_00))
    assert steps(tmp_path, answer(SOLD, sale(SOLD)), answer(LATER, back)) == {
        "gross": (1, 200_00),
        "returns": (1, -90_00),
        "analysed": (1, 110_00),
    }


def test_one_return_line_off_two_sales_is_one_line(tmp_path: Path) -> None:
    goods = sale(SOLD, ("tea", 1000, 100_00), ("tea", 1000, 100_00), ("cup", 1000, 10_00))
    told = steps(tmp_path, answer(SOLD, goods), answer(LATER, returned(LATER, ("tea", 2000, 200_00))))
    assert told["returns"] == (1, -200_00)


def test_money_kept_for_goods_that_all_came_back_is_a_step_of_its_own(tmp_path: Path) -> None:
    days = answer(SOLD, sale(SOLD), sale(SOLD, order="B")), answer(LATER, returned(LATER, ("tea", 2000, 150_00)))
    assert steps(tmp_path, *days) == {
        "gross": (2, 400_00),
        "returns": (1, -150_00),
        "returned_remainder": (1, -50_00),
        "analysed": (2, 200_00),
    }


@pytest.mark.parametrize("days_before", [0, 1])
def test_a_return_of_something_sold_before_the_horizon(tmp_path: Path, days_before: int) -> None:
    early = YEAR.first - days_before
    told = steps(
        tmp_path,
        answer(early, sale(early, order="old")),
        answer(SOLD, sale(SOLD), returned(SOLD, ("tea", 1000, 100_00), order="old")),
    )
    inside = {"gross": (2, 400_00), "returns": (1, -100_00), "analysed": (2, 300_00)}
    outside = {"gross": (1, 200_00), "analysed": (1, 200_00)}  # taken off a sale nobody looks at
    assert told == (outside if days_before else inside)


def test_a_return_after_the_horizon_is_taken_off_too(tmp_path: Path) -> None:
    today = YEAR.reference_day
    told = steps(tmp_path, answer(SOLD, sale(SOLD)), answer(today, returned(today, ("tea", 1000, 100_00))))
    assert told == {"gross": (1, 200_00), "returns": (1, -100_00), "analysed": (1, 100_00)}


# Returns that found no sale


def test_an_unmatched_return_stands_apart(tmp_path: Path) -> None:
    days = answer(SOLD, sale(SOLD)), answer(LATER, returned(LATER, ("tea", 1000, 90_00), order="older than the store"))
    assert steps(tmp_path, *days) == {
        "gross": (1, 200_00),
        "analysed": (1, 200_00),
        "unmatched_returns": (1, 90_00),
    }


def test_the_unmatched_part_of_a_return(tmp_path: Path) -> None:
    goods = sale(SOLD, ("tea", 2000, 200_00), ("cup", 1000, 50_00))
    told = steps(tmp_path, answer(SOLD, goods), answer(LATER, returned(LATER, ("tea", 3000, 330_00))))
    # 330 * 2 / 3 = 220, of which the sale has 200
    assert (told["returns"], told["unmatched_returns"][1]) == ((1, -200_00), 130_00)


def test_a_returned_gift_is_neither_taken_off_nor_unmatched(tmp_path: Path) -> None:
    goods = sale(SOLD, ("tea", 1000, 200_00), ("cup", 1000, 1))
    told = steps(tmp_path, answer(SOLD, goods), answer(LATER, returned(LATER, ("cup", 1000, 1))))
    assert "returns" not in told
    assert "unmatched_returns" not in told


def test_returns_outside_the_horizon_are_not_counted_as_unmatched(tmp_path: Path) -> None:
    days = [answer(day, returned(day, ("tea", 1000, 90_00), order="")) for day in (YEAR.first - 1, YEAR.reference_day)]
    assert "unmatched_returns" not in steps(tmp_path, answer(SOLD, sale(SOLD)), *days)


@pytest.mark.parametrize(
    ("sold", "back"),
    [(YEAR.first, YEAR.first - 1), (YEAR.last, YEAR.reference_day)],
    ids=["dated before its sale", "after the horizon"],
)
def test_a_match_outside_the_horizon_hides_no_unmatched_return(tmp_path: Path, sold: int, back: int) -> None:
    told = steps(
        tmp_path,
        answer(sold, sale(sold)),
        answer(back, returned(back, ("tea", 1000, 60_00))),
        answer(SOLD, returned(SOLD, ("tea", 1000, 90_00), order="older than the store")),
    )
    assert (told["returns"], told["unmatched_returns"]) == ((1, -60_00), (1, 90_00))


def test_a_returned_gift_is_no_line_of_the_returns(tmp_path: Path) -> None:
    goods = sale(SOLD, ("tea", 1000, 200_00), ("cup", 1000, 1))
    told = steps(tmp_path, answer(SOLD, goods), answer(LATER, returned(LATER, ("cup", 1000, 1))))
    assert "returns" not in told


def test_corrections_up_and_down(tmp_path: Path) -> None:
    goods = sale(SOLD, ("tea", 2000, 200_00), ("cup", 1000, 50_00))
    down = document(Kind.CORRECTION, LATER, ("tea", -1000, -100_00), number="C1")
    up = document(Kind.CORRECTION, LATER, ("cup", 0, 7_00), number="C2")
    back = returned(LATER, ("tea", 1000, 100_00))
    assert steps(tmp_path, answer(SOLD, goods), answer(LATER, down, up, back)) == {
        "gross": (2, 250_00),
        "corrections": (2, -93_00),
        "returns": (1, -100_00),
        "analysed": (2, 57_00),
    }


def test_a_correction_of_something_older_than_the_store_stands_apart(tmp_path: Path) -> None:
    lost = document(Kind.CORRECTION, LATER, ("tea", -1000, -100_00), order="older than the store")
    assert steps(tmp_path, answer(SOLD, sale(SOLD)), answer(LATER, lost)) == {
        "gross": (1, 200_00),
        "analysed": (1, 200_00),
        "unmatched_corrections": (1, 100_00),
    }


def test_what_is_no_sale_is_taken_away(tmp_path: Path) -> None:
    moved = document(Kind.OTHER, SOLD, ("tea", 1000, 70_00), order="")
    assert steps(tmp_path, answer(SOLD, sale(SOLD), moved)) == {
        "gross": (2, 270_00),
        "not_a_sale": (1, -70_00),
        "analysed": (1, 200_00),
    }


def test_how_returns_found_their_sales(tmp_path: Path) -> None:
    sold = document(Kind.SALE, SOLD, ("tea", 9000, 900_00), key="K")
    ways = [
        document(Kind.RETURN, LATER, ("tea", 1000, 100_00), number="1", base="K", link=Link.ROW),
        document(Kind.RETURN, LATER, ("tea", 2000, 200_00), number="2", base="K", link=Link.HEADER),
        document(Kind.RETURN, LATER, ("tea", 1000, 100_00), number="3", base="K", link=Link.RECEIPT),
        returned(LATER, ("tea", 1000, 90_00), number="4"),
        returned(LATER, ("tea", 1000, 80_00), order="", number="5"),
        document(Kind.CORRECTION, LATER, ("tea", 0, -10_00), number="6"),
    ]
    path = tmp_path / "sales.db"
    with opened(path) as store:
        write(store, answer(SOLD, sold), answer(LATER, *ways))
    assert [(row["link"], row["lines"], row["amount"]) for row in rows_of(analysed(path), "return_links")] == [
        (Link.ROW, 1, 100_00),
        (Link.HEADER, 1, 200_00),
        (Link.RECEIPT, 1, 100_00),
        (Link.ORDER, 1, 90_00),
        (Link.INFERRED, 1, 80_00),
    ]
