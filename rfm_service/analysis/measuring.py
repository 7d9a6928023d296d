"""Store → engine → measured and classified customers."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from rfm_service.clock import Horizon, date_of, month_of
from rfm_service.engines import Engine
from rfm_service.engines.store_reader import reading
from rfm_service.errors import NothingToReport
from rfm_service.models import model
from rfm_service.segmentation.fitted import FittedScheme
from rfm_service.store.analysis import analysis_tables

MEASURES = (
    "customer_metrics",
    "order_intervals",
    "two_month_sums",
    "month_metrics",
    "measured_customers",
)


def load_store(engine: Engine, database: Path, horizon: Horizon) -> None:
    """Make the store's tables known to the engine, cut to the horizon, and a calendar of its days."""
    with reading(database) as store:
        for table in analysis_tables(horizon):
            engine.make_table(table.name, store.read(table.query, table.integers, table.texts))
    engine.make_table("calendar", calendar_of(horizon))
    engine.derive("purchases", model("purchases"), view=True)


def calendar_of(horizon: Horizon) -> pa.Table:
    """The days of a horizon, with their months."""
    days = list(horizon.days)
    months = [month_of(day) for day in days]
    return pa.table({"day": days, "month": months, "month_pair": [month % 12 // 2 for month in months]})


def measure(engine: Engine, horizon: Horizon) -> None:
    """Make `measured_customers` of `purchases`, `calendar` and `customer`."""
    for name in MEASURES:
        is_part = name != "measured_customers"
        engine.derive(name, model(name), {"reference_day": horizon.reference_day}, view=is_part)


def require_customers(engine: Engine, horizon: Horizon) -> None:
    """Raises NothingToReport when nobody has bought anything inside the horizon."""
    (customers,) = engine.run("SELECT COUNT(*) AS n FROM measured_customers").column("n").to_pylist()
    if not customers:
        raise NothingToReport(
            "There is no purchase from {0} to {1}.",
            *(date_of(day).isoformat() for day in (horizon.first, horizon.last)),
        )


def classify_measured(engine: Engine, columns: Mapping[str, FittedScheme]) -> pa.Table:
    """Make `customers`: `measured_customers` with their segments in these columns; the largest amounts first."""
    segments = "".join(f", {fitted.as_sql()} AS {column}" for column, fitted in columns.items())
    engine.derive("customers", f"SELECT *{segments} FROM measured_customers")
    return engine.run("SELECT * FROM customers ORDER BY monetary DESC, buyer, customer_id")
