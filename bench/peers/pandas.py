"""pandas as a careful person writes it: whole columns at a time, a transaction a day."""

import sqlite3
from contextlib import closing

import numpy as np
import pandas as pd
import pyarrow as pa

from bench.data import FIRST_DAYS, HORIZON, MONTHS, REFERENCE_DAY, Data, cells_of
from bench.peers.download import received, rows_of_days
from bench.peers.sheets import cells_table
from rfm_service.clock import date_of, month_of

RESULT = ["customer_id", "recency", "frequency", "monetary", "order_interval", "segment", "tier"]
OF_A_MONTH = ["month", "before", "after"]
cells_of_report: dict[str, pd.DataFrame] = {}


def prepare(data: Data, task: str) -> None:
    """The cells of the workbook are at hand."""
    if task == "workbook":
        cells_of_report.update({title: pd.DataFrame(rows) for title, rows in cells_of(data.cells).items()})


def sync(data: Data) -> pa.Table:
    """`to_sql`, a durable transaction a day. Nothing is checked, netted or derived."""
    path = data.folder / "pandas.db"
    path.unlink(missing_ok=True)
    lines = 0
    with closing(sqlite3.connect(path)) as store:
        store.execute("PRAGMA synchronous = FULL")
        for rows in rows_of_days(data):
            if rows:
                frame = pd.DataFrame(rows)
                frame["day"] = pd.to_datetime(frame.iloc[:, 0].str[:10])
                with store:
                    lines += frame.to_sql("sales", store, if_exists="append", index=False) or 0
    return received(lines)


def rfm(data: Data) -> pa.Table:
    """Groups and ranks of whole columns."""
    orders = pd.read_parquet(data.orders, filters=[("day", ">=", REFERENCE_DAY - HORIZON)])
    return pa.Table.from_pandas(customers_of(orders), preserve_index=False)


def snapshots(data: Data) -> pa.Table:
    """The horizon grouped for each month; a merge for the transitions."""
    frame = with_months(pd.read_parquet(data.orders))
    return pa.Table.from_pandas(transitions_of(snapshots_of(frame)), preserve_index=False)


def cohorts(data: Data) -> pa.Table:
    """The first month of each customer beside every order."""
    return pa.Table.from_pandas(cohorts_of(with_months(pd.read_parquet(data.orders))), preserve_index=False)


def workbook(data: Data) -> pa.Table:
    """`to_excel` of every sheet, with no look."""
    path = data.folder / "pandas.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        for title, frame in cells_of_report.items():
            frame.to_excel(book, sheet_name=title, header=False, index=False)
    return cells_table(path)


def customers_of(orders: pd.DataFrame) -> pd.DataFrame:
    """Measures, interval, segment and tier of every customer in these orders."""
    found = _measures(orders)
    found["order_interval"] = _intervals(orders).reindex(found.index, fill_value=0)
    found["segment"] = segments_of(found)
    found["tier"] = _tiers(orders)
    return found.reset_index()[RESULT]


def with_months(frame: pd.DataFrame) -> pd.DataFrame:
    """A column with the month of each day."""
    days = frame.day.unique()
    frame["month"] = frame.day.map(dict(zip(days, map(month_of, days.tolist()), strict=True)))
    return frame


def snapshots_of(frame: pd.DataFrame) -> pd.DataFrame:
    """What is known of every customer at every month's end, with its segment."""
    found = pd.concat([_snapshot(frame, month) for month in MONTHS])
    found["segment"] = segments_of(found)
    return found[["customer_id", "month", "segment", "month_monetary"]]


def transitions_of(found: pd.DataFrame) -> pd.DataFrame:
    """Customers and their money between the segments of two months."""
    before = found.assign(month=found.month + 1)
    pairs = before.merge(found, on=["customer_id", "month"], how="outer", suffixes=("_before", "_after"))
    pairs = pairs[(pairs.month > MONTHS[0]) & (pairs.month <= MONTHS[-1])].fillna(
        {"segment_before": "", "segment_after": "", "month_monetary_before": 0, "month_monetary_after": 0}
    )
    pairs = pairs.rename(columns={"segment_before": "before", "segment_after": "after"})
    moves = pairs.groupby(OF_A_MONTH).agg(
        customers=("customer_id", "size"),
        amount_before=("month_monetary_before", "sum"),
        amount_after=("month_monetary_after", "sum"),
    )
    return moves.astype("int64").reset_index()


