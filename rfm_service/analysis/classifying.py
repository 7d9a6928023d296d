"""Store → engine → customers classified by every scheme in use."""

from typing import NamedTuple

import pyarrow as pa

from rfm_service.analysis.fitting import fit
from rfm_service.analysis.measuring import classify_measured, load_store, measure
from rfm_service.clock import Horizon
from rfm_service.engines import Engine
from rfm_service.home import Home
from rfm_service.segmentation.fitted import FittedScheme
from rfm_service.segmentation.schemes import load_schemes


class Classified(NamedTuple):
    """Customers, and the fitted scheme of each column of segments."""

    customers: pa.Table
    columns: dict[str, FittedScheme]


def classify_store(engine: Engine, home: Home, horizon: Horizon) -> Classified:
    """Every customer with a purchase inside the horizon, in the columns segment, tier and in_… of the other schemes.

    The engine knows the store's tables and `customers` afterwards.
    """
    load_store(engine, home.database, horizon)
    measure(engine, horizon)
    columns = fitted_columns(engine, home)
    return Classified(classify_measured(engine, columns), columns)


def fitted_columns(engine: Engine, home: Home) -> dict[str, FittedScheme]:
    """The schemes in use, fitted to `measured_customers`, by the columns that they give."""
    settings = home.settings.segmentation
    schemes = {scheme.name: fit(engine, scheme) for scheme in load_schemes(home.schemes, settings)}
    columns = {"segment": schemes[settings.segments], "tier": schemes[settings.tiers]}
    return columns | {f"in_{name}": schemes[name] for name in settings.others}
