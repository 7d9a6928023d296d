"""Dask: the functions of pandas on parts of the customers, two at a time."""

import dask
import dask.dataframe as dd
import pandas as pd
import pyarrow as pa

from bench.data import HORIZON, REFERENCE_DAY, Data
from bench.peers import pandas as careful

PARTS = 8
dask.config.set(num_workers=2)


def rfm(data: Data) -> pa.Table:
    """Customers part by part."""
    orders = _shuffled(data, [("day", ">=", REFERENCE_DAY - HORIZON)])
    return _computed(orders.map_partitions(careful.customers_of))


def snapshots(data: Data) -> pa.Table:
    """Transitions part by part, then added up."""
    return _computed(_added(_shuffled(data).map_partitions(_transitions), careful.OF_A_MONTH))


def cohorts(data: Data) -> pa.Table:
    """Cohorts part by part, then added up."""
    return _computed(_added(_shuffled(data).map_partitions(_cohorts), ["cohort", "month"]))


def _transitions(orders: pd.DataFrame) -> pd.DataFrame:
    return careful.transitions_of(careful.snapshots_of(careful.with_months(orders.copy())))


def _cohorts(orders: pd.DataFrame) -> pd.DataFrame:
    return careful.cohorts_of(careful.with_months(orders.copy()))


def _shuffled(data: Data, filters: list[tuple[str, str, int]] | None = None) -> dd.DataFrame:
    return dd.read_parquet(data.orders, filters=filters).shuffle("customer_id", npartitions=PARTS)


def _added(parts: dd.DataFrame, keys: list[str]) -> dd.DataFrame:
    return parts.groupby(keys).sum().reset_index()


def _computed(frame: dd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame.compute(), preserve_index=False)
