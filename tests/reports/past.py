"""A believable past: months of purchases, and from them every table of the closed months, by the words of `tables`."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import cycle, pairwise
from typing import NamedTuple

import msgspec
import pandas as pd

from rfm_service.analysis.shapes import SHAPES, empty
from rfm_service.clock import day_of, first_day_of_month, month_of
from rfm_service.kinds import Kind
from rfm_service.records import Cause, Evidence, to_json
from rfm_service.reports.tables import ReportTables

from .builders import HORIZON, PRODUCTS, make_tables

LAST_MONTH = month_of(HORIZON.reference_day) - 1  # October 2026
YEAR = 365
CATEGORIES = ("Верхняя одежда", "Детям", "Дом и сон", "Спорт", "Шапки, шарфы, перчатки и другие мелочи на зиму")


class Purchase(NamedTuple):
    """One order: kopecks."""

    customer: int
    day: int
    amount: int


class Snapshot(NamedTuple):
    """A customer at the end of a month: segment ("" without a purchase in the year), bought in month and year."""

    segment: str
    bought: int
    spent: int
    recency: int


def with_past(tables: ReportTables, months: int = 24, customers: int = 400, seed: int = 5) -> ReportTables:
    """The report with `months` closed months behind it, and with tonight's movements."""
    chance = random.Random(seed)
    purchases = list(_purchases(chance, months, customers))
    ends = {month: _snapshots(purchases, month) for month in range(LAST_MONTH - months + 1, LAST_MONTH + 1)}
    return msgspec.structs.replace(
        tables,
        movements=make_movements(tables),
        segment_months=_segment_months(ends),
        transitions=_transitions(ends),
        cohorts=_cohorts(purchases),
        cohort_segments=_cohort_segments(purchases, ends[LAST_MONTH]),
        churn_months=_churn_months(ends),
        before_churn=_shaped("before_churn", _before_churn(purchases, ends)),
        preferences=_preferences("product", PRODUCTS, chance, tables),
        category_preferences=_preferences("product_category", CATEGORIES, random.Random(seed), tables),
        revisions=_revisions(ends[LAST_MONTH]),
    )


def make_past(months: int = 24, language: str = "ru", customers: int = 400) -> ReportTables:
    """The usual report, with a past."""
    return with_past(make_tables(language=language), months, customers)


def _shaped(name: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=SHAPES[name].names) if rows else empty(name).to_pandas()


def _end(month: int) -> int:
    return day_of(first_day_of_month(month + 1)) - 1


def _purchases(chance: random.Random, months: int, customers: int) -> Iterator[Purchase]:
    """Customers who come, buy in a rhythm of their own and, some of them, go."""
    first, last = day_of(first_day_of_month(LAST_MONTH - months + 1)), _end(LAST_MONTH)
    for customer in range(1, customers + 1):
        size = chance.lognormvariate(9.8, 1.0)
        rhythm = chance.choice((12, 25, 40, 70, 120))
        day = first + int(chance.random() ** 1.6 * (last - first))
        goes = chance.random() < 0.03
        while day <= last:
            yield Purchase(customer, day, 100 * max(300, int(size * chance.lognormvariate(0, 0.5))))
            if goes or chance.random() < 0.06:
                break
            day += max(1, int(rhythm * chance.lognormvariate(0, 0.6)))


def _snapshots(purchases: list[Purchase], month: int) -> dict[int, Snapshot]:
    """Everybody who had bought by the end of the month."""
    end, start = _end(month), day_of(first_day_of_month(month))
    of: dict[int, list[Purchase]] = defaultdict(list)
    for purchase in purchases:
        if purchase.day <= end:
            of[purchase.customer].append(purchase)
    snapshots = {}
    for customer, all_time in of.items():
        year = [purchase for purchase in all_time if purchase.day > end - YEAR]
        recency, spent = end + 1 - all_time[-1].day, sum(purchase.amount for purchase in year)
        bought = sum(purchase.amount for purchase in all_time if purchase.day >= start)
        snapshots[customer] = Snapshot(_segment(recency, len(year), spent), bought, spent, recency)
    return snapshots


def _segment(recency: int, frequency: int, monetary: int) -> str:
    """The default scheme, rule by rule."""
    rules = {
        "champions": frequency >= 12 and monetary >= 600_000_00 and recency < 90,
        "lost": frequency >= 9 and recency >= 180,
        "risk": frequency >= 9 and recency >= 90,
        "loyal": frequency >= 9,
        "growing": frequency >= 6 and monetary >= 300_000_00 and recency < 90,
        "promising": frequency >= 3 and monetary >= 100_000_00 and recency < 90,
        "": not frequency,
        "sleeping": recency > 135,
        "drifting": recency > 45,
    }
    found = [segment for segment, holds in rules.items() if holds]
    return found[0] if found else "promising" if frequency >= 3 else "newcomers"


