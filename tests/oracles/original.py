"""The measures, segment and tier of every customer, straight from the definitions of the original service.

Money is whole kopecks, a day is days since 1970-01-01. Means stay exact fractions until the text says to round.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

ROUBLE = 100


@dataclass(frozen=True)
class Sale:
    """One accepted sale line, or what is left of one shipment after returns. `amount` is kopecks."""

    buyer: str
    order: Hashable
    day: int
    amount: int


@dataclass(frozen=True)
class Customer:
    """What is known of a buyer on the reference day. Days and orders; `monetary` and `two_month_sum` are kopecks."""

    recency: int
    frequency: int
    monetary: int
    order_interval: int
    two_month_sum: Fraction
    first_day: int
    last_day: int
    segment: str
    tier: str


def customers(sales: Iterable[Sale], reference_day: int, horizon: int = 365) -> dict[str, Customer]:
    """Every buyer with a sale in the `horizon` days before the reference day, which itself is outside."""
    by_buyer: dict[str, list[Sale]] = defaultdict(list)
    for sale in sales:
        if reference_day - horizon <= sale.day <= reference_day - 1:
            by_buyer[sale.buyer].append(sale)
    return {buyer: measure(own, reference_day) for buyer, own in by_buyer.items()}


def measure(sales: Sequence[Sale], reference_day: int) -> Customer:
    """The customer who made these sales; all of them are one buyer's and inside the horizon."""
    last_day = max(sale.day for sale in sales)
    recency = reference_day - last_day
    frequency = len({sale.order for sale in sales})
    monetary = sum(sale.amount for sale in sales)
    two_month_sum = mean_two_month_sum(sales)
    return Customer(
        recency=recency,
        frequency=frequency,
        monetary=monetary,
        order_interval=mean_interval(order_days(sales)),
        two_month_sum=two_month_sum,
        first_day=min(sale.day for sale in sales),
        last_day=last_day,
        segment=segment_of(recency, frequency, monetary),
        tier=tier_of(two_month_sum),
    )


def order_days(sales: Iterable[Sale]) -> list[int]:
    """The distinct days of the orders, newest first. The day of an order is its first sale day."""
    first_days: dict[Hashable, int] = {}
    for sale in sales:
        first_days[sale.order] = min(sale.day, first_days.get(sale.order, sale.day))
    return sorted(set(first_days.values()), reverse=True)


def mean_interval(days: Sequence[int]) -> int:
    """The mean interval between orders in days; `days` are distinct, newest first. 0 for a single day."""
    gaps = [newer - older for newer, older in pairwise(days)]
    if not gaps:
        return 0
    if len(gaps) == 1:
        return gaps[0]
    if gaps[0] > 120:
        return gaps[0] if len(gaps) < 5 else round(mean(gaps[1:4]))
    limit = 120 if mean(gaps[:3]) < 30 else 180
    return round(mean(gaps_within(gaps, limit)))


def gaps_within(gaps: Sequence[int], limit: int) -> list[int]:
    """Gaps from the newest on, up to and without the one that takes their sum over the limit."""
    kept: list[int] = []
    for gap in gaps:
        if sum(kept) + gap > limit:
            break
        kept.append(gap)
    return kept


def mean_two_month_sum(sales: Iterable[Sale]) -> Fraction:
    """Kopecks per pair of months (January-February is one, whatever the year), over the pairs with a sale."""
    sums: dict[int, int] = defaultdict(int)
    for sale in sales:
        sums[month_pair(sale.day)] += sale.amount
    return mean(list(sums.values()))


def month_pair(day: int) -> int:
    """0 for January and February, 1 for March and April, ... 5 for November and December."""
    return ((date(1970, 1, 1) + timedelta(days=day)).month - 1) // 2


def mean(values: Sequence[int]) -> Fraction:
    """The exact mean. `round()` of it goes to the even neighbour at a half."""
    return Fraction(sum(values), len(values))


def segment_of(recency: int, frequency: int, monetary: int) -> str:
    """The first row of the segment table that fits. `monetary` is kopecks."""
    table = [
        ("champions", frequency >= 12 and monetary >= 600_000 * ROUBLE and recency < 90),
        ("lost", frequency >= 9 and recency >= 180),
        ("risk", frequency >= 9 and recency >= 90),
        ("loyal", frequency >= 9),
        ("growing", frequency >= 6 and monetary >= 300_000 * ROUBLE and recency < 90),
        ("promising", frequency >= 3 and monetary >= 100_000 * ROUBLE and recency < 90),
        ("sleeping", recency > 135),
        ("drifting", recency > 45),
        ("promising", frequency >= 3),
        ("newcomers", True),
    ]
    return next(segment for segment, fits in table if fits)


def tier_of(two_month_sum: Fraction) -> str:
    """The wholesale tier of a mean two-month sum in kopecks."""
    table = [
        ("whale", 500_000),
        ("large_wholesaler", 220_000),
        ("wholesaler", 100_000),
        ("small_wholesaler", 30_000),
    ]
    return next((tier for tier, roubles in table if two_month_sum >= roubles * ROUBLE), "retail")
