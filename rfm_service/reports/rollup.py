"""Customers summed up by segment and tier, in the order of display, with zeros where nobody is."""

from typing import Literal

import pandas as pd

from rfm_service.reports.facts import Facts, SegmentStyle
from rfm_service.reports.tables import ReportTables

Axis = Literal["segment", "tier"]
Measure = Literal["customers", "monetary"]


def styles_of(facts: Facts, axis: Axis) -> list[SegmentStyle]:
    """The classes of one axis in the order of display."""
    return facts.segments if axis == "segment" else facts.tiers


def title_of(facts: Facts, axis: Axis) -> str:
    """What one axis is called."""
    return facts.segment_title if axis == "segment" else facts.tier_title


def by_class(tables: ReportTables, axis: Axis) -> pd.DataFrame:
    """One row per class: customers, monetary (kopecks), and customers_share and monetary_share of the whole."""
    keys = [style.key for style in styles_of(tables.facts, axis)]
    grouped = tables.customers.groupby(axis).agg(customers=("monetary", "size"), monetary=("monetary", "sum"))
    sums = grouped.reindex(keys, fill_value=0)
    return sums.assign(
        customers_share=sums["customers"] / len(tables.customers),
        monetary_share=sums["monetary"] / tables.customers["monetary"].sum(),
    )


def cross(tables: ReportTables, measure: Measure) -> pd.DataFrame:
    """Segments down, tiers across: how many customers, or how many kopecks."""
    table = tables.segment_tiers.pivot_table(
        index="segment", columns="tier", values=measure, aggfunc="sum", fill_value=0, observed=True
    )
    full: pd.DataFrame = table.reindex(
        index=[style.key for style in tables.facts.segments],
        columns=[style.key for style in tables.facts.tiers],
        fill_value=0,
    )
    return full.astype("int64")
