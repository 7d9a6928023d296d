"""The oracle of measures against examples worked by hand."""

from datetime import date
from fractions import Fraction

import pytest

from .original import Customer, Sale, customers, mean_interval, month_pair, segment_of, tier_of

ANNA = "Anna"


def on(text: str) -> int:
    """The day number of an ISO date."""
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def sale(day: str, roubles: int, order: str = "A", buyer: str = ANNA) -> Sale:
    return Sale(buyer, order, on(day), roubles * 100)


def anna(*sales: Sale, reference_day: str, horizon: int = 365) -> Customer:
    return customers(sales, on(reference_day), horizon)[ANNA]


def interval(*gaps: int) -> int:
    """The mean interval of orders with these gaps, newest first."""
    days = [20_000]
    for gap in gaps:
        days.append(days[-1] - gap)
    return mean_interval(days)


def test_a_day_is_counted_from_1970() -> None:
    assert on("1970-01-01") == 0
    assert on("2026-11-20") == 20_777  # 56 years * 365 + 14 leap days + 323 days from January 1 to November 20


def test_every_measure_of_one_customer() -> None:
    bought = anna(
        sale("2026-02-10", 1_000, "A"),
        sale("2026-02-10", 500, "A"),
        sale("2026-03-12", 4_000, "B"),
        sale("2026-05-01", 2_500, "C"),
        reference_day="2026-05-11",
    )
    assert bought == Customer(
        recency=10,  # May 1 to May 11
        frequency=3,
        monetary=8_000_00,
        order_interval=40,  # gaps 50 (March 12 to May 1) and 30 (February 10 to March 12)
        two_month_sum=Fraction(8_000_00, 3),  # 1,500 and 4,000 and 2,500 roubles in three pairs
        first_day=on("2026-02-10"),
        last_day=on("2026-05-01"),
        segment="promising",  # three orders, silent for no more than 45 days
        tier="retail",
    )


def test_buyers_do_not_mix_even_with_one_order_key() -> None:
    found = customers([sale("2026-05-01", 10), sale("2026-05-03", 7, buyer="Boris")], on("2026-05-11"))
    assert {buyer: (one.recency, one.monetary) for buyer, one in found.items()} == {
        "Anna": (10, 10_00),
        "Boris": (8, 7_00),
    }


def test_nobody_bought() -> None:
    assert customers([], on("2026-05-11")) == {}


# The horizon: D-365 to D-1


def test_the_first_and_the_last_day_of_the_horizon_are_inside() -> None:
    bought = anna(
        sale("2025-05-10", 1, "too old"),  # D-366
        sale("2025-05-11", 20, "oldest"),  # D-365
        sale("2026-05-10", 300, "newest"),  # D-1
        sale("2026-05-11", 4_000, "today"),  # D
        reference_day="2026-05-11",
    )
    assert (bought.recency, bought.frequency, bought.monetary) == (1, 2, 320_00)
    assert (bought.first_day, bought.last_day) == (on("2025-05-11"), on("2026-05-10"))
    assert bought.order_interval == 364


def test_a_buyer_outside_the_horizon_is_no_customer() -> None:
    assert customers([sale("2025-05-10", 1), sale("2026-05-11", 1)], on("2026-05-11")) == {}


def test_a_leap_day_makes_the_horizon_start_a_date_later() -> None:
    # 2024-02-29 lies between: 365 days before 2024-03-01 is 2023-03-02, not 2023-03-01.
    found = customers([sale("2023-03-01", 1), sale("2023-03-02", 1, buyer="Boris")], on("2024-03-01"))
    assert list(found) == ["Boris"]
    assert found["Boris"].recency == 365


def test_the_horizon_can_be_shorter() -> None:
    bought = anna(
        sale("2026-04-10", 1, "A"),  # D-31
        sale("2026-04-11", 2, "B"),  # D-30
        reference_day="2026-05-11",
        horizon=30,
    )
    assert (bought.frequency, bought.monetary) == (1, 2_00)


# Orders and their days


def test_an_order_shipped_twice_is_one_order_on_its_first_day_and_fresh_by_its_last() -> None:
    bought = anna(
        sale("2026-03-01", 1, "A"),
        sale("2026-04-01", 1, "B"),
        sale("2026-05-01", 1, "A"),
        reference_day="2026-05-11",
    )
    assert bought.frequency == 2
    assert bought.order_interval == 31  # order A is of March 1, order B of April 1
    assert bought.recency == 10  # the last sale is of May 1