def cohorts_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Buyers and money of each cohort and month."""
    frame["cohort"] = frame.groupby("customer_id").month.transform("min")
    found = frame.groupby(["cohort", "month"]).agg(buyers=("customer_id", "nunique"), monetary=("amount", "sum"))
    return found.reset_index()


def segments_of(found: pd.DataFrame) -> pd.Series:
    """The nine segments; money is kopecks."""
    recency, frequency, monetary = found.recency, found.frequency, found.monetary
    rules = [
        ("champions", (frequency >= 12) & (monetary >= 600_000_00) & (recency < 90)),
        ("lost", (frequency >= 9) & (recency >= 180)),
        ("risk", (frequency >= 9) & (recency >= 90)),
        ("loyal", frequency >= 9),
        ("growing", (frequency >= 6) & (monetary >= 300_000_00) & (recency < 90)),
        ("promising", (frequency >= 3) & (monetary >= 100_000_00) & (recency < 90)),
        ("sleeping", recency > 135),
        ("drifting", recency > 45),
        ("promising", frequency >= 3),
    ]
    names, conditions = zip(*rules, strict=True)
    return pd.Series(np.select(list(conditions), list(names), "newcomers").astype(object), found.index)


def _measures(orders: pd.DataFrame) -> pd.DataFrame:
    found = orders.groupby("customer_id").agg(
        last_day=("day", "max"), frequency=("order_id", "nunique"), monetary=("amount", "sum")
    )
    return found.assign(recency=REFERENCE_DAY - found.last_day)


def _intervals(orders: pd.DataFrame) -> pd.Series:
    days = orders.groupby(["customer_id", "order_id"]).day.min().reset_index()[["customer_id", "day"]]
    days = days.drop_duplicates().sort_values(["customer_id", "day"], ascending=[True, False])
    days["gap"] = days.day - days.groupby("customer_id").day.shift(-1)
    gaps = days.dropna().copy()
    of_one = gaps.groupby("customer_id").gap
    newness, elapsed, count = of_one.cumcount(), of_one.cumsum(), of_one.transform("size")
    newest = of_one.transform("first")
    reach = np.where(gaps.gap.where(newness < 3).groupby(gaps.customer_id).transform("mean") < 30, 120, 180)
    long = newest > 120
    kept = np.where(long & (count < 5), newness == 0, np.where(long, (newness >= 1) & (newness <= 3), elapsed <= reach))
    return gaps[kept].groupby("customer_id").gap.mean().round().astype("int64")


def _tiers(orders: pd.DataFrame) -> pd.Series:
    days = orders.day.unique()
    pairs = orders.day.map({day: (date_of(day).month - 1) // 2 for day in days.tolist()})
    sums = orders.amount.groupby([orders.customer_id, pairs]).sum().groupby("customer_id").agg(["sum", "size"])
    mean = sums["sum"] // sums["size"]
    borders = [mean >= least for least in (500_000_00, 220_000_00, 100_000_00, 30_000_00)]
    names = ["whale", "large_wholesaler", "wholesaler", "small_wholesaler"]
    return pd.Series(np.select(borders, names, "retail").astype(object), sums.index)


def _snapshot(frame: pd.DataFrame, month: int) -> pd.DataFrame:
    end = FIRST_DAYS[month - MONTHS.start + 1]
    inside = frame[(frame.day < end) & (frame.day >= end - HORIZON)]
    own = inside[inside.month == month].groupby("customer_id")
    found = inside.groupby("customer_id").agg(
        last_day=("day", "max"), frequency=("order_id", "nunique"), monetary=("amount", "sum")
    )
    found["recency"] = end - found.last_day
    found["month_monetary"] = own.amount.sum()
    return found.fillna({"month_monetary": 0}).assign(month=month).reset_index()
