"""The tables of the report in small stories. Money is kopecks."""

from pathlib import Path

import msgspec

from rfm_service.clock import month_of
from rfm_service.records import DayAnswer
from rfm_service.store.connection import opened
from tests.store.builders import answer, on, returned, sale, write

from .builders import analysed, measured, rows_of

OCTOBER, NOVEMBER = on("2026-10-30"), on("2026-11-02")


def tables(folder: Path, name: str, *answers: DayAnswer) -> list[tuple[object, ...]]:
    """The rows of a model after these days."""
    with opened(folder / "sales.db") as store:
        write(store, *answers)
    return [tuple(row.values()) for row in rows_of(analysed(folder / "sales.db"), name)]


def test_an_order_in_two_months_is_an_order_of_the_first(tmp_path: Path) -> None:
    days = answer(OCTOBER, sale(OCTOBER)), answer(NOVEMBER, sale(NOVEMBER), sale(NOVEMBER, buyer="Boris"))
    assert tables(tmp_path, "months", *days) == [
        (month_of(OCTOBER), 200_00, 1, 1),
        (month_of(NOVEMBER), 400_00, 1, 2),
    ]


def test_a_month_can_have_sales_and_no_order_of_its_own(tmp_path: Path) -> None:
    days = answer(OCTOBER, sale(OCTOBER)), answer(NOVEMBER, sale(NOVEMBER))
    assert tables(tmp_path, "months", *days)[1] == (month_of(NOVEMBER), 200_00, 0, 1)


def test_features_of_a_product_are_one_product(tmp_path: Path) -> None:
    (white,) = sale(OCTOBER, ("cup", 1000, 100_00))
    black = msgspec.structs.replace(white, feature="black")
    day = answer(OCTOBER, [white, black], sale(OCTOBER, ("tea", 1000, 50_00), order="B"))
    assert tables(tmp_path, "product_totals", day) == [("cup", 200_00, 1), ("tea", 50_00, 1)]


def test_a_returned_product_has_no_order(tmp_path: Path) -> None:
    goods = sale(OCTOBER, ("cup", 1000, 100_00), ("tea", 1000, 50_00))
    days = answer(OCTOBER, goods), answer(NOVEMBER, returned(NOVEMBER, ("cup", 1000, 100_00)))
    assert tables(tmp_path, "product_totals", *days) == [("tea", 50_00, 1)]


def test_a_product_kept_for_no_money_has_its_order(tmp_path: Path) -> None:
    goods = sale(OCTOBER, ("cup", 2000, 100_00), ("tea", 1000, 50_00))
    days = answer(OCTOBER, goods), answer(NOVEMBER, returned(NOVEMBER, ("cup", 1000, 100_00)))
    assert tables(tmp_path, "product_totals", *days) == [("tea", 50_00, 1), ("cup", 0, 1)]


def test_money_of_a_returned_product_stays_with_the_product(tmp_path: Path) -> None:
    goods = sale(OCTOBER, ("cup", 1000, 100_00), ("tea", 1000, 50_00))
    days = answer(OCTOBER, goods), answer(NOVEMBER, returned(NOVEMBER, ("cup", 1000, 70_00)))
    assert tables(tmp_path, "product_totals", *days) == [("tea", 50_00, 1), ("cup", 30_00, 1)]


def test_a_gift_is_no_product_of_the_report(tmp_path: Path) -> None:
    day = answer(OCTOBER, sale(OCTOBER, ("tea", 1000, 50_00), ("cup", 1000, 1)))
    assert tables(tmp_path, "product_totals", day) == [("tea", 50_00, 1)]


def test_the_size_of_an_order_is_that_of_its_shipments(tmp_path: Path) -> None:
    days = (
        answer(OCTOBER, sale(OCTOBER, ("tea", 1000, 50_00), ("cup", 1000, 20_00))),
        answer(NOVEMBER, sale(NOVEMBER, ("hat", 1000, 10_00)), sale(NOVEMBER, buyer="Boris")),
    )
    assert [row[1:] for row in tables(tmp_path, "order_sizes", *days)] == [(80_00, 3), (200_00, 1)]


def test_a_customer_who_kept_goods_for_no_money_is_a_customer(tmp_path: Path) -> None:
    days = answer(OCTOBER, sale(OCTOBER)), answer(NOVEMBER, returned(NOVEMBER, ("tea", 1000, 200_00)))
    with opened(tmp_path / "sales.db") as store:
        write(store, *days)
    anna = measured(analysed(tmp_path / "sales.db"))["Anna"]
    assert (anna["frequency"], anna["monetary"], anna["segment"], anna["tier"]) == (1, 0, "newcomers", "retail")
