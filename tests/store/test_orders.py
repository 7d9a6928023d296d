"""What an order is, and what returns leave of it."""

import sqlite3
from dataclasses import replace
from itertools import permutations

import pytest

from rfm_service.records import DayAnswer, SaleLine
from rfm_service.store import verify

from .builders import GIFT_BELOW, NOT_GIVEN, RULES, answer, bought, on, returned, rows, sale, write

SOLD, LATER, MUCH_LATER = on("2026-10-05"), on("2026-10-06"), on("2027-02-10")


def left(store: sqlite3.Connection, *answers: DayAnswer) -> list[tuple[int, str, int]]:
    """The purchases (day, order, amount) after these days."""
    write(store, *answers)
    assert verify.wrong_orders(store, GIFT_BELOW) == 0
    return bought(store)


# Orders


def test_an_order_shipped_on_two_days_has_two_rows(store: sqlite3.Connection) -> None:
    assert left(store, answer(SOLD, sale(SOLD)), answer(LATER, sale(LATER, ("cup", 1000, 50_00)))) == [
        (SOLD, "A", 200_00),
        (LATER, "A", 50_00),
    ]
    assert store.execute("SELECT count(DISTINCT order_id) FROM orders").fetchone() == (1,)


def test_two_documents_of_one_order_and_day_are_one_row(store: sqlite3.Connection) -> None:
    documents = sale(SOLD, number="1"), sale(SOLD, ("tea", 1000, 90_00), ("cup", 1000, 10_00), number="2")
    assert left(store, answer(SOLD, *documents)) == [(SOLD, "A", 300_00)]
    assert [row.items for row in rows(store)] == [2]


def test_an_order_number_that_repeats_next_year_is_another_order(store: sqlite3.Connection) -> None:
    left(
        store,
        answer(SOLD, sale(SOLD, order_day=on("2026-10-01"))),
        answer(MUCH_LATER, sale(MUCH_LATER, order_day=on("2027-02-01"))),
    )
    assert [row.order for row in rows(store)] == [("A", 2026, 0), ("A", 2027, 0)]


def test_the_year_of_an_order_is_that_of_the_order_and_not_of_the_shipment(store: sqlite3.Connection) -> None:
    left(store, answer(MUCH_LATER, sale(MUCH_LATER, order_day=on("2026-12-30"))))
    assert [row.order for row in rows(store)] == [("A", 2026, 0)]


def test_without_a_date_an_order_is_of_the_year_of_its_sale(store: sqlite3.Connection) -> None:
    left(store, answer(MUCH_LATER, sale(MUCH_LATER, order_day=NOT_GIVEN)))
    assert [row.order for row in rows(store)] == [("A", 2027, 0)]


def test_equal_numbers_of_two_buyers_are_two_orders(store: sqlite3.Connection) -> None:
    left(store, answer(SOLD, sale(SOLD), sale(SOLD, buyer="Boris")))
    assert [(row.buyer, row.amount) for row in rows(store)] == [("Anna", 200_00), ("Boris", 200_00)]


def test_a_sale_without_an_order_is_its_own_order_of_its_month(store: sqlite3.Connection) -> None:
    days = [on("2026-10-05"), on("2026-11-05"), on("2027-10-05")]
    left(store, *(answer(day, sale(day, order="", number="7")) for day in days))
    assert [row.order for row in rows(store)] == [("7", 2026, 10), ("7", 2026, 11), ("7", 2027, 10)]


def test_a_sale_without_an_order_does_not_join_the_order_of_that_number(store: sqlite3.Connection) -> None:
    left(store, answer(SOLD, sale(SOLD, order="", number="7"), sale(SOLD, order="7")))
    assert [(row.order, row.amount) for row in rows(store)] == [(("7", 2026, 0), 200_00), (("7", 2026, 10), 200_00)]


def test_lines_that_are_not_accepted_make_no_order(store: sqlite3.Connection) -> None:
    assert left(store, answer(SOLD, sale(SOLD, buyer="Own Ltd"), sale(SOLD, ("cup", 1000, 9_99)))) == []


