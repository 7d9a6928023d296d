"""Plain DuckDB on Parquet, SQL by hand."""

import duckdb
import pyarrow as pa

from bench.data import HORIZON, MONTHS, REFERENCE_DAY, Data
from bench.peers import queries
from bench.peers.calendar import MONTH_ROWS, PAIR_ROWS

HALVES_TO_EVEN = "ROUND_EVEN(AVG(gap), 0)"


def rfm(data: Data) -> pa.Table:
    """One query."""
    window = {"first_day": REFERENCE_DAY - HORIZON, "end": REFERENCE_DAY}
    query = queries.RFM.format(halves_to_even=HALVES_TO_EVEN, **window)
    return _known(data).sql(query).to_arrow_table()


def snapshots(data: Data) -> pa.Table:
    """A query for each month; a join for the transitions."""
    db = _known(data)
    for number, month in enumerate(MONTHS):
        query = queries.SNAPSHOT.format(horizon=HORIZON, these=f"month = {month}")
        db.execute(f"INSERT INTO snapshots {query}" if number else f"CREATE TABLE snapshots AS {query}")
    return db.sql(queries.TRANSITIONS.format(second=MONTHS[1], last=MONTHS[-1])).to_arrow_table()


def cohorts(data: Data) -> pa.Table:
    """One query."""
    return _known(data).sql(queries.COHORTS).to_arrow_table()


def _known(data: Data) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(":memory:", config={"threads": 2})
    db.execute(f"SET enable_progress_bar = false; CREATE VIEW orders AS SELECT * FROM '{data.orders}'")
    for name, columns, rows in (
        ("months", ("month", "first_day", "reference_day"), MONTH_ROWS),
        ("pairs", ("day", "pair"), PAIR_ROWS),
    ):
        db.register(name, pa.table(dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))))
    return db
