"""What every peer is given: the same orders in a store and in Parquet, the same 1C server, the same report."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
from pyarrow import parquet

from rfm_service import night, workers
from rfm_service.clock import SystemClock, day_of, first_day_of_month
from rfm_service.home import Home
from rfm_service.store.connection import opened, transaction

MONTHS = range(2023 * 12 + 10, 2026 * 12 + 10)
HORIZON = 365
REFERENCE_DAY = day_of(first_day_of_month(MONTHS.stop))
FIRST_DAYS = [day_of(first_day_of_month(month)) for month in (*MONTHS, MONTHS.stop)]
SHOP_DAYS = range(REFERENCE_DAY - HORIZON, REFERENCE_DAY)
ORDERS_A_CUSTOMER = 30
SHIPPED_TWICE = 0.1
Cells = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True, eq=False)
class Data:
    """Where it lies. `shop`: a home with the URL and the token of a 1C server; `past`: one with the orders."""

    folder: Path
    shop: Home
    past: Home

    @property
    def orders(self) -> Path:
        """Columns day, customer_id, order_id, amount; sorted by day."""
        return self.folder / "orders.parquet"

    @property
    def returns(self) -> Path:
        """A store with lines of a year, a twentieth of them returns."""
        return self.folder / "returns.db"

    @property
    def report(self) -> Path:
        """The tables of the shop's report."""
        return next((self.shop.path / "db" / "work").iterdir())

    @property
    def cells(self) -> Path:
        """The shop's workbook, as ours."""
        return next((self.shop.path / "db" / "spool").iterdir()) / "RFM.xlsx"

    @property
    def night(self) -> Home:
        """A home for nights from nothing, with the shop's server."""
        return replace(self.shop, path=self.folder / "night")


def make_data(folder: Path, shop: Home, past: Home, orders: int) -> Data:
    """Write the orders."""
    data = Data(folder, shop, past)
    table = make_orders(orders)
    parquet.write_table(table, data.orders)
    _write_store(past, table)
    return data


def make_orders(orders: int) -> pa.Table:
    """So many orders of three years, a tenth of them shipped on two days, as the store has them: by day."""
    rng = np.random.default_rng(1)
    first, last = FIRST_DAYS[0], FIRST_DAYS[-1]
    customers = max(orders // ORDERS_A_CUSTOMER, 1)
    weights = rng.lognormal(0, 1, customers)
    buyer = rng.choice(customers, orders, p=weights / weights.sum())
    begun, life = rng.integers(first, last, customers), rng.exponential(300, customers)
    day = np.minimum((begun[buyer] + rng.random(orders) * life[buyer]).astype(np.int64), last - 1)
    again = np.flatnonzero((rng.random(orders) < SHIPPED_TWICE) & (day < last - 20))
    columns = {
        "day": np.concatenate([day, day[again] + rng.integers(1, 20, len(again))]),
        "customer_id": np.concatenate([buyer, buyer[again]]),
        "order_id": np.concatenate([np.arange(orders), again]),
        "amount": rng.lognormal(12, 1, orders + len(again)).astype(np.int64),
    }
    unique = pa.table(columns).group_by(["day", "customer_id", "order_id"]).aggregate([("amount", "sum")])
    by_key = [(name, "ascending") for name in ("day", "customer_id", "order_id")]
    return unique.rename_columns([*columns]).sort_by(by_key)


def run_night(home: Home) -> night.Summary:
    """A night on this home from nothing, as the daemon would."""
    home.database.unlink(missing_ok=True)
    with opened(home.database) as store:
        return workers.finish(night.conduct(home, store, REFERENCE_DAY, SystemClock(), _silent))


def cells_of(path: Path) -> Cells:
    """What stands in a workbook: the rows of each sheet, as values."""
    book = openpyxl.load_workbook(path, read_only=True)
    found = {sheet.title: [_trimmed(row) for row in sheet.iter_rows(values_only=True) if any(row)] for sheet in book}
    book.close()
    return found


def _trimmed(row: tuple[object, ...]) -> tuple[object, ...]:
    while row and row[-1] in {None, ""}:
        row = row[:-1]
    return row


def _write_store(home: Home, table: pa.Table) -> None:
    with opened(home.database) as store, transaction(store):
        buyers = [(key, f"{key:07}", f"Buyer {key}") for key in table.column("customer_id").unique().to_pylist()]
        store.executemany("INSERT INTO customer (customer_id, key, name) VALUES (?, ?, ?)", buyers)
        rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
        store.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, 1, 1)", rows)


def _silent(*_: object) -> None:
    """Nobody watches."""