# Returns


def test_a_full_return_is_no_purchase(store: sqlite3.Connection) -> None:
    days = answer(SOLD, sale(SOLD)), answer(LATER, returned(LATER, ("tea", 2000, 200_00)))
    assert left(store, *days) == []
    assert [row[3:] for row in rows(store)] == [(0, 0, 0)]  # the row stays, as no purchase


def test_a_full_return_for_less_money_is_no_purchase_either(store: sqlite3.Connection) -> None:
    days = answer(SOLD, sale(SOLD)), answer(LATER, returned(LATER, ("tea", 2000, 150_00)))
    assert left(store, *days) == []
    assert [row[3:] for row in rows(store)] == [(50_00, 0, 0)]


def test_a_partial_return_leaves_the_rest(store: sqlite3.Connection) -> None:
    days = answer(SOLD, sale(SOLD)), answer(LATER, returned(LATER, ("tea", 1000, 100_00)))
    assert left(store, *days) == [(SOLD, "A", 100_00)]


def test_a_returned_product_is_no_item_any_more(store: sqlite3.Connection) -> None:
    goods = sale(SOLD, ("tea", 1000, 100_00), ("cup", 1000, 50_00))
    assert left(store, answer(SOLD, goods), answer(LATER, returned(LATER, ("cup", 1000, 50_00)))) == [
        (SOLD, "A", 100_00)
    ]
    assert [row.items for row in rows(store)] == [1]


def test_a_return_months_later_is_taken_off_the_day_of_the_sale(store: sqlite3.Connection) -> None:
    days = answer(SOLD, sale(SOLD)), answer(MUCH_LATER, returned(MUCH_LATER, ("tea", 1000, 100_00)))
    assert left(store, *days) == [(SOLD, "A", 100_00)]


def test_a_return_that_is_corrected_away_gives_the_purchase_back(store: sqlite3.Connection) -> None:
    days = answer(SOLD, sale(SOLD)), answer(LATER, returned(LATER, ("tea", 2000, 200_00)))
    assert left(store, *days, answer(LATER)) == [(SOLD, "A", 200_00)]


def test_a_sale_that_is_corrected_is_netted_again(store: sqlite3.Connection) -> None:
    days = answer(SOLD, sale(SOLD)), answer(LATER, returned(LATER, ("tea", 2000, 200_00)))
    assert left(store, *days, answer(SOLD, sale(SOLD, ("tea", 3000, 330_00)))) == [(SOLD, "A", 130_00)]


def test_a_return_of_more_than_was_sold_is_capped(store: sqlite3.Connection) -> None:
    goods = sale(SOLD, ("tea", 2000, 200_00), ("cup", 1000, 50_00))
    # two of three pieces: 300.01 * 2 / 3 = 200.00 roubles, cut to a kopeck
    assert left(store, answer(SOLD, goods), answer(LATER, returned(LATER, ("tea", 3000, 300_01)))) == [
        (SOLD, "A", 50_00)
    ]
    assert store.execute("SELECT quantity, amount FROM return_match").fetchall() == [(2000, 200_00)]


def test_money_that_one_line_lacks_is_taken_off_the_next(store: sqlite3.Connection) -> None:
    goods = sale(SOLD, ("tea", 1000, 50_00), ("tea", 1000, 200_00), ("cup", 1000, 10_00))
    assert left(store, answer(SOLD, goods), answer(LATER, returned(LATER, ("tea", 2000, 200_00)))) == [
        (SOLD, "A", 60_00)  # 50 of 50 and 150 of 200 roubles went back
    ]


def test_the_earlier_shipment_gives_first(store: sqlite3.Connection) -> None:
    days = answer(SOLD, sale(SOLD)), answer(LATER, sale(LATER))
    back = answer(LATER + 1, returned(LATER + 1, ("tea", 3000, 300_00)))
    assert left(store, *days, back) == [(LATER, "A", 100_00)]


