"""Classified customers of a store, beside those of the definitions."""

from collections.abc import Iterable
from dataclasses import asdict
from math import floor
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from rfm_service.analysis.fitting import fit
from rfm_service.analysis.history import Past, load_past, load_published, load_purchases, reports_of
from rfm_service.analysis.measuring import classify_measured, load_store, measure
from rfm_service.clock import Horizon
from rfm_service.engines import Engine
from rfm_service.engines.embedded import Embedded
from rfm_service.engines.store_reader import StoreReader
from rfm_service.models import model
from rfm_service.segmentation.schemes import Scheme, load_scheme
from tests.conftest import PROJECT, REFERENCE_DAY
from tests.oracles import original
from tests.oracles.original import Sale
from tests.store.builders import write_purchases

YEAR = Horizon(REFERENCE_DAY, 365)

NINE, TIERS = (load_scheme(PROJECT / "config" / "segments", name) for name in ("nine_segments", "wholesale_tiers"))

Measures = dict[str, Any]


def analysed(database: Path, horizon: Horizon = YEAR, segments: Scheme = NINE) -> Engine:
    """An engine that holds the customers of a store, classified. Nobody may have the store open."""
    engine = Embedded()
    load_store(engine, database, horizon)
    measure(engine, horizon)
    classify_measured(engine, {"segment": fit(engine, segments), "tier": fit(engine, TIERS)})
    return engine


def load_closed_months(engine: Engine, store: StoreReader, past: Past, scheme: Scheme) -> None:
    """Make known to an engine what the tables of closed months are computed of."""
    load_purchases(engine, store, past)
    load_past(engine, store, past)
    load_published(engine, store, [*reports_of(store, past)], scheme)


def measured(engine: Engine) -> dict[str, Measures]:
    """Every customer's measures, segment and tier."""
    columns = [*original.Customer.__dataclass_fields__]
    rows = engine.run(f"SELECT buyer, {', '.join(columns)} FROM customers").to_pylist()
    return {row.pop("buyer"): row for row in rows}


def expected(purchases: Iterable[Sale], horizon: Horizon = YEAR) -> dict[str, Measures]:
    """The same by the definitions; the two-month sum is cut to whole kopecks."""
    found = original.customers(purchases, horizon.reference_day, horizon.length)
    return {
        buyer: asdict(customer) | {"two_month_sum": floor(customer.two_month_sum)} for buyer, customer in found.items()
    }


def customers_of(folder: Path, purchases: Iterable[Sale], horizon: Horizon = YEAR) -> dict[str, Measures]:
    """The customers of a store that is written to the folder with these purchases."""
    path = folder / "sales.db"
    path.unlink(missing_ok=True)
    write_purchases(path, purchases)
    return measured(analysed(path, horizon))


def engine_of(folder: Path, purchases: Iterable[Sale], horizon: Horizon, segments: Scheme) -> Engine:
    """An engine that holds the classified customers of a store that is written to the folder with these purchases."""
    path = folder / "sales.db"
    path.unlink(missing_ok=True)
    write_purchases(path, purchases)
    return analysed(path, horizon, segments)


def purchases_of(horizon: Horizon) -> st.SearchStrategy[list[Sale]]:
    """Purchases of a few buyers in and around a horizon, some orders in several shipments."""
    return st.lists(
        st.builds(
            Sale,
            st.sampled_from(["Anna", "Boris", "Clara"]),
            st.sampled_from([str(number) for number in range(14)]),
            st.integers(horizon.first - 3, horizon.reference_day + 2),
            st.sampled_from([10_00, 33_33, 100_001_00, 600_000_00]) | st.integers(10_00, 10**12),
        ),
        max_size=30,
    )


def rows_of(engine: Engine, name: str) -> list[dict[str, Any]]:
    """The rows of a model that looks at classified customers."""
    window = {"first_day": YEAR.first, "reference_day": YEAR.reference_day}
    return list(engine.run(model(name), window).to_pylist())
