"""Reports as they were published. A report is published when its run is done; of one day the last one counts."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rfm_service.clock import date_of
from rfm_service.store.connection import transaction

PUBLISHED_SINCE = """
SELECT min(reference_day) FROM report
WHERE reference_day >= ? OR run_id NOT IN (SELECT run_id FROM run WHERE state = 'done')
"""

TAKE_BACK = (
    "DELETE FROM movement WHERE reference_day >= :day",
    "DELETE FROM segment_period WHERE from_day >= :day",
    "UPDATE segment_period SET until_day = -1 WHERE until_day >= :day",
    "DELETE FROM published_measures WHERE from_day >= :day",
    "UPDATE published_measures SET until_day = -1 WHERE until_day >= :day",
    "DELETE FROM published_scheme WHERE from_day >= :day",
    "DELETE FROM report WHERE reference_day >= :day",
)

MEASURES = (
    "last_day",
    "frequency",
    "monetary",
    "order_interval",
    "two_month_sum",
    "month_frequency",
    "month_monetary",
)

TEMPORARY = (
    """
    CREATE TEMP TABLE IF NOT EXISTS classified
    (scheme TEXT, customer_id INTEGER, segment TEXT, PRIMARY KEY (scheme, customer_id)) WITHOUT ROWID
    """,
    f"CREATE TEMP TABLE IF NOT EXISTS measured (customer_id INTEGER PRIMARY KEY, {', '.join(MEASURES)})",
    "DELETE FROM classified",
    "DELETE FROM measured",
)

WRITE_PERIODS = (
    """
    UPDATE segment_period SET until_day = :day
    WHERE until_day = -1
      AND segment IS NOT (
          SELECT classified.segment FROM classified
          WHERE classified.scheme = segment_period.scheme AND classified.customer_id = segment_period.customer_id
      )
    """,
    """
    INSERT INTO segment_period
    SELECT scheme, customer_id, :day, -1, segment FROM classified
    WHERE NOT EXISTS (
        SELECT 1 FROM segment_period AS known
        WHERE known.scheme = classified.scheme AND known.customer_id = classified.customer_id AND known.until_day = -1
    )
    """,
    f"""
    UPDATE published_measures SET until_day = :day
    WHERE until_day = -1 AND ({", ".join(MEASURES)}) IS NOT (
        SELECT {", ".join(MEASURES)} FROM measured WHERE measured.customer_id = published_measures.customer_id
    )
    """,
    f"""
    INSERT INTO published_measures
    SELECT customer_id, :day, -1, {", ".join(MEASURES)} FROM measured
    WHERE NOT EXISTS (
        SELECT 1 FROM published_measures AS known
        WHERE known.customer_id = measured.customer_id AND known.until_day = -1
    )
    """,
    """
    DELETE FROM published_measures WHERE until_day <> -1 AND until_day <= (
        SELECT coalesce(max(reference_day), 0) FROM report WHERE reference_day < :day
    )
    """,
)

WRITE_SCHEME = """
INSERT INTO published_scheme
SELECT :scheme, :day, :fitted
WHERE :fitted IS NOT (SELECT fitted FROM published_scheme WHERE scheme = :scheme ORDER BY from_day DESC LIMIT 1)
"""

MOVEMENT = (
    "scheme",
    "customer_id",
    "before",
    "after",
    "direction",
    "cause",
    "measure",
    "value_before",
    "value_after",
    "border",
    "monetary_before",
    "monetary_after",
    "documents",
)

KEPT_CHANGES = 100  # days


class Report(NamedTuple):
    """What one night says.

    schemes: fitted schemes as JSON, by name. segments: rows of scheme, customer_id, segment. measures: rows of
    customer_id and MEASURES. movements: rows of MOVEMENT.
    """

    reference_day: int
    run_id: str
    horizon_days: int
    schemes: Mapping[str, str]
    segments: Iterable[Sequence[object]]
    measures: Iterable[Sequence[object]]
    movements: Sequence[Sequence[object]]


def record_report(store: sqlite3.Connection, report: Report) -> None:
    """Write what a report says, in the place of what an earlier one of that day or a later one has said.

    Periods that go on are not written again. In one transaction.
    """
    day = {"day": report.reference_day}
    with transaction(store):
        _take_back(store, report.reference_day)
        for statement in TEMPORARY:
            store.execute(statement)
        store.executemany("INSERT INTO classified VALUES (?, ?, ?)", report.segments)
        store.executemany(f"INSERT INTO measured VALUES ({', '.join('?' * (len(MEASURES) + 1))})", report.measures)
        for statement in WRITE_PERIODS:
            store.execute(statement, day)
        store.executemany(
            WRITE_SCHEME, [day | {"scheme": name, "fitted": fitted} for name, fitted in report.schemes.items()]
        )
        store.executemany(
            f"INSERT INTO movement VALUES ({', '.join('?' * (len(MOVEMENT) + 1))})",
            [(report.reference_day, *movement) for movement in report.movements],
        )
        store.execute("INSERT INTO report VALUES (?, ?, ?)", (report.reference_day, report.run_id, report.horizon_days))
        kept_since = date_of(report.reference_day - KEPT_CHANGES).isoformat()
        store.execute("DELETE FROM changed_document WHERE moment < ?", (kept_since,))


def first_day_of_last_report(store: sqlite3.Connection, reference_day: int) -> int:
    """The first day inside the horizon of the last report before this day; the day itself where there is none."""
    found = store.execute(
        "SELECT reference_day - horizon_days FROM report WHERE reference_day < ? ORDER BY reference_day DESC LIMIT 1",
        (reference_day,),
    ).fetchone()
    return int(found[0]) if found else reference_day


def _take_back(store: sqlite3.Connection, reference_day: int) -> None:
    """Unsay what was said on this day and later, or by a run that never came to its end."""
    (first,) = store.execute(PUBLISHED_SINCE, (reference_day,)).fetchone()
    if first is not None:
        for statement in TAKE_BACK:
            store.execute(statement, {"day": first})
