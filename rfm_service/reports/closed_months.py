"""The closed months as pictures and sheets want them: tables with a row or a column for every month and segment."""

import numpy as np
import pandas as pd

from rfm_service.locales import Language
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.palette import ABSENT, MUTED
from rfm_service.reports.reasons import ABSENT_TITLE
from rfm_service.reports.tables import ReportTables


def months_of(column: pd.Series) -> range:
    """Every month from the first to the last of a column, without gaps; none of an empty one."""
    return range(int(column.min()), int(column.max()) + 1) if len(column) else range(0)


def states_of(tables: ReportTables, language: Language) -> list[SegmentStyle]:
    """The segments in the order of display, then such as the scheme no longer knows, then having no purchases."""
    known = {style.key for style in tables.facts.segments}
    seen = {*tables.segment_months["segment"], *tables.transitions["before"], *tables.transitions["after"]} - {""}
    strangers = [SegmentStyle(key, key, "", MUTED) for key in sorted(seen - known)]
    return [*tables.facts.segments, *strangers, SegmentStyle("", language.gettext(ABSENT_TITLE), "", ABSENT)]


def segments_by_month(tables: ReportTables, measure: str, states: list[SegmentStyle]) -> pd.DataFrame:
    """One row per closed month, one column per segment, zeros where nobody was."""
    table = tables.segment_months
    wide = table.pivot_table(index="month", columns="segment", values=measure, aggfunc="sum", fill_value=0)
    keys = [style.key for style in states if style.key]
    return wide.reindex(index=months_of(table["month"]), columns=keys, fill_value=0).astype("int64")


def revenue_per_customer(monetary: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """What was bought in a month per customer of the segment at its end, whether they bought or not; NaN of nobody."""
    return monetary.div(customers.where(customers > 0))


def last_flow(tables: ReportTables) -> int:
    """The latest month that has transitions; -1 where there are none."""
    return int(tables.transitions["month"].max()) if len(tables.transitions) else -1


def flows_into(tables: ReportTables, month: int, states: list[SegmentStyle]) -> pd.DataFrame:
    """Customers by state at the last month's end (rows) and at this month's (columns)."""
    table = tables.transitions[tables.transitions["month"] == month]
    wide = table.pivot_table(index="before", columns="after", values="customers", aggfunc="sum", fill_value=0)
    keys = [style.key for style in states]
    return wide.reindex(index=keys, columns=keys, fill_value=0).astype("int64")


def moves_into(tables: ReportTables, month: int) -> pd.DataFrame:
    """The transitions of a month from one state to another, most customers first."""
    table = tables.transitions[tables.transitions["month"] == month]
    moved = table[table["before"] != table["after"]]
    order = ["customers", "amount_before", "before", "after"]
    return moved.sort_values(order, ascending=[False, False, True, True], ignore_index=True)


def by_age(tables: ReportTables, measure: str, most: int) -> pd.DataFrame:
    """One row per cohort, the last `most` with customers; one column per month since the first purchase, from 0.

    As many columns as the oldest of them has closed months, `most` at most. NaN where the month is not closed: not yet,
    or it is the month in which the store begins.
    """
    table, cohorts = tables.cohorts, cohort_sizes(tables, most).index
    if not len(cohorts):
        return pd.DataFrame()
    first, last = int(table["month"].min()), int(table["month"].max())
    ages = range(min(most, last - int(cohorts.min()) + 1))
    wide = table.assign(age=table["month"] - table["cohort"]).pivot_table(
        index="cohort", columns="age", values=measure, aggfunc="sum", fill_value=0
    )
    full = wide.reindex(index=cohorts, columns=ages, fill_value=0).astype("float64")
    months = np.add.outer(cohorts.to_numpy(), np.array(ages))
    return full.where((first <= months) & (months <= last))


def cohort_sizes(tables: ReportTables, most: int) -> pd.Series:
    """Customers by cohort, oldest first, the last `most` that have any."""
    sizes: pd.Series = tables.cohorts.groupby("cohort")["size"].first().astype("int64").tail(most)
    return sizes


def new_cohorts(tables: ReportTables, by_cohort: pd.DataFrame) -> pd.DataFrame:
    """The rows of all cohorts but the store's first: most of that one were customers before the store began."""
    new: pd.DataFrame = by_cohort[by_cohort.index > tables.cohorts["cohort"].min()]
    return new


def share_of_new(tables: ReportTables, age: int, most: int) -> float | None:
    """Which part of the new customers bought so many months after the first purchase; None where nobody is so old."""
    buyers = new_cohorts(tables, by_age(tables, "buyers", most))
    known = buyers[age].dropna() if age in buyers else buyers.iloc[:0, 0]
    customers = int(cohort_sizes(tables, most)[known.index].sum())
    return float(known.sum()) / customers if customers else None


def churn_by_month(tables: ReportTables) -> pd.DataFrame:
    """`churn_months` in order, with `rate`: the newly churned per customer who had not churned a month before.

    NaN where that is not known: in the first month, and where there was nobody.
    """
    churn = tables.churn_months.sort_values("month", ignore_index=True)
    there = (churn["active"] + churn["at_risk"]).shift()
    return churn.assign(rate=(churn["newly_churned"] / there.where(there > 0)).astype("float64"))