def test_an_order_that_began_before_the_horizon_has_its_first_day_inside_it() -> None:
    bought = anna(
        sale("2025-05-01", 1, "A"),
        sale("2025-06-01", 1, "A"),
        sale("2025-06-11", 1, "B"),
        reference_day="2026-05-11",
    )
    assert bought.order_interval == 10
    assert bought.first_day == on("2025-06-01")


def test_two_orders_of_one_day_make_no_gap() -> None:
    bought = anna(sale("2026-05-01", 1, "A"), sale("2026-05-01", 1, "B"), reference_day="2026-05-11")
    assert (bought.frequency, bought.order_interval) == (2, 0)


# The mean interval, branch by branch


def test_a_single_order_day_has_no_interval() -> None:
    assert interval() == 0


@pytest.mark.parametrize("gap", [1, 29, 120, 121, 180, 181, 364])
def test_one_gap_is_the_interval(gap: int) -> None:
    assert interval(gap) == gap


@pytest.mark.parametrize("older", [(10,), (10, 20), (10, 20, 30)])
def test_after_a_long_silence_with_fewer_than_five_gaps_the_interval_is_the_silence(older: tuple[int, ...]) -> None:
    assert interval(121, *older) == 121


def test_after_a_long_silence_with_five_gaps_the_interval_is_the_mean_of_the_next_three() -> None:
    assert interval(121, 10, 20, 60, 99) == 30  # (10 + 20 + 60) / 3


def test_a_silence_of_exactly_120_days_is_not_long() -> None:
    # (120 + 10 + 20) / 3 = 50, so up to 180 days: 120 + 10 + 20 = 150, and 60 more would be 210
    assert interval(120, 10, 20, 60, 99) == 50


def test_a_silence_of_exactly_120_days_with_tiny_gaps_before_it_still_goes_by_180_days() -> None:
    # (120 + 1 + 1) / 3 is over 30, so up to 180 days: 120 + 1 + 1 + 50 = 172, and 9 more would be 181
    assert interval(120, 1, 1, 50, 9) == 43  # 172 / 4


def test_a_frequent_buyer_goes_by_120_days() -> None:
    # (20 + 30 + 30) / 3 = 26.7: 20 + 30 + 30 = 80, and 41 more would be 121
    assert interval(20, 30, 30, 41, 1) == 27  # 80 / 3 = 26.67


def test_a_sum_of_exactly_120_days_has_not_passed() -> None:
    assert interval(20, 30, 30, 40, 1) == 30  # (20 + 30 + 30 + 40) / 4; one more day would be 121


def test_a_rare_buyer_goes_by_180_days() -> None:
    # (40 + 50 + 60) / 3 = 50: 40 + 50 + 60 = 150, and 31 more would be 181
    assert interval(40, 50, 60, 31, 1) == 50


def test_a_sum_of_exactly_180_days_has_not_passed() -> None:
    assert interval(40, 50, 60, 30, 1) == 45  # 180 / 4


def test_a_mean_of_exactly_30_is_rare() -> None:
    # (30 + 30 + 30) / 3 = 30 is not under 30, so the gap of 70 is inside: 30 + 30 + 30 + 70 = 160
    assert interval(30, 30, 30, 70) == 40


def test_a_mean_just_under_30_is_frequent() -> None:
    # (29 + 30 + 30) / 3 = 29.67 is under 30, though it rounds to 30: 89 days, and 70 more would be 159
    assert interval(29, 30, 30, 70) == 30  # 89 / 3 = 29.67


def test_only_the_first_three_gaps_say_whether_a_buyer_is_frequent() -> None:
    # (10 + 10 + 10) / 3 = 10, so up to 120 days: 30 days, and 100 more would be 130
    assert interval(10, 10, 10, 100, 100) == 10


def test_the_third_gap_can_make_a_buyer_rare() -> None:
    # (10 + 10 + 80) / 3 = 33.3, so up to 180 days: 10 + 10 + 80 + 70 = 170
    assert interval(10, 10, 80, 70) == 42  # 42.5, to the even 42


def test_two_gaps_are_judged_by_the_mean_of_two() -> None:
    assert interval(10, 49) == 30  # mean 29.5 is frequent: 59 days of 120, 29.5 goes to the even 30
    assert interval(10, 115) == 62  # mean 62.5 is rare: 125 days of 180, 62.5 goes to the even 62
    assert interval(60, 121) == 60  # 60 + 121 = 181 passes 180


