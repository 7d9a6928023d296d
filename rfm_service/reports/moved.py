"""The movements since the last report, summed up."""

from typing import NamedTuple

import pandas as pd

from rfm_service.records import Cause

DIRECTIONS = (-1, 1, 0)


class Pair(NamedTuple):
    """From which segment to which, how many customers, and what they bought (kopecks)."""

    before: str
    after: str
    customers: int
    stake: int


def with_stakes(movements: pd.DataFrame) -> pd.DataFrame:
    """The movements, those to worse segments first, the most money first, with `stake` (kopecks) and `customers` (1).

    stake: what the customer bought inside the horizon, before or after, whichever is more.
    """
    stakes = movements[["monetary_before", "monetary_after"]].max(axis=1)
    turns = movements["direction"].map({way: place for place, way in enumerate(DIRECTIONS)})
    table = movements.assign(stake=stakes, customers=1, turn=turns)
    return table.sort_values(
        ["turn", "stake", "buyer", "customer_id"], ascending=[True, False, True, True], kind="stable", ignore_index=True
    ).drop(columns="turn")


def by_cause(moved: pd.DataFrame, measure: str) -> pd.DataFrame:
    """One row per cause there is, most customers first, one column per direction: sums of `measure`."""
    counts = moved["cause"].value_counts()
    order = sorted(counts.index, key=lambda cause: (-counts[cause], list(Cause).index(Cause(cause))))
    wide = moved.pivot_table(index="cause", columns="direction", values=measure, aggfunc="sum", fill_value=0)
    return wide.reindex(index=order, columns=list(DIRECTIONS), fill_value=0).astype("int64")


def biggest_pair(moved: pd.DataFrame) -> Pair:
    """The pair of segments between which the most money moved."""
    pairs = moved.groupby(["before", "after"], as_index=False).agg(
        customers=("customers", "sum"), stake=("stake", "sum")
    )
    best = pairs.sort_values(["stake", "customers", "before", "after"], ascending=[False, False, True, True]).iloc[0]
    return Pair(str(best["before"]), str(best["after"]), int(best["customers"]), int(best["stake"]))