def _segment_months(ends: dict[int, dict[int, Snapshot]]) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for month, snapshots in ends.items():
        for segment in sorted({snapshot.segment for snapshot in snapshots.values()} - {""}):
            members = [snapshot for snapshot in snapshots.values() if snapshot.segment == segment]
            rows.append(
                {
                    "month": month,
                    "segment": segment,
                    "customers": len(members),
                    "buyers": sum(member.bought > 0 for member in members),
                    "monetary": sum(member.bought for member in members),
                }
            )
    return _shaped("segment_months", rows)


def _transitions(ends: dict[int, dict[int, Snapshot]]) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    nobody = Snapshot("", 0, 0, 0)
    for (_, old), (month, new) in pairwise(ends.items()):
        pairs: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for customer, now in new.items():
            then = old.get(customer, nobody)
            if then.segment or now.segment:
                pairs[then.segment, now.segment].append((then.bought, now.bought))
        for (before, after), amounts in sorted(pairs.items()):
            sums = [sum(column) for column in zip(*amounts, strict=True)]
            rows.append(
                {
                    "month": month,
                    "before": before,
                    "after": after,
                    "customers": len(amounts),
                    "amount_before": sums[0],
                    "amount_after": sums[1],
                }
            )
    return _shaped("transitions", rows)


def _first_months(purchases: list[Purchase]) -> dict[int, int]:
    firsts: dict[int, int] = {}
    for purchase in purchases:
        firsts[purchase.customer] = min(firsts.get(purchase.customer, 10**6), month_of(purchase.day))
    return firsts


def _cohorts(purchases: list[Purchase]) -> pd.DataFrame:
    firsts = _first_months(purchases)
    table = pd.DataFrame(purchases)
    table = table.assign(cohort=table["customer"].map(firsts), month=table["day"].map(month_of))
    sizes = table.groupby("cohort")["customer"].nunique()
    cohorts = table.groupby(["cohort", "month"], as_index=False).agg(
        buyers=("customer", "nunique"), monetary=("amount", "sum")
    )
    return cohorts.assign(size=cohorts["cohort"].map(sizes))


def _cohort_segments(purchases: list[Purchase], snapshots: dict[int, Snapshot]) -> pd.DataFrame:
    firsts = _first_months(purchases)
    rows = [
        {"cohort": firsts[customer], "segment": snapshot.segment, "customers": 1, "monetary": snapshot.spent}
        for customer, snapshot in snapshots.items()
        if snapshot.segment
    ]
    return pd.DataFrame(rows).groupby(["cohort", "segment"], as_index=False).sum()


def _churn_months(ends: dict[int, dict[int, Snapshot]]) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    before: dict[int, Snapshot] = {}
    shares: list[float] = []
    for month, snapshots in ends.items():
        recency = {customer: snapshot.recency for customer, snapshot in snapshots.items()}
        active = sum(days <= 60 for days in recency.values())
        at_risk = [snapshots[customer].spent for customer, days in recency.items() if 60 < days <= 90]
        gone = [c for c, days in recency.items() if days > 90 and c in before and before[c].recency <= 90]
        there = sum(snapshot.recency <= 90 for snapshot in before.values())
        shares.append(len(gone) / there if there else 0)
        monetary = sum(snapshot.bought for snapshot in snapshots.values())
        buyers = sum(snapshot.bought > 0 for snapshot in snapshots.values())
        rows.append(
            {
                "month": month,
                "active": active,
                "at_risk": len(at_risk),
                "churned": len(recency) - active - len(at_risk),
                "newly_churned": len(gone),
                "buyers": buyers,
                "monetary": monetary,
                "at_risk_monetary": sum(at_risk),
                "loss": round(active * sum(shares[-3:]) / 3 * monetary / buyers) if buyers else 0,
            }
        )
        before = snapshots
    return _shaped("churn_months", rows)


def _before_churn(purchases: list[Purchase], ends: dict[int, dict[int, Snapshot]]) -> list[dict[str, object]]:
    gone = {customer for snapshots in ends.values() for customer, s in snapshots.items() if s.recency > 90}
    last = {purchase.customer: purchase.day for purchase in purchases}
    rows: list[dict[str, object]] = []
    for days in (3, 7, 14) if gone else ():
        bought = [p for p in purchases if p.customer in gone and p.day > last[p.customer] - days]
        amounts = sum(purchase.amount for purchase in bought)
        rows.append({"days": days, "customers": len(gone), "orders": len(bought), "monetary": amounts})
    return rows


def _preferences(column: str, names: Sequence[str], chance: random.Random, tables: ReportTables) -> pd.DataFrame:
    rows: list[dict[str, object]] = [
        {
            "segment": style.key,
            column: name,
            "buyers": chance.randint(2, 40),
            "monetary": chance.randint(50_000_00, 900_000_00),
            "index": 320 - 55 * place - chance.randint(0, 30),
        }
        for style in tables.facts.segments
        for place, name in enumerate(chance.sample(names, 3))
    ]
    return pd.DataFrame(rows)


