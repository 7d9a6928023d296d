"""Believable tables of movement: two years of closed months, this night's movements, and whom to call.

Customers come, buy in a rhythm of their own and leave, so that sizes, transitions, cohorts and churn agree with each other.
"""

import math
import random
from collections.abc import Callable

import msgspec
import pandas as pd
import pyarrow as pa

from rfm_service.analysis.shapes import SHAPES
from rfm_service.clock import date_of, day_of, first_day_of_month, month_of
from rfm_service.records import Cause, Evidence, Kind
from rfm_service.reports.tables import ReportTables

from .builders import HORIZON, PRODUCTS, make_tables

MONTHS = 24
YEAR = 12
LAST_MONTH = month_of(HORIZON.reference_day) - 1
"""The newest month that is closed on the reference day."""
RISK, CHURN = 60, 90
"""Days without a purchase after which a customer is at risk, and after which it is churned."""


def make_history(customers: int = 300, seed: int = 1, language: str = "ru", months: int = MONTHS) -> ReportTables:
    """A wholesaler's report with every table filled: `months` closed months."""
    return with_history(make_tables(customers, seed, language), seed, months)


def with_history(tables: ReportTables, seed: int = 1, months: int = MONTHS) -> ReportTables:
    """The same report with the tables of movement filled."""
    chance = random.Random(seed)
    sales = _sales(chance, 2 * len(tables.customers), months)
    ends = _month_ends(sales, months)
    filled = {
        "movements": _movements(chance, tables),
        "calls": _calls(chance, tables),
        "segment_months": _segment_months(ends),
        "transitions": _transitions(ends),
        "cohorts": _cohorts(sales),
        "cohort_segments": _cohort_segments(sales, ends),
        "churn_months": _churn_months(ends),
        "before_churn": _before_churn(sales, ends),
        "preferences": _preferences(chance, tables),
    }
    return msgspec.structs.replace(tables, **{name: shaped(frame, name) for name, frame in filled.items()})