def test_two_returns_do_not_take_the_same_piece(store: sqlite3.Connection) -> None:
    back = ("tea", 1000, 100_00)
    returns = [answer(day, returned(day, back)) for day in (LATER, LATER + 1, LATER + 2)]
    assert left(store, answer(SOLD, sale(SOLD, ("tea", 3000, 330_00))), *returns[:2]) == [(SOLD, "A", 130_00)]
    assert left(store, returns[2]) == []


@pytest.mark.parametrize(
    "back",
    [
        returned(LATER, ("tea", 2000, 200_00), order="B"),
        returned(LATER, ("tea", 2000, 200_00), buyer="Boris"),
        returned(LATER, ("coffee", 2000, 200_00)),
        returned(LATER, ("tea", 2000, 200_00), order_day=on("2025-10-01")),
    ],
    ids=["another order", "another buyer", "another product", "last year's order"],
)
def test_a_return_without_its_sale_subtracts_nothing(store: sqlite3.Connection, back: list[SaleLine]) -> None:
    days = answer(SOLD, sale(SOLD)), answer(LATER, back)
    assert left(store, *days) == [(SOLD, "A", 200_00)]
    assert store.execute("SELECT count(*) FROM return_match").fetchone() == (0,)


def test_a_return_of_an_own_company_is_not_looked_at(store: sqlite3.Connection) -> None:
    own = [sale(SOLD, buyer="Own Ltd"), returned(SOLD, ("tea", 2000, 200_00), buyer="Own Ltd")]
    assert left(store, answer(SOLD, *own)) == []
    assert store.execute("SELECT count(*) FROM return_match").fetchone() == (0,)


# The year of a return that names its order without a date


def test_a_return_without_an_order_date_finds_the_latest_order_of_that_number(store: sqlite3.Connection) -> None:
    dates = {2024: "2024-05-01", 2025: "2025-05-01"}
    sales = [answer(on(day), sale(on(day), order_day=on(day))) for day in dates.values()]
    back = answer(LATER, returned(LATER, ("tea", 1000, 100_00), order_day=NOT_GIVEN))
    assert left(store, *sales, back) == [(on("2024-05-01"), "A", 200_00), (on("2025-05-01"), "A", 100_00)]


def test_a_return_without_an_order_date_does_not_look_into_the_future(store: sqlite3.Connection) -> None:
    sales = [answer(day, sale(day, order_day=day)) for day in (SOLD, MUCH_LATER)]
    back = answer(LATER, returned(LATER, ("tea", 1000, 100_00), order_day=NOT_GIVEN))
    assert left(store, *sales, back) == [(SOLD, "A", 100_00), (MUCH_LATER, "A", 200_00)]


def test_a_return_without_an_order_date_looks_at_real_orders_only(store: sqlite3.Connection) -> None:
    early = on("2025-05-01")
    sales = [answer(early, sale(early, order_day=early)), answer(SOLD, sale(SOLD, order="", number="A"))]
    back = answer(LATER, returned(LATER, ("tea", 1000, 100_00), order_day=NOT_GIVEN))
    assert left(store, *sales, back) == [(early, "A", 100_00), (SOLD, "A", 200_00)]


def test_a_return_without_an_order_date_looks_at_its_own_buyer_only(store: sqlite3.Connection) -> None:
    early = on("2025-05-01")
    sales = [
        answer(early, sale(early, order_day=early)),
        answer(SOLD, sale(SOLD, buyer="Boris")),
    ]
    back = answer(LATER, returned(LATER, ("tea", 1000, 100_00), order_day=NOT_GIVEN))
    assert left(store, *sales, back) == [(early, "A", 100_00), (SOLD, "A", 200_00)]


# Gifts


def test_a_returned_gift_comes_off_the_gift(store: sqlite3.Connection) -> None:
    goods = sale(SOLD, ("tea", 1000, 200_00), ("tea", 1000, 1))
    assert left(store, answer(SOLD, goods), answer(LATER, returned(LATER, ("tea", 1000, 1)))) == [(SOLD, "A", 200_00)]
    assert store.execute("SELECT sale_position FROM return_match").fetchall() == [(1,)]


