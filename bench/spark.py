"""The price of portability: our models on Spark beside PySpark as one writes it by hand, in one session, on one table.

The peers take turns in the same JVM; seconds and CPU seconds are medians of the rounds after the first, which warms up.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
import pyarrow as pa
from pyarrow import feather
from pyspark.sql import Column, DataFrame, SparkSession, Window, functions as fn

from bench.history import HORIZON, MONTHS, SCHEME
from rfm_service.analysis.history import Past, classify_snapshots, make_calendar
from rfm_service.clock import day_of, first_day_of_month
from rfm_service.engines.spark import Spark, connected
from rfm_service.models import model
from rfm_service.segmentation.fitted import FittedScheme
from rfm_service.segmentation.schemes import Scheme, load_scheme

MASTER = "local[2]"
REFERENCE_DAY = day_of(first_day_of_month(MONTHS.stop))
NEVER = 999_999


class Cost(NamedTuple):
    """Medians. CPU seconds are those of the JVM, and steadier on a machine that others use, too."""

    seconds: float
    cpu_seconds: float


class Bench(NamedTuple):
    """What a peer works with: ours asks `spark`, by hand one uses `orders` and `calendar` (frames) in `session`."""

    spark: Spark
    orders: DataFrame
    calendar: DataFrame
    months: DataFrame
    scheme: Scheme


Peer = Callable[[Bench], pa.Table]


def customers_by_models(bench: Bench) -> pa.Table:
    """Ours: customers with measures and segments."""
    inside = f"SELECT * FROM all_orders WHERE day >= {REFERENCE_DAY - HORIZON}"
    bench.spark.derive("purchases", inside, view=True)
    bench.spark.derive("customer_metrics", model("customer_metrics"), {"reference_day": REFERENCE_DAY}, view=True)
    segment = FittedScheme(bench.scheme).as_sql()
    return bench.spark.run(f"SELECT *, {segment} AS segment FROM customer_metrics")


def customers_by_hand(bench: Bench) -> pa.Table:
    """A filter, a group, a chain of `when`."""
    inside = bench.orders.where(fn.col("day") >= REFERENCE_DAY - HORIZON)
    found = inside.groupBy("customer_id").agg(
        (fn.lit(REFERENCE_DAY) - fn.max("day")).alias("recency"),
        fn.countDistinct("order_id").alias("frequency"),
        fn.sum("amount").alias("monetary"),
        fn.round(fn.sum("amount") / fn.countDistinct("order_id")).cast("bigint").alias("average_order"),
        fn.min("day").alias("first_day"),
        fn.max("day").alias("last_day"),
    )
    return found.withColumn("segment", _segment()).toArrow()


def moves_by_models(bench: Bench) -> pa.Table:
    """Ours: snapshots of every month's end with segments, and the transitions between them."""
    bench.spark.derive("purchases", "SELECT * FROM all_orders", view=True)
    bench.spark.derive("snapshots", model("snapshots"))
    classify_snapshots(bench.spark, bench.scheme)
    return bench.spark.run(model("transitions"))


def moves_by_hand(bench: Bench) -> pa.Table:
    """Every order beside each month's end that it is inside of, grouped."""
    first_day, end = fn.col("first_day"), fn.col("reference_day")
    beside = bench.orders.join(fn.broadcast(bench.months), (fn.col("day") < end) & (fn.col("day") >= end - HORIZON))
    own = fn.col("day") >= first_day
    snapshots = beside.groupBy("month", "reference_day", "customer_id").agg(
        (end - fn.max("day")).alias("recency"),
        fn.countDistinct("order_id").alias("frequency"),
        fn.sum("amount").alias("monetary"),
        fn.countDistinct(fn.when(own, fn.col("order_id"))).alias("month_frequency"),
        fn.sum(fn.when(own, fn.col("amount")).otherwise(0)).alias("month_monetary"),
    )
    return _moves(bench, snapshots)


def moves_in_one_pass_by_hand(bench: Bench) -> pa.Table:
    """The algorithm of our model, in the words of DataFrames."""
    order = Window.partitionBy("customer_id", "order_id").orderBy("day")
    shipments = bench.orders.join(fn.broadcast(bench.calendar), "day").select(
        "customer_id",
        "day",
        "amount",
        "month",
        "left_month",
        fn.lag("month").over(order).alias("previous_month"),
        fn.lag("left_month").over(order).alias("previous_left_month"),
        fn.lead("month").over(order).alias("next_month"),
    )
    sums = shipments.groupBy("customer_id", "month", "left_month").agg(
        fn.max("day").alias("last_day"),
        fn.sum("amount").alias("amount"),
        _count_unless(fn.col("previous_month") == fn.col("month")).alias("month_orders"),
        _count_unless(fn.col("previous_left_month") >= fn.col("month")).alias("come"),
        _count_unless(fn.col("next_month") <= fn.col("left_month")).alias("gone"),
    )
    come = sums.select(
        "customer_id",
        "month",
        "last_day",
        "amount",
        fn.col("come").alias("orders"),
        fn.col("amount").alias("month_amount"),
        "month_orders",
    )
    gone = sums.select(
        "customer_id",
        fn.col("left_month").alias("month"),
        fn.lit(None).cast("bigint").alias("last_day"),
        (-fn.col("amount")).alias("amount"),
        (-fn.col("gone")).alias("orders"),
        fn.lit(0).cast("bigint").alias("month_amount"),
        fn.lit(0).cast("bigint").alias("month_orders"),
    )
    sums_of = {name: fn.sum(name).alias(name) for name in ("amount", "orders", "month_amount", "month_orders")}
    changed = (
        come.union(gone).groupBy("customer_id", "month").agg(fn.max("last_day").alias("last_day"), *sums_of.values())
    )
    until_now = Window.partitionBy("customer_id").orderBy("month")
    states = changed.select(
        "customer_id",
        fn.col("month").alias("since"),
        fn.max("last_day").over(until_now).alias("last_day"),
        fn.sum("amount").over(until_now).alias("monetary"),
        fn.sum("orders").over(until_now).alias("frequency"),
        "month_amount",
        "month_orders",
        fn.coalesce(fn.lead("month").over(until_now), fn.lit(NEVER)).alias("until"),
    ).where("frequency > 0")
    own = fn.col("since") == fn.col("month")
    ends = fn.broadcast(bench.months)
    snapshots = states.join(ends, (fn.col("since") <= fn.col("month")) & (fn.col("until") > fn.col("month"))).select(
        "month",
        "customer_id",
        (fn.col("reference_day") - fn.col("last_day")).alias("recency"),
        "frequency",
        "monetary",
        fn.when(own, fn.col("month_orders")).otherwise(0).alias("month_frequency"),
        fn.when(own, fn.col("month_amount")).otherwise(0).alias("month_monetary"),
    )
    return _moves(bench, snapshots)


