"""Three years of orders looked back at, month by month: snapshots, transitions and cohorts, ours beside what one writes
by hand. Every peer works in a process of its own, on the same Arrow file, and must come to the same figures."""

import time
from collections.abc import Callable
from datetime import date
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import feather

from rfm_service.analysis.history import Past, classify_snapshots, make_calendar
from rfm_service.clock import day_of, first_day_of_month, month_of
from rfm_service.engines.embedded import Embedded
from rfm_service.models import model
from rfm_service.segmentation.fitted import FittedScheme
from rfm_service.segmentation.schemes import Scheme, load_scheme

SCHEME = Path(__file__).parent.parent / "config" / "segments"
MONTHS = range(2023 * 12 + 10, 2026 * 12 + 10)
HORIZON = 365
ORDERS_A_CUSTOMER = 30
SHIPPED_TWICE = 0.1
SPAWN = get_context("spawn")


class Outcome(NamedTuple):
    """Rows of the snapshots, customers of all transitions, money of all cohorts."""

    snapshots: int
    moved: int
    monetary: int


class Cost(NamedTuple):
    """What it took. `cpu_seconds` are of all threads, and steadier on a machine that others use, too."""

    seconds: float
    cpu_seconds: float
    peak_mib: int


Peer = Callable[[pa.Table, Scheme], Outcome]


def write_orders(path: Path, orders: int) -> None:
    """So many orders of three years, a tenth of them shipped on two days, as the store has them: by day."""
    rng = np.random.default_rng(1)
    first, last = (day_of(first_day_of_month(month)) for month in (MONTHS.start, MONTHS.stop))
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
    table = pa.table(columns).sort_by([(name, "ascending") for name in ("day", "customer_id", "order_id")])
    feather.write_feather(table, path)


def cost_of(peer: Peer, path: Path) -> tuple[Outcome, Cost]:
    """What a peer came to, and its seconds and peak memory, in a process of its own; reading the file not counted."""
    ours, theirs = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_measure, args=(theirs, peer, path), daemon=True)
    process.start()
    theirs.close()
    outcome, cost = ours.recv()
    process.join()
    return outcome, cost


def by_models(orders: pa.Table, scheme: Scheme) -> Outcome:
    """Ours: one pass over the orders."""
    engine = Embedded()
    engine.make_table("purchases", orders)
    make_calendar(engine, Past(MONTHS, HORIZON))
    for name in ("customer_months", "snapshots"):
        engine.make_table(name, engine.run(model(name)))
    classify_snapshots(engine, scheme)
    moves, cohorts = engine.run(model("transitions")), engine.run(model("cohorts"))
    (rows,) = engine.run("SELECT COUNT(*) AS rows FROM snapshots").column("rows").to_pylist()
    return Outcome(rows, sum(moves.column("customers").to_pylist()), sum(cohorts.column("monetary").to_pylist()))


def by_join(orders: pa.Table, scheme: Scheme) -> Outcome:
    """DuckDB by hand: every order beside every month's end that it is inside of."""
    with _by_hand(orders) as db:
        db.execute(f"CREATE TABLE snapshots AS {SNAPSHOT} GROUP BY month, reference_day, first_day, customer_id")
        return _moves_by_hand(db, scheme)


def by_month(orders: pa.Table, scheme: Scheme) -> Outcome:
    """DuckDB by hand: a query for each month."""
    with _by_hand(orders) as db:
        grouped = "GROUP BY month, reference_day, first_day, customer_id"
        db.execute(f"CREATE TABLE snapshots AS {SNAPSHOT} WHERE false {grouped}")
        for month in MONTHS:
            db.execute(f"INSERT INTO snapshots {SNAPSHOT} WHERE month = {month} {grouped}")
        return _moves_by_hand(db, scheme)


def by_pandas(orders: pa.Table, scheme: Scheme) -> Outcome:
    """pandas by hand: the horizon grouped for each month; a merge for the transitions."""
    frame = orders.to_pandas()
    dates = frame.day.unique()
    frame["month"] = frame.day.map(dict(zip(dates, map(month_of, dates), strict=True)))
    found = pd.concat([_snapshot_by_pandas(frame, month) for month in MONTHS])
    found["segment"] = _segments_by_pandas(found)
    before = found.assign(month=found.month + 1)
    pairs = before.merge(found, on=["customer_id", "month"], how="outer", suffixes=("_before", "_after"))
    pairs = pairs[(pairs.month > MONTHS[0]) & (pairs.month <= MONTHS[-1])].fillna(
        {"segment_before": "", "segment_after": "", "month_monetary_before": 0, "month_monetary_after": 0}
    )
    moves = pairs.groupby(["month", "segment_before", "segment_after"]).agg(
        customers=("customer_id", "size"),
        amount_before=("month_monetary_before", "sum"),
        amount_after=("month_monetary_after", "sum"),
    )
    frame["cohort"] = frame.groupby("customer_id").month.transform("min")
    cohorts = frame.groupby(["cohort", "month"]).agg(buyers=("customer_id", "nunique"), monetary=("amount", "sum"))
    return Outcome(len(found), int(moves.customers.sum()), int(cohorts.monetary.sum()))


