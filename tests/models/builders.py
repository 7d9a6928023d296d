"""Classified customers of a store, beside those of the definitions."""

from collections.abc import Iterable
from dataclasses import asdict
from math import floor
from pathlib import Path
from typing import Any

from rfm_service.analysis.fitting import fit
from rfm_service.analysis.measuring import classify_measured, load_store, measure
from rfm_service.clock import Horizon
from rfm_service.engines import Engine
from rfm_service.engines.embedded import Embedded
from rfm_service.models import model
from rfm_service.segmentation.schemes import load_scheme
from tests.conftest import PROJECT, REFERENCE_DAY
from tests.oracles import original
from tests.oracles.original import Sale
from tests.store.builders import write_purchases

YEAR = Horizon(REFERENCE_DAY, 365)

Measures = dict[str, Any]


def analysed(database: Path, horizon: Horizon = YEAR) -> Engine:
    """An engine that holds the customers of a store, classified. Nobody may have the store open."""
    engine = Embedded()
    load_store(engine, database, horizon)
    measure(engine, horizon)
    schemes = {"segment": "nine_segments", "tier": "wholesale_tiers"}
    folder = PROJECT / "config" / "segments"
    classify_measured(engine, {column: fit(engine, load_scheme(folder, name)) for column, name in schemes.items()})
    return engine


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


def rows_of(engine: Engine, name: str) -> list[dict[str, Any]]:
    """The rows of a model that looks at classified customers."""
    window = {"first_day": YEAR.first, "reference_day": YEAR.reference_day}
    return list(engine.run(model(name), window).to_pylist())