PEERS: dict[str, dict[str, Peer]] = {
    "customers with measures and segments": {
        "ours": customers_by_models,
        "DataFrames by hand": customers_by_hand,
    },
    "36 months of snapshots and transitions": {
        "ours": moves_by_models,
        "DataFrames by hand, our algorithm": moves_in_one_pass_by_hand,
        "DataFrames by hand, orders × months": moves_by_hand,
    },
}


def costs(path: Path, rounds: int) -> Iterator[tuple[str, dict[str, Cost]]]:
    """What the peers took for each table; all must come to the same rows."""
    with _benched(path) as bench:
        for title, peers in PEERS.items():
            spent: dict[str, list[Cost]] = {name: [] for name in peers}
            for turn in range(rounds + 1):
                rows = set()
                for name, peer in (*peers.items(),)[:: -1 if turn % 2 else 1]:
                    rows.add(_measured(spent[name], peer, bench))
                assert len(rows) == 1, f"{title}: the peers do not agree"
            yield title, {name: Cost(*map(statistics.median, zip(*of[1:], strict=True))) for name, of in spent.items()}


@contextmanager
def _benched(path: Path) -> Iterator[Bench]:
    with connected(MASTER) as spark:
        table = feather.read_table(path)
        spark.make_table("all_orders", table)
        spark.make_table("purchases", table)
        make_calendar(spark, Past(MONTHS, HORIZON))
        session = SparkSession.getActiveSession()
        assert session is not None
        orders = session.table("all_orders")
        orders.count()  # it is in the cache now, for everybody
        days = [(month, *map(_first_day, (month, month + 1))) for month in MONTHS]
        months = session.createDataFrame(days, "month bigint, first_day bigint, reference_day bigint")
        yield Bench(spark, orders, session.table("calendar"), months, load_scheme(SCHEME, "nine_segments"))


def _measured(spent: list[Cost], peer: Peer, bench: Bench) -> str:
    started, used = time.perf_counter(), _cpu_seconds()
    table = peer(bench)
    spent.append(Cost(time.perf_counter() - started, _cpu_seconds() - used))
    names = sorted(table.column_names)
    return str(sorted(zip(*(table.column(name).to_pylist() for name in names), strict=True)))


def _moves(bench: Bench, snapshots: DataFrame) -> pa.Table:
    kept = snapshots.withColumn("segment", _segment()).persist()
    later = kept.select(
        "month", "customer_id", fn.col("segment").alias("after"), fn.col("month_monetary").alias("amount_after")
    )
    earlier = kept.select(
        (fn.col("month") + 1).alias("month"),
        "customer_id",
        fn.col("segment").alias("before"),
        fn.col("month_monetary").alias("amount_before"),
    )
    pairs = earlier.join(later, ["month", "customer_id"], "full").where(fn.col("month").between(MONTHS[1], MONTHS[-1]))
    moves = pairs.fillna({"before": "", "after": "", "amount_before": 0, "amount_after": 0}).groupBy(
        "month", "before", "after"
    )
    found = moves.agg(
        fn.count("*").alias("customers"),
        fn.sum("amount_before").alias("amount_before"),
        fn.sum("amount_after").alias("amount_after"),
    ).orderBy("month", "before", "after")
    table = found.toArrow()
    kept.unpersist()
    return table


def _segment() -> Column:
    recency, frequency, monetary = fn.col("recency"), fn.col("frequency"), fn.col("monetary")
    fresh = recency < 90
    return (
        fn.when((frequency >= 12) & (monetary >= 600_000_00) & fresh, "champions")
        .when((frequency >= 9) & (recency >= 180), "lost")
        .when((frequency >= 9) & (recency >= 90), "risk")
        .when(frequency >= 9, "loyal")
        .when((frequency >= 6) & (monetary >= 300_000_00) & fresh, "growing")
        .when((frequency >= 3) & (monetary >= 100_000_00) & fresh, "promising")
        .when(recency > 135, "sleeping")
        .when(recency > 45, "drifting")
        .when(frequency >= 3, "promising")
        .otherwise("newcomers")
    )


def _count_unless(condition: Column) -> Column:
    return fn.sum(fn.when(condition, 0).otherwise(1))


def _first_day(month: int) -> int:
    return day_of(first_day_of_month(month))


def _cpu_seconds() -> float:
    """Of the JVM, and of everything else that this process has begun."""
    children = psutil.Process(os.getpid()).children(recursive=True)
    return sum(sum(one.cpu_times()[:2]) for one in children)
