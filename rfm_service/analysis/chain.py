"""From what the last report said to what is: a chain of states, each one step nearer to today."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from rfm_service.analysis.measuring import calendar_of, measure
from rfm_service.clock import Horizon
from rfm_service.engines import Engine
from rfm_service.engines.store_reader import StoreReader
from rfm_service.models import model
from rfm_service.records import Cause
from rfm_service.segmentation.conditions import Values
from rfm_service.segmentation.fitted import FittedScheme
from rfm_service.store.published import (
    last_report,
    orders_between,
    published_measures,
    published_schemes,
    published_segments,
)

STEPS = (Cause.CORRECTED, Cause.RETURNED, Cause.SILENT, Cause.LEFT_HORIZON, Cause.BOUGHT, Cause.BORDER)
"""What lies between one state and the next."""

OF_MOVERS = "customer_id IN (SELECT customer_id FROM movers)"


class Baseline(NamedTuple):
    """The last report that was published before this one."""

    horizon: Horizon
    ended_at: str
    schemes: dict[str, FittedScheme]


class Classified(NamedTuple):
    """A customer in one state: its segment, what the rules look at, and kopecks inside the horizon."""

    segment: str
    values: Values | None
    monetary: int


ABSENT = Classified("", None, 0)

State = dict[str, dict[int, Classified]]
"""Customers by scheme and id; who has no purchase is not there."""


def read_baseline(engine: Engine, store: StoreReader, reference_day: int) -> Baseline | None:
    """The last published report, None when this is the first; what it said is made known to the engine."""
    found = store.read(*last_report(reference_day)).to_pylist()
    if not found:
        return None
    day = found[0]["reference_day"]
    engine.make_table("published_segments", store.read(*published_segments(day)))
    engine.make_table("published_measures", store.read(*published_measures(day)))
    return Baseline(
        Horizon(day, found[0]["horizon_days"]),
        found[0]["ended_at"],
        {
            row["scheme"]: msgspec.json.decode(row["fitted"], type=FittedScheme)
            for row in store.read(*published_schemes(day)).to_pylist()
        },
    )


def states_since(
    engine: Engine, store: StoreReader, baseline: Baseline, horizon: Horizon, fitted: Mapping[str, FittedScheme]
) -> list[State]:
    """The states of the customers in the engine's table `movers`, one more than there are STEPS."""
    then, old = baseline.horizon, baseline.schemes
    engine.make_table("earlier_orders", store.read(*orders_between(then.first, horizon.first - 1)))
    both = f"SELECT * FROM orders WHERE {OF_MOVERS} UNION ALL SELECT * FROM earlier_orders WHERE {OF_MOVERS}"
    engine.derive("known_orders", both)
    engine.derive("orders_before_returns", model("orders_before_returns"), {"reference_day": then.reference_day})
    waiting = Horizon(horizon.reference_day, horizon.reference_day - then.first)
    return [
        _classified(_as_published(engine, then.reference_day), old),
        _classified(_measured(engine, "orders_before_returns", then, then.reference_day), old),
        _classified(_measured(engine, "known_orders", then, then.reference_day), old),
        _classified(_measured(engine, "known_orders", waiting, then.reference_day), old),
        _classified(_measured(engine, "known_orders", horizon, then.reference_day), old),
        _classified(today := _measured(engine, "known_orders", horizon, horizon.reference_day), old),
        _classified(today, fitted),
    ]


def _as_published(engine: Engine, reference_day: int) -> Engine:
    """An engine with the measures that the last report was made of."""
    published = engine.another()
    published.make_table("customer", engine.run("SELECT * FROM customer"))
    published.make_table("measures", engine.run(f"SELECT * FROM published_measures WHERE {OF_MOVERS}"))
    published.derive(
        "measured_customers",
        f"SELECT measures.*, {reference_day} - last_day AS recency, customer.key"
        " FROM measures INNER JOIN customer ON measures.customer_id = customer.customer_id",
    )
    return published


def _measured(engine: Engine, orders: str, window: Horizon, until: int) -> Engine:
    """An engine with the measures of the orders inside the window and before the day `until`."""
    other = engine.another()
    inside = f"purchase = 1 AND day >= {window.first} AND day < {until}"
    other.make_table("purchases", engine.run(f"SELECT * FROM {orders} WHERE {inside}"))
    other.make_table("calendar", calendar_of(window))
    other.make_table("customer", engine.run("SELECT * FROM customer"))
    measure(other, window)
    return other


def _classified(engine: Engine, schemes: Mapping[str, FittedScheme]) -> State:
    return {
        name: {
            row.pop("customer_id"): Classified(row.pop("segment"), row, row.pop("horizon_monetary"))
            for row in _rows_of(engine, fitted)
        }
        for name, fitted in schemes.items()
    }


def _rows_of(engine: Engine, fitted: FittedScheme) -> list[dict[str, Any]]:
    columns = ", ".join(fitted.values_as_sql())
    rows: list[dict[str, Any]] = engine.run(
        f"SELECT customer_id, monetary AS horizon_monetary, {fitted.as_sql()} AS segment, {columns}"
        " FROM measured_customers"
    ).to_pylist()
    return rows