SNAPSHOT = f"""
    SELECT month, customer_id, reference_day - MAX(day) AS recency, COUNT(DISTINCT order_id) AS frequency,
        SUM(amount)::BIGINT AS monetary,
        COUNT(DISTINCT CASE WHEN day >= first_day THEN order_id END) AS month_frequency,
        COALESCE(SUM(CASE WHEN day >= first_day THEN amount END), 0)::BIGINT AS month_monetary
    FROM months JOIN orders ON day < reference_day AND day >= reference_day - {HORIZON}
"""

PEERS: dict[str, Peer] = {
    "ours, one pass": by_models,
    "DuckDB, month by month": by_month,
    "DuckDB, orders × months": by_join,
    "pandas, month by month": by_pandas,
}


def _by_hand(orders: pa.Table) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(":memory:", config={"threads": 2})
    db.execute("SET enable_progress_bar = false")
    db.register("orders", orders)
    db.execute("CREATE TABLE months (month BIGINT, first_day BIGINT, reference_day BIGINT)")
    first_days = [day_of(first_day_of_month(month)) for month in (*MONTHS, MONTHS.stop)]
    rows = zip(MONTHS, first_days[:-1], first_days[1:], strict=True)
    db.executemany("INSERT INTO months VALUES (?, ?, ?)", [list(row) for row in rows])
    return db


def _moves_by_hand(db: duckdb.DuckDBPyConnection, scheme: Scheme) -> Outcome:
    db.execute(f"CREATE TABLE classified AS SELECT *, {FittedScheme(scheme).as_sql()} AS segment FROM snapshots")
    moves = db.execute(f"""
        SELECT COALESCE(later.month, earlier.month + 1) AS month, earlier.segment, later.segment,
            COUNT(*), SUM(earlier.month_monetary), SUM(later.month_monetary)
        FROM classified AS earlier FULL JOIN classified AS later
            ON earlier.customer_id = later.customer_id AND earlier.month + 1 = later.month
        WHERE COALESCE(later.month, earlier.month + 1) BETWEEN {MONTHS[1]} AND {MONTHS[-1]}
        GROUP BY ALL
    """).fetchall()
    cohorts = db.execute("""
        WITH bought AS (SELECT customer_id, month, amount FROM orders JOIN months
                        ON day >= first_day AND day < reference_day),
             cohorts AS (SELECT customer_id, MIN(month) AS cohort FROM bought GROUP BY customer_id)
        SELECT cohort, month, COUNT(DISTINCT customer_id), SUM(amount) FROM bought JOIN cohorts USING (customer_id)
        GROUP BY cohort, month
    """).fetchall()
    (rows,) = db.execute("SELECT COUNT(*) FROM snapshots").fetchone() or (0,)
    return Outcome(rows, sum(row[3] for row in moves), sum(row[3] for row in cohorts))


def _snapshot_by_pandas(frame: pd.DataFrame, month: int) -> pd.DataFrame:
    end = day_of(date((month + 1) // 12, (month + 1) % 12 + 1, 1))
    inside = frame[(frame.day < end) & (frame.day >= end - HORIZON)]
    own = inside[inside.month == month].groupby("customer_id")
    found = inside.groupby("customer_id").agg(
        last_day=("day", "max"), frequency=("order_id", "nunique"), monetary=("amount", "sum")
    )
    found["recency"] = end - found.last_day
    found["month_frequency"] = own.order_id.nunique()
    found["month_monetary"] = own.amount.sum()
    return found.fillna({"month_frequency": 0, "month_monetary": 0}).assign(month=month).reset_index()


def _segments_by_pandas(found: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
    recency, frequency, monetary = found.recency, found.frequency, found.monetary
    rules = {
        "champions": (frequency >= 12) & (monetary >= 600_000_00) & (recency < 90),
        "lost": (frequency >= 9) & (recency >= 180),
        "risk": (frequency >= 9) & (recency >= 90),
        "loyal": frequency >= 9,
        "growing": (frequency >= 6) & (monetary >= 300_000_00) & (recency < 90),
        "promising": (frequency >= 3) & (monetary >= 100_000_00) & (recency < 90),
        "sleeping": recency > 135,
        "drifting": recency > 45,
        "promising_else": frequency >= 3,
    }
    names = [name.removesuffix("_else") for name in rules]
    return np.select(list(rules.values()), names, "newcomers")


def _measure(pipe: Connection, peer: Peer, path: Path) -> None:
    orders, scheme = feather.read_table(path), load_scheme(SCHEME, "nine_segments")
    started, used = time.perf_counter(), time.process_time()
    outcome = peer(orders, scheme)
    cost = Cost(time.perf_counter() - started, time.process_time() - used, _peak_mib())
    pipe.send((outcome, cost))


def _peak_mib() -> int:
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(row for row in status if row.startswith("VmHWM")).split()[1]) >> 10
