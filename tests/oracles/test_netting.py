"""The oracle of returns against examples worked by hand. Quantities are thousandths, amounts kopecks."""

import pytest

from .netting import Line, NetLine, Unmatched, net, portion, purchases, taken
from .original import Sale


def sold(quantity: int, amount: int, position: int = 0, *, day: int = 100, product: str = "tea") -> Line:
    return Line("sale", "Anna", "A", day, product, quantity, amount, position)


def returned(quantity: int, amount: int, position: int = 0, *, day: int = 110, product: str = "tea") -> Line:
    return Line("return", "Anna", "A", day, product, quantity, amount, position)


def left(lines: list[NetLine]) -> list[tuple[int, int]]:
    """Quantity and amount of each line."""
    return [(line.quantity, line.amount) for line in lines]


def unmatched(parts: list[Unmatched]) -> list[tuple[int, int]]:
    """Quantity and amount of each part."""
    return [(part.quantity, part.amount) for part in parts]


def kept(*lines: Line) -> list[Sale]:
    return purchases(net(lines)[0])


def test_without_returns_everything_is_left() -> None:
    sale = sold(2000, 5000)
    assert net([sale]) == ([NetLine(sale, 2000, 5000)], [])


def test_a_partial_return_leaves_the_rest() -> None:
    sales, parts = net([sold(5000, 50_000), returned(2000, 20_000)])
    assert left(sales) == [(3000, 30_000)]  # 5 - 2 pieces, 500 - 200 roubles
    assert parts == []


@pytest.mark.parametrize(
    "back",
    [
        Line("return", "Boris", "A", 110, "tea", 1000, 10_000, 0),
        Line("return", "Anna", "B", 110, "tea", 1000, 10_000, 0),
        Line("return", "Anna", "A", 110, "coffee", 1000, 10_000, 0),
    ],
    ids=["another buyer", "another order", "another product"],
)
def test_a_return_without_its_sale_subtracts_nothing(back: Line) -> None:
    sales, parts = net([sold(5000, 50_000), back])
    assert left(sales) == [(5000, 50_000)]
    assert parts == [Unmatched(back, 1000, 10_000)]


# First line first


def test_the_first_line_is_taken_first() -> None:
    sales, _ = net([sold(2000, 20_000, 0), sold(2000, 20_000, 1), returned(3000, 30_000)])
    assert left(sales) == [(0, 0), (1000, 10_000)]


def test_an_earlier_day_goes_before_an_earlier_position() -> None:
    sales, _ = net([sold(1000, 10_000, 0, day=101), sold(1000, 10_000, 7, day=100), returned(1000, 10_000)])
    assert [(line.sale.day, line.quantity) for line in sales] == [(100, 0), (101, 1000)]


def test_the_order_in_which_lines_come_does_not_matter() -> None:
    lines = [sold(2000, 20_000, 0), sold(2000, 20_000, 1), returned(3000, 27_000, 0), returned(2000, 20_000, 1)]
    assert net(lines) == net(lines[::-1])


def test_a_second_return_takes_what_the_first_one_left() -> None:
    sales, parts = net([sold(3000, 30_000), returned(2000, 20_000, 0), returned(2000, 20_000, 1)])
    assert left(sales) == [(0, 0)]
    assert unmatched(parts) == [(1000, 10_000)]  # one of the two pieces was still there


def test_returns_are_taken_by_day_and_position() -> None:
    early, late = returned(1000, 8_000, 5, day=110), returned(1000, 7_000, 0, day=111)
    _, parts = net([sold(1000, 10_000), late, early])
    assert parts == [Unmatched(late, 1000, 7_000)]


def test_a_return_dated_before_its_sale_is_matched_all_the_same() -> None:
    sales, parts = net([sold(1000, 10_000, day=100), returned(1000, 10_000, day=99)])
    assert (left(sales), parts) == ([(0, 0)], [])


# Money


def test_the_amount_follows_the_quantity_with_the_odd_kopeck_in_the_last_portion() -> None:
    sales, parts = net(
        [sold(1000, 5_000, 0), sold(1000, 5_000, 1), sold(1000, 5_000, 2), returned(3000, 10_000)],
    )
    # 10,000 / 3 = 3,333.33: 3,333 and 3,333, the rest is 3,334
    assert left(sales) == [(0, 1_667), (0, 1_667), (0, 1_666)]
    assert parts == []