def test_gaps_after_the_one_that_passes_do_not_come_back() -> None:
    assert interval(20, 20, 20, 100, 1, 1) == 20


def test_all_gaps_count_when_their_sum_never_passes() -> None:
    assert interval(5, 10, 15, 20) == 12  # 50 / 4 = 12.5, to the even 12


@pytest.mark.parametrize(
    ("gaps", "rounded"),
    [
        ((1, 2), 2),  # 1.5
        ((2, 3), 2),  # 2.5
        ((3, 4), 4),  # 3.5
        ((1, 1, 2), 1),  # 1.33
        ((1, 2, 2), 2),  # 1.67
        ((1, 1, 1, 3), 2),  # 6 / 4 = 1.5
        ((130, 1, 1, 3, 9), 2),  # 5 / 3 = 1.67
        ((130, 2, 2, 3, 9), 2),  # 7 / 3 = 2.33
    ],
)
def test_a_mean_is_rounded_half_to_even(gaps: tuple[int, ...], rounded: int) -> None:
    assert interval(*gaps) == rounded


def test_a_leap_day_is_a_day_of_the_gap() -> None:
    leap = anna(sale("2024-02-28", 1, "A"), sale("2024-03-01", 1, "B"), reference_day="2024-03-02")
    plain = anna(sale("2025-02-28", 1, "A"), sale("2025-03-01", 1, "B"), reference_day="2025-03-02")
    assert (leap.order_interval, plain.order_interval) == (2, 1)


# The two-month sum


@pytest.mark.parametrize(
    ("day", "pair"),
    [
        ("2026-01-01", 0),
        ("2026-02-28", 0),
        ("2024-02-29", 0),
        ("2023-03-01", 1),
        ("2024-03-01", 1),
        ("2026-03-01", 1),
        ("2026-04-30", 1),
        ("2026-05-01", 2),
        ("2026-06-30", 2),
        ("2026-07-01", 3),
        ("2026-08-31", 3),
        ("2026-09-01", 4),
        ("2026-10-31", 4),
        ("2026-11-01", 5),
        ("2026-12-31", 5),
    ],
)
def test_month_pairs_start_with_the_odd_months(day: str, pair: int) -> None:
    assert month_pair(on(day)) == pair


def test_pairs_without_a_purchase_do_not_count() -> None:
    bought = anna(
        sale("2026-01-31", 100, "A"),
        sale("2026-02-01", 200, "B"),
        sale("2026-09-01", 500, "C"),
        reference_day="2026-10-01",
    )
    assert bought.two_month_sum == 400_00  # (300 + 500) / 2


def test_the_two_ends_of_the_horizon_share_a_pair() -> None:
    bought = anna(
        sale("2025-11-25", 100, "A"),
        sale("2026-01-10", 60, "B"),
        sale("2026-11-10", 200, "C"),
        reference_day="2026-11-20",
    )
    assert bought.two_month_sum == 180_00  # (100 + 200 in November-December, 60 in January-February) / 2


def test_neighbouring_months_of_different_pairs_stay_apart() -> None:
    bought = anna(sale("2025-12-31", 100, "A"), sale("2026-01-01", 200, "B"), reference_day="2026-02-01")
    assert bought.two_month_sum == 150_00


def test_the_days_of_one_order_fall_into_their_own_pairs() -> None:
    bought = anna(sale("2026-02-28", 100, "A"), sale("2026-03-01", 300, "A"), reference_day="2026-04-01")
    assert bought.two_month_sum == 200_00


def test_a_pair_with_a_purchase_for_nothing_counts() -> None:
    bought = anna(sale("2026-02-28", 100, "A"), sale("2026-03-01", 0, "B"), reference_day="2026-04-01")
    assert bought.two_month_sum == 50_00


def test_the_mean_is_not_rounded_before_the_tier() -> None:
    # 90,000 roubles less one kopeck over three pairs is a third of a kopeck short of 30,000 roubles
    sales = [Sale(ANNA, 1, on("2026-01-01"), 30_000_00), Sale(ANNA, 2, on("2026-03-01"), 30_000_00)]
    short = anna(*sales, Sale(ANNA, 3, on("2026-05-01"), 29_999_99), reference_day="2026-06-01")
    enough = anna(*sales, Sale(ANNA, 3, on("2026-05-01"), 30_000_00), reference_day="2026-06-01")
    assert (short.two_month_sum, short.tier) == (Fraction(8_999_999, 3), "retail")
    assert (enough.two_month_sum, enough.tier) == (Fraction(30_000_00), "small_wholesaler")


