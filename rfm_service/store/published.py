"""What the models read of earlier reports: plain queries, with their integer columns and their text columns."""

from collections.abc import Sequence

from rfm_service.kinds import Kind, Verdict
from rfm_service.store.history import MEASURES

Query = tuple[str, Sequence[str], Sequence[str]]


def last_report(reference_day: int) -> Query:
    """The last published report before this day: no row or one."""
    query = (
        "SELECT reference_day, horizon_days, ended_at FROM report JOIN run USING (run_id, reference_day)"
        f" WHERE state = 'done' AND reference_day < {reference_day} ORDER BY reference_day DESC LIMIT 1"
    )
    return query, ("reference_day", "horizon_days"), ("ended_at",)


def published_segments(day: int) -> Query:
    """Every customer's segments by the report of that day."""
    query = f"SELECT customer_id, scheme, segment FROM segment_period WHERE {_valid_on(day)}"
    return query, ("customer_id",), ("scheme", "segment")


def published_measures(day: int) -> Query:
    """The measures behind them."""
    columns = ("customer_id", *MEASURES)
    return f"SELECT {', '.join(columns)} FROM published_measures WHERE {_valid_on(day)}", columns, ()


def published_schemes(day: int) -> Query:
    """The schemes behind them, with their borders."""
    query = (
        "SELECT scheme, fitted FROM published_scheme AS newest WHERE from_day = ("
        f"SELECT max(from_day) FROM published_scheme WHERE scheme = newest.scheme AND from_day <= {day})"
    )
    return query, (), ("scheme", "fitted")


def orders_between(first: int, last: int) -> Query:
    """Orders of these days."""
    columns = ("day", "customer_id", "order_id", "amount", "items", "purchase")
    return f"SELECT {', '.join(columns)} FROM orders WHERE day BETWEEN {first} AND {last}", columns, ()


def documents_between(kind: Kind, first: int, last: int, customers: Sequence[int]) -> Query:
    """Documents of one kind and these days that count for these customers, oldest first."""
    query = (
        "SELECT owner_id AS customer_id, document.day AS day, kind, sum(line.amount) AS amount, number"
        " FROM document JOIN line USING (day, document_id)"
        f" WHERE document.day BETWEEN {first} AND {last} AND kind = {kind:d} AND verdict = {Verdict.ACCEPTED:d}"
        f" AND owner_id IN ({', '.join(map(str, customers))})"
        " GROUP BY owner_id, document.day, kind, number ORDER BY owner_id, document.day, number"
    )
    return query, ("customer_id", "day", "kind", "amount"), ("number",)


def changed_documents(since: str, before: int, customers: Sequence[int]) -> Query:
    """Documents of the days before a day that came to differ since a moment, oldest first."""
    query = (
        "SELECT customer_id, day, kind, amount_after AS amount, amount_before, number FROM changed_document"
        f" WHERE moment > '{since}' AND day < {before} AND customer_id IN ({', '.join(map(str, customers))})"
        " ORDER BY customer_id, day, number, moment"
    )
    return query, ("customer_id", "day", "kind", "amount", "amount_before"), ("number",)


def published_reports(days: Sequence[int]) -> Query:
    """Which of these days had a report that was published, and by which run."""
    query = (
        "SELECT reference_day, run_id FROM report JOIN run USING (run_id, reference_day)"
        f" WHERE state = 'done' AND reference_day IN ({', '.join(map(str, days))}) ORDER BY reference_day"
    )
    return query, ("reference_day",), ("run_id",)


def published_snapshots(days: Sequence[int], scheme: str) -> Query:
    """Every customer's segment by the reports of these days."""
    query = (
        "SELECT reference_day, customer_id, segment FROM report JOIN segment_period"
        f" ON scheme = '{scheme}' AND from_day <= reference_day AND (until_day = -1 OR until_day > reference_day)"
        f" WHERE reference_day IN ({', '.join(map(str, days))})"
    )
    return query, ("reference_day", "customer_id"), ("segment",)


def _valid_on(day: int) -> str:
    return f"from_day <= {day} AND (until_day = -1 OR until_day > {day})"
