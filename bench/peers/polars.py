"""polars, lazily, on Parquet."""

import polars as pl
import pyarrow as pa

from bench.data import FIRST_DAYS, HORIZON, MONTHS, REFERENCE_DAY, Data
from rfm_service.clock import date_of, month_of

ONE = "customer_id"
recency, frequency, monetary = pl.col("recency"), pl.col("frequency"), pl.col("monetary")
SEGMENT = (
    pl.when((frequency >= 12) & (monetary >= 600_000_00) & (recency < 90))
    .then(pl.lit("champions"))
    .when((frequency >= 9) & (recency >= 180))
    .then(pl.lit("lost"))
    .when((frequency >= 9) & (recency >= 90))
    .then(pl.lit("risk"))
    .when(frequency >= 9)
    .then(pl.lit("loyal"))
    .when((frequency >= 6) & (monetary >= 300_000_00) & (recency < 90))
    .then(pl.lit("growing"))
    .when((frequency >= 3) & (monetary >= 100_000_00) & (recency < 90))
    .then(pl.lit("promising"))
    .when(recency > 135)
    .then(pl.lit("sleeping"))
    .when(recency > 45)
    .then(pl.lit("drifting"))
    .when(frequency >= 3)
    .then(pl.lit("promising"))
    .otherwise(pl.lit("newcomers"))
)
mean = pl.col("mean")
TIER = (
    pl.when(mean >= 500_000_00)
    .then(pl.lit("whale"))
    .when(mean >= 220_000_00)
    .then(pl.lit("large_wholesaler"))
    .when(mean >= 100_000_00)
    .then(pl.lit("wholesaler"))
    .when(mean >= 30_000_00)
    .then(pl.lit("small_wholesaler"))
    .otherwise(pl.lit("retail"))
)


def rfm(data: Data) -> pa.Table:
    """Groups and windows."""
    orders = _orders(data).filter(pl.col("day") >= REFERENCE_DAY - HORIZON)
    measures = orders.group_by(ONE).agg(*_measures(REFERENCE_DAY))
    found = measures.join(_intervals(orders), on=ONE, how="left").join(_tiers(orders), on=ONE)
    wanted = found.with_columns(SEGMENT.alias("segment"), pl.col("order_interval").fill_null(0))
    return _arrow(wanted.select(ONE, "recency", "frequency", "monetary", "order_interval", "segment", "tier"))


def snapshots(data: Data) -> pa.Table:
    """The horizon grouped for each month; a join for the transitions."""
    orders = _orders(data).collect().lazy()
    found = pl.concat(
        [_snapshot(orders, *month) for month in zip(MONTHS, FIRST_DAYS[:-1], FIRST_DAYS[1:], strict=True)]
    )
    after = found.with_columns(SEGMENT.alias("segment")).select(ONE, "month", "segment", "month_monetary").collect()
    before = after.with_columns(pl.col("month") + 1)
    pairs = before.join(after, on=[ONE, "month"], how="full", coalesce=True, suffix="_after")
    inside = pairs.filter((pl.col("month") > MONTHS[0]) & (pl.col("month") <= MONTHS[-1]))
    moves = inside.group_by(
        "month", pl.col("segment").fill_null("").alias("before"), pl.col("segment_after").fill_null("").alias("after")
    ).agg(
        pl.len().cast(pl.Int64).alias("customers"),
        pl.col("month_monetary").sum().alias("amount_before"),
        pl.col("month_monetary_after").sum().alias("amount_after"),
    )
    return moves.to_arrow()


def cohorts(data: Data) -> pa.Table:
    """The first month of each customer beside every order."""
    days = range(FIRST_DAYS[0], FIRST_DAYS[-1])
    calendar = pl.LazyFrame({"day": list(days), "month": [month_of(day) for day in days]})
    orders = _orders(data).join(calendar, on="day").with_columns(pl.col("month").min().over(ONE).alias("cohort"))
    found = orders.group_by("cohort", "month").agg(
        pl.col(ONE).n_unique().cast(pl.Int64).alias("buyers"), pl.col("amount").sum().alias("monetary")
    )
    return _arrow(found)


def _orders(data: Data) -> pl.LazyFrame:
    return pl.scan_parquet(data.orders)


def _arrow(frame: pl.LazyFrame) -> pa.Table:
    return frame.collect().to_arrow()


def _measures(end: int) -> list[pl.Expr]:
    return [
        (end - pl.col("day").max()).alias("recency"),
        pl.col("order_id").n_unique().cast(pl.Int64).alias("frequency"),
        pl.col("amount").sum().alias("monetary"),
    ]


def _snapshot(orders: pl.LazyFrame, month: int, first_day: int, end: int) -> pl.LazyFrame:
    inside = orders.filter((pl.col("day") < end) & (pl.col("day") >= end - HORIZON))
    own = pl.col("amount").filter(pl.col("day") >= first_day).sum().alias("month_monetary")
    return inside.group_by(ONE).agg(*_measures(end), own).with_columns(pl.lit(month).alias("month"))


def _intervals(orders: pl.LazyFrame) -> pl.LazyFrame:
    days = orders.group_by(ONE, "order_id").agg(pl.col("day").min()).select(ONE, "day").unique()
    gap, newness, count, newest = (pl.col(name) for name in ("gap", "newness", "count", "newest"))
    gaps = days.sort(ONE, "day", descending=[False, True]).with_columns(
        (pl.col("day") - pl.col("day").shift(-1).over(ONE)).alias("gap")
    )
    gaps = gaps.drop_nulls().with_columns(
        pl.int_range(pl.len()).over(ONE).alias("newness"),
        gap.cum_sum().over(ONE).alias("elapsed"),
        pl.len().over(ONE).alias("count"),
        gap.first().over(ONE).alias("newest"),
        gap.head(3).mean().over(ONE).alias("rhythm"),
    )
    reach = pl.when(pl.col("rhythm") < 30).then(120).otherwise(180)
    kept = (
        pl.when((newest > 120) & (count < 5))
        .then(newness == 0)
        .when(newest > 120)
        .then(newness.is_between(1, 3))
        .otherwise(pl.col("elapsed") <= reach)
    )
    interval = gap.mean().round(mode="half_to_even").cast(pl.Int64).alias("order_interval")
    return gaps.filter(kept).group_by(ONE).agg(interval)


def _tiers(orders: pl.LazyFrame) -> pl.LazyFrame:
    days = range(REFERENCE_DAY - HORIZON, REFERENCE_DAY)
    pairs = pl.LazyFrame({"day": list(days), "pair": [(date_of(day).month - 1) // 2 for day in days]})
    sums = orders.join(pairs, on="day").group_by(ONE, "pair").agg(pl.col("amount").sum())
    means = sums.group_by(ONE).agg((pl.col("amount").sum() // pl.len()).alias("mean"))
    return means.select(ONE, TIER.alias("tier"))