def shaped(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """As the report's own file would give it."""
    shape = SHAPES[name]
    table: pd.DataFrame = pa.Table.from_pandas(frame[shape.names], schema=shape, preserve_index=False).to_pandas()
    return table


def _sales(chance: random.Random, customers: int, months: int) -> pd.DataFrame:
    """One row per customer and day with a purchase: customer, day, month, cohort, amount."""
    first_month = LAST_MONTH - months + 1
    first, last = (day_of(first_day_of_month(month)) for month in (first_month - YEAR // 2, LAST_MONTH + 1))
    rows = []
    for customer in range(customers):
        day = first + chance.random() ** 1.4 * (last - first)
        rhythm = chance.choice((9, 14, 21, 30, 45, 75, 120))
        size = 100 * chance.lognormvariate(9.3, 0.9)
        end = day + chance.expovariate(1 / 420)
        while day < min(end, last):
            season = 1 + 0.25 * math.sin((day % 365) / 365 * 2 * math.pi + 3.5)
            rows.append((customer, int(day), 100 * int(size * season * chance.lognormvariate(0, 0.4) / 100)))
            day += max(1, chance.gauss(rhythm, rhythm / 4))
    sales = pd.DataFrame(rows, columns=["customer", "day", "amount"])
    sales["month"] = sales["day"].map(month_of)
    sales["cohort"] = sales.groupby("customer")["month"].transform("min")
    return sales


def _month_ends(sales: pd.DataFrame, months: int) -> pd.DataFrame:
    """One row per month and customer known by its end: segment ("" out of the horizon), bought, recency, monetary."""
    parts = []
    for month in range(LAST_MONTH - months, LAST_MONTH + 1):
        end = day_of(first_day_of_month(month + 1))
        known = sales[sales["day"] < end]
        window = known[known["day"] >= end - 365].groupby("customer")["amount"].agg(["size", "sum"])
        table = known.groupby("customer").agg(last_day=("day", "max"), cohort=("cohort", "first"))
        table = table.join(window).fillna({"size": 0, "sum": 0})
        recency = end - table["last_day"]
        bought = known[known["month"] == month].groupby("customer")["amount"].sum()
        parts.append(
            table.assign(
                month=month,
                recency=recency,
                monetary=table["sum"].astype("int64"),
                bought=bought.reindex(table.index, fill_value=0),
                segment=[_segment(*row) for row in zip(recency, table["size"], table["sum"] / 100, strict=True)],
            ).reset_index()
        )
    return pd.concat(parts, ignore_index=True)


def _segment(recency: int, orders: int, spent: float) -> str:
    """The default map of nine segments, and "" out of the horizon."""
    rules = (
        ("", orders == 0),
        ("champions", orders >= 12 and spent >= 600_000 and recency < 90),
        ("lost", orders >= 9 and recency >= 180),
        ("risk", orders >= 9 and recency >= 90),
        ("loyal", orders >= 9),
        ("growing", orders >= 6 and spent >= 300_000 and recency < 90),
        ("promising", orders >= 3 and spent >= 100_000 and recency < 90),
        ("sleeping", recency > 135),
        ("drifting", recency > 45),
        ("promising", orders >= 3),
        ("newcomers", True),
    )
    return next(segment for segment, holds in rules if holds)


def _segment_months(ends: pd.DataFrame) -> pd.DataFrame:
    inside = ends[(ends["segment"] != "") & (ends["month"] > ends["month"].min())]
    return (
        inside.assign(buyer=inside["bought"] > 0)
        .groupby(["month", "segment"], as_index=False)
        .agg(customers=("customer", "size"), buyers=("buyer", "sum"), monetary=("bought", "sum"))
    )


def _transitions(ends: pd.DataFrame) -> pd.DataFrame:
    before = ends[["customer", "month", "segment", "bought"]].assign(month=ends["month"] + 1)
    pairs = ends[["customer", "month", "segment", "bought"]].merge(
        before, on=["customer", "month"], how="left", suffixes=("", "_before")
    )
    pairs = pairs.fillna({"segment_before": "", "bought_before": 0})
    moved = pairs[(pairs["month"] > ends["month"].min()) & ((pairs["segment"] != "") | (pairs["segment_before"] != ""))]
    table = moved.groupby(["month", "segment_before", "segment"], as_index=False).agg(
        customers=("customer", "size"), amount_before=("bought_before", "sum"), amount_after=("bought", "sum")
    )
    return table.rename(columns={"segment_before": "before", "segment": "after"}).astype({"amount_before": "int64"})


def _cohorts(sales: pd.DataFrame) -> pd.DataFrame:
    table = sales.groupby(["cohort", "month"], as_index=False).agg(
        buyers=("customer", "nunique"), monetary=("amount", "sum")
    )
    return table.assign(size=table["cohort"].map(sales.groupby("cohort")["customer"].nunique()))


def _cohort_segments(sales: pd.DataFrame, ends: pd.DataFrame) -> pd.DataFrame:
    now = ends[(ends["month"] == ends["month"].max()) & (ends["segment"] != "")]
    return now.groupby(["cohort", "segment"], as_index=False).agg(
        customers=("customer", "size"), monetary=("monetary", "sum")
    )


def _churn_months(ends: pd.DataFrame) -> pd.DataFrame:
    recency = ends["recency"]
    marked = ends.assign(
        active=recency <= RISK,
        at_risk=(recency > RISK) & (recency <= CHURN),
        churned=recency > CHURN,
        buyers=ends["bought"] > 0,
        at_risk_monetary=ends["monetary"].where((recency > RISK) & (recency <= CHURN), 0),
    )
    before = marked.set_index(["customer", "month"])["churned"]
    was = [before.get((customer, month - 1), False) for customer, month in zip(marked["customer"], marked["month"])]
    marked["newly_churned"] = marked["churned"] & ~pd.Series(was, index=marked.index).astype(bool)
    measures = ["active", "at_risk", "churned", "newly_churned", "buyers", "at_risk_monetary"]
    table = marked.groupby("month", as_index=False)[measures].sum()
    table["monetary"] = marked.groupby("month")["bought"].sum().to_numpy()
    rate = (table["newly_churned"] / (table["active"] + table["at_risk"]).shift(1)).rolling(3, 1).mean().fillna(0)
    arpu = table["monetary"] / table["buyers"].clip(lower=1)
    table["loss"] = (table["active"] * rate * arpu).round().astype("int64")
    return table.iloc[1:]


def _before_churn(sales: pd.DataFrame, ends: pd.DataFrame) -> pd.DataFrame:
    gone = ends[(ends["month"] == ends["month"].max()) & (ends["recency"] > CHURN)][["customer", "last_day"]]
    joined = sales.merge(gone, on="customer")
    rows = []
    for days in (3, 7, 14):
        window = joined[joined["day"] > joined["last_day"] - days]
        rows.append(
            {"days": days, "customers": len(gone), "orders": len(window), "monetary": int(window["amount"].sum())}
        )
    return pd.DataFrame(rows)


def _preferences(chance: random.Random, tables: ReportTables) -> pd.DataFrame:
    rows = []
    for style in tables.facts.segments:
        for product in chance.sample(PRODUCTS, 5):
            rows.append(
                {
                    "segment": style.key,
                    "product": product,
                    "buyers": chance.randint(3, 60),
                    "monetary": chance.randint(20_000_00, 900_000_00),
                    "index": chance.randint(115, 420),
                }
            )
    return pd.DataFrame(rows).sort_values(["segment", "index"], ascending=[True, False])


def _movements(chance: random.Random, tables: ReportTables) -> pd.DataFrame:
    """A few dozen customers that changed their segment for every cause there is."""
    stories: list[Callable[[pd.Series], dict[str, object]]] = [
        lambda row: _moved(row, "loyal", "risk", -1, Cause.SILENT, "recency", 89, 90, 90),
        lambda row: _moved(row, "promising", "drifting", -1, Cause.SILENT, "recency", 45, 46, 45),
        lambda row: _moved(row, "promising", "growing", 1, Cause.BOUGHT, "frequency", 5, 6, 6),
        lambda row: _moved(row, "growing", "loyal", 1, Cause.BOUGHT, "frequency", 8, 9, 9),
        lambda row: _moved(row, "", "newcomers", 1, Cause.BOUGHT, "frequency", 0, 1, 1),
        lambda row: _moved(row, "champions", "loyal", -1, Cause.LEFT_HORIZON, "frequency", 12, 11, 12),
        lambda row: _moved(
            row, "champions", "loyal", -1, Cause.RETURNED, "monetary", 612_000_00, 588_400_00, 600_000_00
        ),
        lambda row: _moved(row, "promising", "newcomers", -1, Cause.CORRECTED, "frequency", 3, 2, 3),
        lambda row: _moved(row, "drifting", "sleeping", -1, Cause.BORDER, "", 0, 0, 0),
    ]
    buyers = tables.customers.head(40)
    rows = [chance.choice(stories)(row) | {"monetary_after": row["monetary"]} for _, row in buyers.iterrows()]
    return pd.DataFrame(rows)


def _moved(
    row: pd.Series, before: str, after: str, direction: int, cause: Cause, measure: str, was: int, now: int, border: int
) -> dict[str, object]:
    kinds = {Cause.BOUGHT: Kind.SALE, Cause.RETURNED: Kind.RETURN, Cause.CORRECTED: Kind.CORRECTION}
    amount = int(row["average_order"])
    evidence = (
        [
            Evidence(
                kinds[cause],
                f"КА-{row['customer_id']:06}",
                HORIZON.last,
                amount,
                2 * amount if cause is Cause.CORRECTED else None,
            )
        ]
        if cause in kinds
        else []
    )
    return {
        "customer_id": row["customer_id"],
        "buyer": row["buyer"],
        "manager": row["manager"],
        "before": before,
        "after": after,
        "direction": direction,
        "cause": cause.value,
        "measure": measure,
        "value_before": was,
        "value_after": now,
        "border": border,
        "monetary_before": int(row["monetary"]) - direction * amount // 2,
        "documents": msgspec.json.encode(evidence).decode(),
    }


def _calls(chance: random.Random, tables: ReportTables) -> pd.DataFrame:
    """The largest customers whose order is late, the most worth first."""
    russian = tables.facts.language == "ru"
    sentence = (
        "Заказывает раз в {0} дн., молчит {1} дн. Был в «{2}», упал в «{3}» {4}."
        if russian
        else "Orders every {0} days, silent for {1}. Was in “{2}”, fell to “{3}” on {4}."
    )
    titles = [style.title for style in tables.facts.segments]
    late = tables.customers.sort_values("monetary", ascending=False).head(12)
    rows = []
    for _, row in late.iterrows():
        rhythm, risk, likely, reach = chance.randint(12, 40), int(row["monetary"]) // 3, chance.randint(300, 800), 1000
        day = date_of(HORIZON.last - chance.randint(0, 6)).strftime("%d.%m.%Y" if russian else "%d %b %Y")
        rows.append(
            {
                "customer_id": row["customer_id"],
                "buyer": row["buyer"],
                "manager": row["manager"],
                "email": row["email"],
                "segment": chance.choice(("risk", "drifting", "loyal")),
                "reason": sentence.format(rhythm, 3 * rhythm, titles[1], titles[2], day),
                "money_at_risk": risk,
                "chance": likely,
                "reachability": reach,
                "worth": risk * likely // 1000,
            }
        )
    return pd.DataFrame(rows).sort_values("worth", ascending=False)
