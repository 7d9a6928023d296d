"""The closed months straight from their definitions (docs/formulas.md), month after month, in pandas.

Money is whole kopecks, a day is days since 1970-01-01, a month is year * 12 + month - 1. Slow, and meant to be read.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from tests.oracles.original import Sale

EPOCH = date(1970, 1, 1).toordinal()

Segmenting = Callable[[int, int, int], str]
"""recency, frequency, monetary → segment."""


class Snapshot(NamedTuple):
    """A customer at the end of a month."""

    recency: int
    frequency: int
    monetary: int
    month_frequency: int
    month_monetary: int


class Transition(NamedTuple):
    """How many went between two segments from one month's end to the next, and what they bought in the two months."""

    customers: int
    amount_before: int
    amount_after: int


class Churn(NamedTuple):
    """How the customers stand at the end of a month. `loss` is exact."""

    active: int
    at_risk: int
    churned: int
    newly_churned: int
    buyers: int
    monetary: int
    at_risk_monetary: int
    loss: Fraction


class Past:
    """The purchases of a store, looked at from the ends of `months`; `horizon` is in days."""

    def __init__(self, sales: Iterable[Sale], months: range, horizon: int) -> None:
        rows = [(sale.buyer, str(sale.order), sale.day, month_of(sale.day), sale.amount) for sale in sales]
        frame = pd.DataFrame(rows, columns=["buyer", "order", "day", "month", "amount"])
        self.sales = frame[frame.day < first_day(months.stop)]
        self.months = months
        self.horizon = horizon

    @cached_property
    def snapshots(self) -> dict[tuple[int, str], Snapshot]:
        """By month and buyer."""
        return {
            (month, str(buyer)): Snapshot(
                recency=first_day(month + 1) - int(own.day.max()),
                frequency=own.order.nunique(),
                monetary=money(own),
                month_frequency=own[own.month == month].order.nunique(),
                month_monetary=money(own[own.month == month]),
            )
            for month in self.months
            for buyer, own in self.inside(month).groupby("buyer")
        }

    def segments(self, segment_of: Segmenting) -> dict[tuple[int, str], str]:
        """By month and buyer."""
        return {key: segment_of(one.recency, one.frequency, one.monetary) for key, one in self.snapshots.items()}

    def transitions(self, segment_of: Segmenting) -> dict[tuple[int, str, str], Transition]:
        """By the later month and the segments before and after; "" without a purchase inside the horizon."""
        segments, found = self.segments(segment_of), dict[tuple[int, str, str], list[tuple[int, int]]]()
        for month in self.months[1:]:
            for buyer in {buyer for _, buyer in segments}:
                before, after = segments.get((month - 1, buyer), ""), segments.get((month, buyer), "")
                if before or after:
                    own = self.sales[self.sales.buyer == buyer]
                    amounts = [money(own[own.month == one]) for one in (month - 1, month)]
                    counted = amounts[0] if before else 0, amounts[1] if after else 0
                    found.setdefault((month, before, after), []).append(counted)
        return {
            key: Transition(len(moves), sum(one for one, _ in moves), sum(one for _, one in moves))
            for key, moves in found.items()
        }

    def cohorts(self) -> dict[tuple[int, int], tuple[int, int, int]]:
        """Size, buyers and money by cohort and month."""
        first = self.sales.groupby("buyer").month.min()
        found: dict[tuple[int, int], tuple[int, int, int]] = {}
        for cohort in sorted(set(first)):
            members = set(first[first == cohort].index)
            for month in self.months:
                own = self.sales[self.sales.buyer.isin(members) & (self.sales.month == month)]
                if len(own):
                    found[cohort, month] = (len(members), own.buyer.nunique(), money(own))
        return found

    def cohort_segments(self, segment_of: Segmenting) -> dict[tuple[int, str], tuple[int, int]]:
        """Customers and money inside the horizon by cohort and segment, at the end of the last month."""
        first, snapshots = self.sales.groupby("buyer").month.min(), self.snapshots
        found: dict[tuple[int, str], tuple[int, int]] = {}
        for (month, buyer), segment in self.segments(segment_of).items():
            if month == self.months[-1]:
                customers, amount = found.get((first[buyer], segment), (0, 0))
                found[first[buyer], segment] = (customers + 1, amount + snapshots[month, buyer].monetary)
        return found

    def churn(self) -> dict[int, Churn]:
        """By month."""
        shares: list[Fraction] = []
        found = {}
        for month in self.months:
            silence, sales = self.silence(month), self.sales[self.sales.month == month]
            active = silence[silence <= 60]
            at_risk = silence[(silence > 60) & (silence <= 90)]
            newly, could = len(self.newly_churned(month)), sum(self.silence(month - 1) <= 90)
            if month > self.months[0] and could:
                shares.append(Fraction(newly, could))
            elif month > self.months[0]:
                shares.append(Fraction(-1))  # nobody could churn: no share of this month
            known = [share for share in shares[-3:] if share >= 0]
            arpu = Fraction(money(sales), sales.buyer.nunique()) if len(sales) else 0
            inside = self.inside(month)
            found[month] = Churn(
                active=len(active),
                at_risk=len(at_risk),
                churned=sum(silence > 90),
                newly_churned=newly,
                buyers=sales.buyer.nunique(),
                monetary=money(sales),
                at_risk_monetary=money(inside[inside.buyer.isin(at_risk.index)]),
                loss=Fraction(len(active) * sum(known) * arpu, len(known)) if known else Fraction(0),
            )
        return found

    def before_churn(self) -> dict[int, tuple[int, int, int]]:
        """Customers, orders and money in the last 3, 7 and 14 days of those who churned, by the days."""
        found = {}
        for days in (3, 7, 14):
            churned = [(buyer, month) for month in self.months for buyer in self.newly_churned(month)]
            windows = [self._last_days(*one, days) for one in churned]
            if windows:
                orders, amounts = zip(*windows, strict=True)
                found[days] = (len(windows), sum(orders), sum(amounts))
        return found

    def inside(self, month: int) -> pd.DataFrame:
        """What was bought inside the horizon that ends with the month."""
        end = first_day(month + 1)
        return self.sales[(self.sales.day < end) & (self.sales.day >= end - self.horizon)]

    def silence(self, month: int) -> "pd.Series[int]":
        """Days since the last purchase at the end of a month, by buyer, whether inside the horizon or not."""
        end = first_day(month + 1)
        return end - self.sales[self.sales.day < end].groupby("buyer").day.max()

    def newly_churned(self, month: int) -> set[str]:
        """Who is silent for more than 90 days at the end of this month, and was not at the end of the one before."""
        now, before = self.silence(month), self.silence(month - 1)
        return set(now[now > 90].index) - set(before[before > 90].index)

    def _last_days(self, buyer: str, month: int, days: int) -> tuple[int, int]:
        own = self.sales[(self.sales.buyer == buyer) & (self.sales.day < first_day(month + 1))]
        last = own[own.day > own.day.max() - days]
        return last.order.nunique(), money(last)


