"""PySpark in this machine's two cores, SQL by hand; its session is open before the clock starts."""

from functools import cache

import pyarrow as pa
from pyspark.sql import SparkSession

from bench.data import HORIZON, MONTHS, REFERENCE_DAY, Data
from bench.peers import queries
from bench.peers.calendar import MONTH_ROWS, PAIR_ROWS

HALVES_TO_EVEN = "BROUND(AVG(gap), 0)"


def prepare(data: Data, task: str) -> None:
    """A session, if it is needed."""
    if task in globals():
        _session()


def rfm(data: Data) -> pa.Table:
    """One query."""
    window = {"first_day": REFERENCE_DAY - HORIZON, "end": REFERENCE_DAY}
    return _known(data).sql(queries.RFM.format(halves_to_even=HALVES_TO_EVEN, **window)).toArrow()


def snapshots(data: Data) -> pa.Table:
    """Every order beside each month's end that it is inside of; a join for the transitions."""
    spark = _known(data)
    spark.sql(queries.SNAPSHOT.format(horizon=HORIZON, these="true")).persist().createOrReplaceTempView("snapshots")
    return spark.sql(queries.TRANSITIONS.format(second=MONTHS[1], last=MONTHS[-1])).toArrow()


def cohorts(data: Data) -> pa.Table:
    """One query."""
    return _known(data).sql(queries.COHORTS).toArrow()


def _known(data: Data) -> SparkSession:
    spark = _session()
    spark.read.parquet(str(data.orders)).createOrReplaceTempView("orders")
    spark.createDataFrame(MONTH_ROWS, "month bigint, first_day bigint, reference_day bigint").createOrReplaceTempView(
        "months"
    )
    spark.createDataFrame(PAIR_ROWS, "day bigint, pair bigint").createOrReplaceTempView("pairs")
    return spark


@cache
def _session() -> SparkSession:
    settings: dict[str, bool | float | int | str | None] = {
        "spark.sql.shuffle.partitions": "4",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
    }
    return SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