def test_an_ordinary_return_never_takes_a_gift(store: sqlite3.Connection) -> None:
    goods = sale(SOLD, ("tea", 1000, 1), ("tea", 1000, 200_00), ("cup", 1000, 50_00))
    assert left(store, answer(SOLD, goods), answer(LATER, returned(LATER, ("tea", 2000, 400_00)))) == [
        (SOLD, "A", 50_00)
    ]
    assert store.execute("SELECT sale_position, quantity FROM return_match").fetchall() == [(1, 1000)]


def test_ten_roubles_are_no_gift(store: sqlite3.Connection) -> None:
    goods = sale(SOLD, ("tea", 1000, 9_99), ("tea", 1000, 10_00))
    assert left(store, answer(SOLD, goods)) == [(SOLD, "A", 10_00)]
    assert left(store, answer(LATER, returned(LATER, ("tea", 1000, 9_99)))) == [(SOLD, "A", 10_00)]
    assert left(store, answer(LATER, returned(LATER, ("tea", 1000, 10_00)))) == []


def test_a_gift_keeps_no_shipment(store: sqlite3.Connection) -> None:
    goods = sale(SOLD, ("tea", 1000, 200_00), ("cup", 1000, 1))
    assert left(store, answer(SOLD, goods), answer(LATER, returned(LATER, ("tea", 1000, 200_00)))) == []


# Services


def test_a_service_without_quantity_is_a_purchase(store: sqlite3.Connection) -> None:
    assert left(store, answer(SOLD, sale(SOLD, ("delivery", 0, 200_00)))) == [(SOLD, "A", 200_00)]


def test_a_service_for_nothing_is_no_purchase(store: sqlite3.Connection) -> None:
    no_gifts = replace(RULES, gift_below=0)
    write(store, answer(SOLD, sale(SOLD, ("delivery", 0, 0)), sale(SOLD, ("tea", 1000, 0), order="B")), rules=no_gifts)
    assert bought(store) == [(SOLD, "B", 0)]


def test_a_service_does_not_keep_a_shipment_whose_goods_came_back(store: sqlite3.Connection) -> None:
    goods = sale(SOLD, ("delivery", 0, 50_00), ("tea", 1000, 200_00))
    assert left(store, answer(SOLD, goods), answer(LATER, returned(LATER, ("tea", 1000, 200_00)))) == []


# The order of arrival


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_days_may_arrive_in_any_order(store: sqlite3.Connection, order: tuple[int, ...]) -> None:
    days = [
        answer(SOLD, sale(SOLD)),
        answer(LATER, sale(LATER, ("tea", 1000, 120_00)), returned(LATER, ("tea", 1000, 90_00))),
        answer(MUCH_LATER, returned(MUCH_LATER, ("tea", 1000, 110_00))),
    ]
    # 90 roubles of the first piece, the second gives what it has left: 110 of 110
    assert left(store, *(days[place] for place in order)) == [(LATER, "A", 120_00)]


def test_a_return_without_an_order_date_finds_last_years_order(store: sqlite3.Connection) -> None:
    back = answer(MUCH_LATER, returned(MUCH_LATER, ("tea", 1000, 100_00), order_day=NOT_GIVEN))
    assert left(store, answer(SOLD, sale(SOLD)), back) == [(SOLD, "A", 100_00)]


def test_a_return_without_an_order_date_may_arrive_before_its_sale(store: sqlite3.Connection) -> None:
    back = answer(MUCH_LATER, returned(MUCH_LATER, ("tea", 1000, 100_00), order_day=NOT_GIVEN))
    assert left(store, back, answer(SOLD, sale(SOLD))) == [(SOLD, "A", 100_00)]


def test_an_order_that_was_corrected_away_attracts_no_returns(store: sqlite3.Connection) -> None:
    early, mistake = on("2025-11-10"), on("2026-01-10")
    sales = [answer(early, sale(early, order_day=early)), answer(mistake, sale(mistake, order_day=mistake))]
    back = answer(SOLD, returned(SOLD, ("tea", 1000, 100_00), order_day=NOT_GIVEN))
    assert left(store, *sales, answer(mistake), back) == [(early, "A", 100_00)]
