"""The service's own code, as its steps call it."""

from datetime import timedelta

import pyarrow as pa

from bench.data import HORIZON, MONTHS, REFERENCE_DAY, SHOP_DAYS, Data, run_night
from bench.peers.download import received
from bench.peers.sheets import cells_table
from bench.returns import rebuild
from rfm_service.analysis.classifying import classify_store
from rfm_service.analysis.history import Past, classify_snapshots, make_calendar
from rfm_service.cleaning.verdicts import rules_of
from rfm_service.clock import Horizon, SystemClock
from rfm_service.engines.embedded import Embedded
from rfm_service.engines.store_reader import reading
from rfm_service.models import model
from rfm_service.reports.tables import read_tables
from rfm_service.reports.workbook import write_workbook
from rfm_service.segmentation.schemes import load_scheme
from rfm_service.sources.erp_http import connect
from rfm_service.store.analysis import past_purchases
from rfm_service.store.connection import opened
from rfm_service.sync.reading import read_days

MEASURES = ["customer_id", "recency", "frequency", "monetary", "order_interval", "segment", "tier"]


def sync(data: Data) -> pa.Table:
    """HTTP to committed rows, accounts, returns and orders, one durable transaction per day."""
    path, settings = data.folder / "ours.db", data.shop.settings
    path.unlink(missing_ok=True)
    with opened(path) as store:
        rules, source = rules_of(settings.cleaning), connect(settings.erp)
        tally = read_days(store, source, rules, SHOP_DAYS, SystemClock(), timedelta(0), lambda *_: None)
    return received(tally.lines)


def rfm(data: Data) -> pa.Table:
    """Store to customers with measures, interval, segment and tier."""
    customers, _ = classify_store(Embedded(), data.past, Horizon(REFERENCE_DAY, HORIZON))
    return customers.select(MEASURES)


def snapshots(data: Data) -> pa.Table:
    """One pass over the orders."""
    engine = _with_past(data)
    engine.derive("snapshots", model("snapshots"))
    classify_snapshots(engine, load_scheme(data.past.schemes, "nine_segments"))
    return engine.run(model("transitions"))


def cohorts(data: Data) -> pa.Table:
    """From the months of each customer."""
    engine = _with_past(data)
    engine.derive("customer_months", model("customer_months"))
    return engine.run(model("cohorts")).select(["cohort", "month", "buyers", "monetary"])


def netting(data: Data) -> None:
    """Every return matched, every order derived."""
    rebuild(data.returns)


def workbook(data: Data) -> pa.Table:
    """Every sheet, with looks, widths, filters and print settings."""
    path = data.folder / "ours.xlsx"
    write_workbook(read_tables(data.report), path)
    return cells_table(path)


def night(data: Data) -> pa.Table:
    """All steps, each in a process of its own."""
    return received(run_night(data.night).sync.lines)


def _with_past(data: Data) -> Embedded:
    engine, purchases = Embedded(), past_purchases(REFERENCE_DAY)
    with reading(data.past.database) as store:
        engine.make_table("purchases", store.read(purchases.query, purchases.integers, purchases.texts))
    make_calendar(engine, Past(MONTHS, HORIZON))
    return engine