def _paper(kind: Kind, number: str, ago: int, amount: int, before: int | None = None) -> Evidence:
    return Evidence(kind, number, HORIZON.last - ago, amount, before)


def make_movements(tables: ReportTables) -> pd.DataFrame:
    """Movements of every cause, some of them often: cause, from, to, direction, what crossed, and the paper."""
    kinds: list[tuple[int, Cause, str, str, int, str, tuple[int, int, int], list[Evidence]]] = [
        (9, Cause.SILENT, "loyal", "risk", -1, "recency", (89, 90, 90), [_paper(Kind.SALE, "УТ-4410", 89, 41_800_00)]),
        (14, Cause.SILENT, "promising", "drifting", -1, "recency", (45, 46, 45), []),
        (6, Cause.SILENT, "drifting", "sleeping", -1, "recency", (135, 136, 135), []),
        (5, Cause.LEFT_HORIZON, "loyal", "promising", -1, "frequency", (9, 8, 9),
         [_paper(Kind.SALE, "УТ-0012", 365, 22_500_00)]),
        (3, Cause.LEFT_HORIZON, "sleeping", "", -1, "", (0, 0, 0), [_paper(Kind.SALE, "УТ-0013", 365, 7_900_00)]),
        (8, Cause.BOUGHT, "promising", "growing", 1, "frequency", (5, 6, 6),
         [_paper(Kind.SALE, "УТ-0911", 0, 30_000_00)]),
        (4, Cause.BOUGHT, "risk", "loyal", 1, "recency", (120, 1, 90), [_paper(Kind.SALE, "УТ-0912", 0, 64_300_00)]),
        (7, Cause.BOUGHT, "", "newcomers", 1, "", (0, 0, 0), [_paper(Kind.SALE, "УТ-0920", 0, 11_200_00)]),
        (1, Cause.BOUGHT, "loyal", "champions", 1, "monetary", (598_000_00, 612_400_00, 600_000_00),
         [_paper(Kind.SALE, "УТ-0930", 0, 9_400_00), _paper(Kind.SALE, "УТ-0931", 0, 5_000_00)]),
        (2, Cause.RETURNED, "growing", "promising", -1, "monetary", (310_000_00, 299_999_60, 300_000_00),
         [_paper(Kind.RETURN, "УТ-В007", 1, 10_000_40)]),
        (2, Cause.CORRECTED, "growing", "promising", -1, "monetary", (305_000_00, 281_000_00, 300_000_00),
         [_paper(Kind.SALE, "УТ-0777", 47, 8_000_00, 32_000_00)]),
        (1, Cause.CORRECTED, "newcomers", "promising", 1, "frequency", (2, 3, 3),
         [_paper(Kind.SALE, f"УТ-{number}", 40, 15_000_00, 0) for number in range(5)]),
        (3, Cause.BORDER, "champions", "loyal", -1, "frequency", (12, 12, 13), []),
        (1, Cause.BORDER, "drifting", "sleeping", 0, "", (0, 0, 0), []),
    ]  # fmt: skip
    customers = cycle(tables.customers.to_dict("records"))
    rows: list[dict[str, object]] = []
    for count, cause, before, after, direction, measure, values, documents in kinds:
        signs = {Cause.BOUGHT: 1, Cause.LEFT_HORIZON: -1, Cause.RETURNED: -1, Cause.CORRECTED: 1}
        change = sum(paper.amount - (paper.amount_before or 0) for paper in documents) * signs.get(cause, 0)
        for _, customer in zip(range(count), customers, strict=False):
            spent = int(customer["monetary"]) + 50_000_00
            rows.append(
                {
                    "customer_id": len(rows) + 1,
                    "buyer": customer["buyer"],
                    "manager": customer["manager"],
                    "before": before,
                    "after": after,
                    "direction": direction,
                    "cause": cause.value,
                    "measure": measure,
                    "value_before": values[0],
                    "value_after": values[1],
                    "border": values[2],
                    "monetary_before": spent if before else 0,
                    "monetary_after": (spent + change if before else change) if after else 0,
                    "documents": to_json(documents),
                }
            )
    return _shaped("movements", rows)


def _revisions(last: dict[int, Snapshot]) -> pd.DataFrame:
    """The report of the last month's end said what is known by now, but for two customers."""
    sizes = Counter(snapshot.segment for snapshot in last.values() if snapshot.segment)
    moves = Counter({(key, key): count for key, count in sizes.items()})
    for (first, _), (second, _) in pairwise(sizes.most_common(2)):
        moves[second, second] -= 2
        moves[first, second] += 2
    return _shaped(
        "revisions",
        [
            {"month": LAST_MONTH, "published": published, "corrected": corrected, "customers": count}
            for (published, corrected), count in moves.items()
        ],
    )
