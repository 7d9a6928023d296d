"""The way of the service that this one replaces: a connection and a commit for every row, pandas row by row."""

import sqlite3
from contextlib import closing
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pyarrow as pa
import seaborn as sns
from openpyxl import load_workbook
from openpyxl.styles import Alignment, Font

from bench.data import HORIZON, REFERENCE_DAY, Data, cells_of
from bench.peers.download import INTO_SALES, SALES, received, rows_of_days
from bench.peers.sheets import cells_table
from rfm_service.clock import date_of

MEASURES = ["customer_id", "recency", "frequency", "monetary", "order_interval", "segment", "tier"]
sheets: dict[str, pd.DataFrame] = {}


def prepare(data: Data, task: str) -> None:
    """The cells of the workbook are at hand."""
    if task == "workbook":
        sheets.update({title: pd.DataFrame(rows) for title, rows in cells_of(data.cells).items()})


def sync(data: Data) -> pa.Table:
    """A connection, an insert and a commit for every row."""
    path = data.folder / "original.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as store, store:
        store.execute(SALES)
    lines = 0
    for rows in rows_of_days(data):
        for row in rows:
            with closing(sqlite3.connect(path)) as store, store:
                store.execute(INTO_SALES, tuple(row.values()))
            lines += 1
    return received(lines)


def rfm(data: Data) -> pa.Table:
    """Everything out of the store; then customer by customer, and row by row."""
    with closing(sqlite3.connect(data.past.database)) as store:
        orders = pd.read_sql("SELECT day, customer_id, order_id, amount FROM orders", store)
    return pa.Table.from_pandas(_customers(orders[orders.day >= REFERENCE_DAY - HORIZON]), preserve_index=False)


def workbook(data: Data) -> pa.Table:
    """`to_excel`; then the file once more, cell by cell."""
    path = data.folder / "original.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        for title, frame in sheets.items():
            frame.to_excel(writer, sheet_name=title, header=False, index=False)
    book = load_workbook(path)
    for sheet in book:
        sheet.freeze_panes = "B2"
        for row in sheet.iter_rows():
            for cell in row:
                cell.font = Font(name="Calibri", size=10)
                cell.alignment = Alignment(vertical="center")
    book.save(path)
    return cells_table(path)


def night(data: Data) -> pa.Table:
    """Sync, customers, a sheet, nine pictures; none of the rest that ours does."""
    found = sync(data)
    names = data.shop.settings.erp.fields.model_dump()
    with closing(sqlite3.connect(data.folder / "original.db")) as store:
        lines = pd.read_sql("SELECT * FROM sales", store)
    lines.columns = pd.Index(_names_of(data))
    lines = lines.rename(columns={theirs: ours for ours, theirs in names.items()})
    customers = _customers(_sold(lines))
    customers.to_excel(data.folder / "original.xlsx", index=False)
    for number, column in enumerate((*MEASURES[1:], "segment", "tier", "recency")):
        sns.histplot(customers, x=column)
        plt.savefig(data.folder / f"original{number}.png", dpi=150, bbox_inches="tight")
        plt.clf()
    return found


def _names_of(data: Data) -> list[str]:
    return [*next(rows[0] for rows in rows_of_days(data) if rows)]


def _sold(lines: pd.DataFrame) -> pd.DataFrame:
    """Sales of 10 roubles and more, a row at a time."""
    kept = []
    for _, line in lines.iterrows():
        amount = round(float(line["sum"]) * 100) if pd.notna(line["sum"]) else 0
        if amount >= 1000 and line["buyer"]:
            kept.append(
                {
                    "day": (pd.to_datetime(line["date"][:10]) - pd.Timestamp("1970-01-01")).days,
                    "customer_id": line["buyer"],
                    "order_id": f"{line['order_id'] or line['sale_id']} {line['date'][:7]}",
                    "amount": amount,
                }
            )
    return pd.DataFrame(kept)


def _customers(orders: pd.DataFrame) -> pd.DataFrame:
    found: pd.DataFrame = orders.groupby("customer_id").apply(_measured).reset_index()
    found["segment"] = found.apply(_segment, axis=1)
    tiers = []
    for _, row in found.iterrows():
        tiers.append(_tier(row["mean"]))
    found["tier"] = tiers
    kept: pd.DataFrame = found[MEASURES]
    return kept


def _measured(orders: pd.DataFrame) -> pd.Series:
    pairs = orders.groupby(orders.day.apply(lambda day: (date_of(day).month - 1) // 2)).amount.sum()
    return pd.Series(
        {
            "recency": REFERENCE_DAY - orders.day.max(),
            "frequency": orders.order_id.nunique(),
            "monetary": orders.amount.sum(),
            "order_interval": _interval(sorted(set(orders.groupby("order_id").day.min()), reverse=True)),
            "mean": pairs.sum() // len(pairs),
        }
    )


def _interval(days: list[int]) -> int:
    gaps = [newer - older for newer, older in pairwise(days)]
    if not gaps:
        return 0
    if len(gaps) == 1:
        return gaps[0]
    if gaps[0] > 120:
        return gaps[0] if len(gaps) < 5 else round(sum(gaps[1:4]) / 3)
    reach = 120 if sum(gaps[:3]) / len(gaps[:3]) < 30 else 180
    kept: list[int] = []
    for gap in gaps:
        if sum(kept) + gap > reach:
            break
        kept.append(gap)
    return round(sum(kept) / len(kept))


def _segment(row: "pd.Series[Any]") -> str:
    recency, frequency, monetary = row["recency"], row["frequency"], row["monetary"]
    if frequency >= 12 and monetary >= 600_000_00 and recency < 90:
        return "champions"
    if frequency >= 9:
        return "lost" if recency >= 180 else "risk" if recency >= 90 else "loyal"
    if frequency >= 6 and monetary >= 300_000_00 and recency < 90:
        return "growing"
    if frequency >= 3 and monetary >= 100_000_00 and recency < 90:
        return "promising"
    if recency > 135:
        return "sleeping"
    if recency > 45:
        return "drifting"
    return "promising" if frequency >= 3 else "newcomers"


def _tier(mean: int) -> str:
    if mean >= 500_000_00:
        return "whale"
    if mean >= 220_000_00:
        return "large_wholesaler"
    if mean >= 100_000_00:
        return "wholesaler"
    return "small_wholesaler" if mean >= 30_000_00 else "retail"