def test_a_portion_is_cut_to_a_whole_kopeck() -> None:
    assert portion(100, 1, 3) == 33
    assert portion(100, 2, 3) == 66
    assert portion(1, 1, 2) == 0
    assert portion(100, 7, 7) == 100


def test_each_portion_is_of_what_is_still_to_give() -> None:
    sales, parts = net(
        [sold(1000, 5_000, 0), sold(1000, 5_000, 1), sold(1000, 5_000, 2), returned(3000, 11_000)],
    )
    # 11,000 / 3 = 3,666.67, so 3,666; then 7,334 / 2 = 3,667; then the 3,667 that are left
    assert left(sales) == [(0, 1_334), (0, 1_333), (0, 1_333)]
    assert parts == []


def test_a_return_of_more_than_was_sold_is_capped_and_the_rest_is_unmatched() -> None:
    sales, parts = net([sold(2000, 30_000), returned(3000, 30_001)])
    # two of three pieces: 30,001 * 2 / 3 = 20,000.67, so 20,000; the rest of the return is 10,001
    assert left(sales) == [(0, 10_000)]
    assert unmatched(parts) == [(1000, 10_001)]


def test_a_return_dearer_than_its_sale_takes_no_more_than_there_is() -> None:
    sales, parts = net([sold(2000, 20_000), returned(1000, 25_000)])
    assert left(sales) == [(1000, 0)]
    assert unmatched(parts) == [(0, 5_000)]


def test_money_over_the_cap_of_one_line_goes_on_to_the_next() -> None:
    sales, parts = net([sold(1000, 5_000, 0), sold(1000, 20_000, 1), returned(2000, 20_000)])
    # 10,000 for each piece: the first line has only 5,000, so the second gives 15,000
    assert left(sales) == [(0, 0), (0, 5_000)]
    assert parts == []


def test_money_over_the_cap_is_shared_by_all_the_lines_after_it() -> None:
    sales, parts = net(
        [sold(1000, 1_000, 0), sold(1000, 20_000, 1), sold(2000, 40_000, 2), returned(4000, 40_000)],
    )
    # 10,000 for the first piece, which has 1,000; 39,000 / 3 = 13,000 for the next; 26,000 for the last two
    assert left(sales) == [(0, 0), (0, 7_000), (0, 14_000)]
    assert parts == []


def test_money_over_the_cap_of_the_last_line_is_unmatched() -> None:
    sales, parts = net([sold(1000, 20_000, 0), sold(1000, 5_000, 1), returned(2000, 20_000)])
    # 10,000 for each piece: the last line has only 5,000, and nothing goes back to the first one
    assert left(sales) == [(0, 10_000), (0, 0)]
    assert unmatched(parts) == [(0, 5_000)]


def test_a_return_of_money_alone_takes_money_line_after_line() -> None:
    sales, parts = net([sold(2000, 2_000, 0), sold(2000, 20_000, 1), returned(0, 3_000)])
    assert left(sales) == [(2000, 0), (2000, 19_000)]
    assert parts == []


# Which sale


def cancelled(quantity: int, amount: int, position: int = 0, *, day: int = 110) -> Line:
    """A return that names nothing."""
    return Line("return", "Anna", None, day, "tea", quantity, amount, position)


def bill(day: int, quantity: int, amount: int, document: str, *, buyer: str = "Anna", product: str = "tea") -> Line:
    """A sale with a key, and an order of the same name."""
    return Line("sale", buyer, document, day, product, quantity, amount, 0, document=document)


def about(base: str, quantity: int, amount: int, *, day: int = 200, order: str | None = None) -> Line:
    """A return that names its sale in the line."""
    return Line("return", "Anna", order, day, "tea", quantity, amount, 0, base=base, link="row")


def days_left(lines: list[NetLine]) -> dict[int, int]:
    """Quantity by day of the sale."""
    return {line.sale.day: line.quantity for line in lines}


def ways(*lines: Line) -> list[tuple[int, int, str]]:
    """Day of the sale, quantity and way of everything that was taken."""
    return [(one.sale.day, one.quantity, one.way) for one in taken(lines)]