def preferences(
    bought: Iterable[tuple[str, str, int]], segments: Mapping[str, str]
) -> list[tuple[str, str, int, int, int]]:
    """Segment, product, buyers, money and index from (buyer, product, amount) and the segments of the buyers.

    The products may as well be categories; what has none, "", is nobody's preference and in nobody's money.
    """
    frame = pd.DataFrame(list(bought), columns=["buyer", "product", "amount"])
    frame = frame[frame["product"] != ""].assign(segment=frame.buyer.map(segments))
    found = []
    for (segment, product), own in frame.groupby(["segment", "product"]):
        parts = own, frame[frame.segment == segment], frame[frame["product"] == product], frame
        amount, of_segment, of_product, of_all = map(money, parts)
        if own.buyer.nunique() >= 3 and of_segment and of_product:
            index = int(Fraction(100 * amount * of_all, of_segment * of_product) + Fraction(1, 2))
            found.append((str(segment), str(product), own.buyer.nunique(), amount, index))
    ranked = sorted((one for one in found if one[-1] > 100), key=lambda one: (one[0], -one[4], -one[3], one[1]))
    return [one for place, one in enumerate(ranked) if sum(other[0] == one[0] for other in ranked[:place]) < 10]


def money(sales: pd.DataFrame) -> int:
    """The sum of these."""
    return int(sales.amount.sum())


def month_of(day: int) -> int:
    """The month of a day."""
    own = date.fromordinal(day + EPOCH)
    return own.year * 12 + own.month - 1


def first_day(month: int) -> int:
    """The first day of a month."""
    return date(month // 12, month % 12 + 1, 1).toordinal() - EPOCH