# The segment table: each border from both sides


@pytest.mark.parametrize(
    ("recency", "frequency", "roubles", "segment"),
    [
        # champions: F >= 12, M >= 600,000, R < 90
        (89, 12, 600_000, "champions"),
        (89, 11, 600_000, "loyal"),
        (90, 12, 600_000, "risk"),
        (180, 12, 600_000, "lost"),
        # lost and risk: F >= 9, R >= 180 and R >= 90
        (180, 9, 1, "lost"),
        (179, 9, 1, "risk"),
        (90, 9, 1, "risk"),
        (89, 9, 1, "loyal"),
        (180, 8, 1, "sleeping"),
        (90, 8, 1, "drifting"),
        # loyal: nine orders
        (1, 9, 900_000, "loyal"),
        (1, 8, 900_000, "growing"),
        # growing: F >= 6, M >= 300,000, R < 90
        (89, 6, 300_000, "growing"),
        (89, 5, 300_000, "promising"),
        (90, 6, 300_000, "drifting"),
        (136, 6, 300_000, "sleeping"),
        # promising with money: F >= 3, M >= 100,000, R < 90
        (89, 3, 100_000, "promising"),
        (89, 2, 100_000, "drifting"),
        (90, 3, 100_000, "drifting"),
        (46, 3, 100_000, "promising"),
        # sleeping: R > 135, drifting: R > 45
        (136, 1, 1, "sleeping"),
        (135, 1, 1, "drifting"),
        (136, 8, 900_000, "sleeping"),
        (135, 8, 900_000, "drifting"),
        (46, 1, 1, "drifting"),
        (45, 1, 1, "newcomers"),
        (46, 3, 1, "drifting"),
        # promising by orders: F >= 3
        (45, 3, 1, "promising"),
        (45, 2, 1, "newcomers"),
        (45, 8, 1, "promising"),
        (1, 2, 900_000, "newcomers"),
    ],
)
def test_segments(recency: int, frequency: int, roubles: int, segment: str) -> None:
    assert segment_of(recency, frequency, roubles * 100) == segment


@pytest.mark.parametrize(
    ("recency", "frequency", "kopecks", "segment"),
    [
        (89, 12, 59_999_999, "loyal"),
        (89, 12, 60_000_000, "champions"),
        (46, 6, 29_999_999, "promising"),
        (46, 6, 30_000_000, "growing"),
        (46, 3, 9_999_999, "drifting"),
        (46, 3, 10_000_000, "promising"),
    ],
)
def test_a_kopeck_decides_a_segment(recency: int, frequency: int, kopecks: int, segment: str) -> None:
    assert segment_of(recency, frequency, kopecks) == segment


@pytest.mark.parametrize(
    ("kopecks", "tier"),
    [
        (50_000_000, "whale"),
        (49_999_999, "large_wholesaler"),
        (22_000_000, "large_wholesaler"),
        (21_999_999, "wholesaler"),
        (10_000_000, "wholesaler"),
        (9_999_999, "small_wholesaler"),
        (3_000_000, "small_wholesaler"),
        (2_999_999, "retail"),
        (0, "retail"),
    ],
)
def test_a_kopeck_decides_a_tier(kopecks: int, tier: str) -> None:
    assert tier_of(Fraction(kopecks)) == tier


def test_an_order_a_month_of_50_000_makes_a_champion_and_a_wholesaler() -> None:
    # A sale of 50,000 roubles on the 1st of each month; the last, of December 1, is 31 days old on January 1.
    sales = [sale(f"2026-{month:02}-01", 50_000, order=str(month)) for month in range(1, 13)]
    bought = anna(*sales, reference_day="2027-01-01")
    assert (bought.recency, bought.frequency, bought.monetary) == (31, 12, 600_000_00)
    assert (bought.two_month_sum, bought.tier) == (Fraction(100_000_00), "wholesaler")
    # newest first 30 (November), 31, 30, 31, 31 is 153 days; the next 30 makes 183: 153 / 5 = 30.6
    assert (bought.order_interval, bought.segment) == (31, "champions")
