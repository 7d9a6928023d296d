"""How far every customer is from the next segments: what is missing to a better one, when it falls into a worse one."""

import pyarrow as pa

from rfm_service.clock import Horizon
from rfm_service.engines import Engine
from rfm_service.models import model
from rfm_service.segmentation.borders import (
    Cell,
    borders_of,
    cells_of,
    has_thresholds_only,
    is_foreseeable,
)
from rfm_service.segmentation.fitted import FittedScheme
from rfm_service.segmentation.schemes import OUTSIDE, Scheme

COLUMNS = (
    "better_segment",
    "orders_missing",
    "amount_missing",
    "days_missing",
    "fall_day",
    "fall_segment",
    "expected_day",
    "overdue",
    "money_at_risk",
)
TEXTS = {"segment", "better_segment", "fall_segment"}


def with_prospects(engine: Engine, horizon: Horizon, segments: Scheme) -> pa.Table:
    """The classified `customers`, each with the columns of `prospects`; the largest amounts first.

    Where the scheme lets nobody foresee it, the segments are '', what is missing is 0 and the days are -1.
    """
    ranks = segments.ranks
    engine.make_table("ranks", pa.table({"segment": list(ranks), "rank": list(ranks.values())}))
    engine.make_table("better_segments", _better_segments(engine, segments))
    engine.make_table("falls", _falls(engine, horizon, segments))
    engine.make_table("prospects", engine.run(model("prospects"), {"reference_day": horizon.reference_day}))
    customers = engine.run(
        f"SELECT customers.*, {', '.join(f'prospects.{name}' for name in COLUMNS)}"
        " FROM customers INNER JOIN prospects ON customers.customer_id = prospects.customer_id"
        " ORDER BY customers.monetary DESC, customers.buyer, customers.customer_id"
    )
    engine.make_table("customers", customers)
    return customers


def _better_segments(engine: Engine, segments: Scheme) -> pa.Table:
    if not has_thresholds_only(segments):
        return _nobody("better_segment", "orders_missing", "amount_missing", "days_missing")
    cells = list(zip(*cells_of(segments), strict=True))
    engine.make_table("cells", pa.table(dict(zip(Cell._fields, map(list, cells), strict=True))))
    return engine.run(model("better_segments"))


def _falls(engine: Engine, horizon: Horizon, segments: Scheme) -> pa.Table:
    if not is_foreseeable(segments):
        return _nobody("fall_day", "fall_segment")
    borders = pa.array(borders_of(segments, "recency"), pa.int64())
    engine.make_table("recency_borders", pa.table({"recency": borders}))
    engine.make_table("silent_states", engine.run(model("silent_states"), {"horizon_days": horizon.length}))
    named = f"CASE WHEN frequency = 0 THEN '{OUTSIDE}' ELSE {FittedScheme(segments).as_sql()} END"
    engine.make_table("silent_segments", engine.run(f"SELECT customer_id, day, {named} AS segment FROM silent_states"))
    return engine.run(model("falls"))


def _nobody(*columns: str) -> pa.Table:
    types = {name: pa.string() if name in TEXTS else pa.int64() for name in columns}
    return pa.schema([("customer_id", pa.int64()), *types.items()]).empty_table()