def test_what_names_nothing_comes_off_the_latest_earlier_sales() -> None:
    sales, parts = net(
        [
            bill(90, 2000, 20_000, "a"),
            bill(100, 2000, 20_000, "b"),
            bill(120, 9000, 90_000, "c"),
            cancelled(3000, 30_000),
        ]
    )
    assert days_left(sales) == {90: 1000, 100: 0, 120: 9000}  # two of day 100, one of day 90, none of the future
    assert parts == []


def test_a_sale_of_the_same_day_is_earlier() -> None:
    assert ways(bill(110, 2000, 20_000, "a"), cancelled(1000, 10_000, 1)) == [(110, 1000, "inferred")]


@pytest.mark.parametrize(("day", "found"), [(465, True), (466, False)])
def test_a_sale_is_looked_for_in_a_year_at_most(day: int, found: bool) -> None:
    assert bool(ways(bill(100, 2000, 20_000, "a"), cancelled(1000, 10_000, day=day))) is found


def test_the_sale_that_is_named_gives_whatever_the_dates() -> None:
    sales = bill(100, 2000, 20_000, "a"), bill(150, 2000, 20_000, "b")
    assert ways(*sales, about("a", 1000, 10_000)) == [(100, 1000, "row")]
    assert ways(*sales, about("a", 1000, 10_000, day=50)) == [(100, 1000, "row")]


def test_the_named_is_served_before_the_inferred() -> None:
    lines = [bill(100, 1000, 10_000, "a"), cancelled(1000, 10_000, day=110), about("a", 1000, 10_000, day=300)]
    assert ways(*lines) == [(100, 1000, "row")]


def test_more_than_the_named_sale_had_is_capped_and_does_not_spill() -> None:
    sales, parts = net([bill(100, 1000, 10_000, "a"), bill(150, 5000, 50_000, "b"), about("a", 3000, 30_000)])
    assert days_left(sales) == {100: 0, 150: 5000}
    assert unmatched(parts) == [(2000, 20_000)]


def test_a_sale_or_an_order_that_nobody_knows_is_older_than_the_store() -> None:
    this_year = bill(100, 5000, 50_000, "a")
    assert ways(this_year, about("last year's", 1000, 10_000)) == []
    assert ways(this_year, Line("return", "Anna", "last year's", 110, "tea", 1000, 10_000, 0)) == []


def test_a_named_sale_without_that_product_leads_on() -> None:
    coffee, tea = bill(100, 1000, 10_000, "a", product="coffee"), bill(90, 1000, 10_000, "b")
    assert ways(coffee, tea, about("a", 1000, 10_000, order="b")) == [(90, 1000, "order")]
    assert ways(coffee, tea, about("a", 1000, 10_000)) == [(90, 1000, "inferred")]


def test_a_return_of_another_customers_sale_counts_against_that_customer() -> None:
    anna, boris = bill(100, 1000, 10_000, "a"), bill(101, 1000, 10_000, "b", buyer="Boris")
    assert ways(anna, boris, about("b", 1000, 10_000)) == [(101, 1000, "row")]


# Corrections


def corrected(quantity: int, amount: int, *, order: str | None = "A", day: int = 105) -> Line:
    return Line("correction", "Anna", order, day, "tea", quantity, amount, 0)


def test_a_correction_downward_works_like_a_return() -> None:
    assert left(net([sold(5000, 50_000), corrected(-3000, -30_000)])[0]) == [(2000, 20_000)]


def test_a_correction_of_the_price_leaves_the_quantity() -> None:
    assert left(net([sold(5000, 50_000), corrected(0, -5_000)])[0]) == [(5000, 45_000)]
    assert left(net([sold(5000, 50_000), corrected(0, 5_000)])[0]) == [(5000, 55_000)]


def test_a_correction_upward_is_added_to_the_first_line() -> None:
    assert left(net([sold(1000, 10_000, 0), sold(1000, 10_000, 1), corrected(2000, 20_000)])[0]) == [
        (3000, 30_000),
        (1000, 10_000),
    ]


def test_fewer_pieces_for_more_money() -> None:
    assert left(net([sold(3000, 30_000), corrected(-1000, 5_000)])[0]) == [(2000, 35_000)]


def test_corrections_come_before_returns() -> None:
    sales, parts = net([sold(1000, 10_000), returned(2000, 20_000, day=101), corrected(1000, 10_000, day=300)])
    assert (left(sales), parts) == ([(0, 0)], [])


def test_a_correction_without_its_sale_changes_nothing() -> None:
    sales, parts = net([sold(1000, 10_000), corrected(-1000, -10_000, order="B")])
    assert (left(sales), unmatched(parts)) == ([(1000, 10_000)], [(-1000, -10_000)])


# Gifts: lines under ten roubles


def test_a_returned_gift_comes_off_the_gift_line_though_it_stands_second() -> None:
    sales, parts = net([sold(1000, 20_000, 0), sold(1000, 1, 1), returned(1000, 1)])
    assert left(sales) == [(1000, 20_000), (0, 0)]
    assert parts == []


def test_a_returned_gift_goes_on_to_ordinary_lines_when_the_gifts_are_used_up() -> None:
    sales, parts = net([sold(5000, 50_000, 0), sold(1000, 100, 1), returned(3000, 300)])
    # 300 for three pieces: 100 off the gift, 200 for the two ordinary ones
    assert left(sales) == [(3000, 49_800), (0, 0)]
    assert parts == []


def test_an_ordinary_return_never_takes_a_gift() -> None:
    sales, parts = net([sold(1000, 1, 0), sold(1000, 20_000, 1), returned(2000, 40_000)])
    assert left(sales) == [(1000, 1), (0, 0)]
    assert unmatched(parts) == [(1000, 20_000)]


def test_ten_roubles_are_no_gift() -> None:
    # a return of 999 kopecks goes for the gift line of 999, one of 1,000 for the ordinary line of 1,000
    lines = [sold(1000, 1_000, 0), sold(1000, 999, 1)]
    assert left(net([*lines, returned(1000, 999)])[0]) == [(1000, 1_000), (0, 0)]
    assert left(net([*lines, returned(1000, 1_000)])[0]) == [(0, 0), (1000, 999)]


def test_an_ordinary_line_does_not_become_a_gift_by_returns() -> None:
    sales, _ = net([sold(2000, 10_000), returned(1000, 9_500, 0), returned(1000, 1_000, 1)])
    assert left(sales) == [(0, 0)]  # 500 kopecks were left for the second return, and it took them


# Purchases


def test_a_shipment_is_one_purchase_with_the_money_that_is_left() -> None:
    assert kept(
        sold(2000, 20_000, 0),
        sold(1000, 7_000, 1, product="coffee"),
        returned(1000, 10_000),
    ) == [Sale("Anna", "A", 100, 17_000)]


def test_a_full_return_is_no_purchase() -> None:
    assert kept(sold(2000, 20_000), returned(2000, 20_000)) == []


def test_a_full_return_is_no_purchase_even_when_some_money_stayed() -> None:
    assert kept(sold(2000, 20_000), returned(2000, 15_000)) == []


def test_money_of_a_returned_line_stays_in_a_shipment_that_was_kept() -> None:
    assert kept(
        sold(1000, 20_000, 0),
        sold(1000, 7_000, 1, product="coffee"),
        returned(1000, 15_000),
    ) == [Sale("Anna", "A", 100, 12_000)]  # 5,000 of the tea and 7,000 of the coffee


def test_goods_kept_for_no_money_are_still_a_purchase() -> None:
    assert kept(sold(2000, 20_000), returned(1000, 20_000)) == [Sale("Anna", "A", 100, 0)]


def test_of_an_order_in_two_shipments_the_returned_one_disappears() -> None:
    assert kept(
        sold(1000, 10_000, day=100),
        sold(2000, 30_000, day=105),
        returned(1000, 10_000, day=106),
    ) == [Sale("Anna", "A", 105, 30_000)]


def test_a_service_without_quantity_is_a_purchase_while_it_has_money() -> None:
    assert kept(sold(0, 20_000)) == [Sale("Anna", "A", 100, 20_000)]


def test_a_service_does_not_keep_a_shipment_whose_goods_came_back() -> None:
    assert kept(sold(0, 5_000, 0, product="delivery"), sold(1000, 20_000, 1), returned(1000, 20_000)) == []


def test_gifts_are_no_purchases_and_keep_no_shipment() -> None:
    assert kept(sold(1000, 100)) == []
    assert kept(sold(1000, 20_000, 0), sold(1000, 100, 1), returned(1000, 20_000)) == []
    assert kept(sold(1000, 20_000, 0), sold(1000, 100, 1)) == [Sale("Anna", "A", 100, 20_000)]
