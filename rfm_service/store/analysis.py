"""What the models read of the store: plain queries, because they run elsewhere, on another library's connection."""

from typing import NamedTuple

from rfm_service.clock import Horizon


class AnalysisTable(NamedTuple):
    """A table that models know by name: its query, its integer columns and its text columns, in order."""

    name: str
    query: str
    integers: tuple[str, ...]
    texts: tuple[str, ...] = ()


MATCHES = (
    "back_kind",
    "link",
    "order_id",
    "sale_day",
    "sale_document_id",
    "sale_position",
    "return_day",
    "return_document_id",
    "return_position",
    "quantity",
    "amount",
)
CARD = ("customer_id",), ("key", "name", "email", "category", "manager")
BUYERS = "SELECT customer_id FROM orders WHERE {inside} UNION SELECT customer_id FROM published_measures"
"""Who has orders inside the horizon, or was in one of the last two reports."""
SINCE_THE_LAST_REPORT = "moment > coalesce((SELECT max(ended_at) FROM run WHERE state = 'done'), '')"


def analysis_tables(horizon: Horizon) -> list[AnalysisTable]:
    """The tables of the models, cut to the horizon."""
    inside = f"day BETWEEN {horizon.first} AND {horizon.last}"
    return [
        _table("orders", inside, ("day", "customer_id", "order_id", "amount", "items", "purchase")),
        _table(
            "line", f"{inside} AND verdict = 0", ("day", "document_id", "position", "product_id", "quantity", "amount")
        ),
        _table("document", f"{inside} AND kind = 1", ("document_id", "order_id", "customer_id")),
        AnalysisTable(
            "return_match",
            f"SELECT {', '.join(MATCHES)} FROM ("
            " SELECT return_match.*, document.kind AS back_kind FROM return_match"
            " JOIN document ON document_id = return_document_id"
            f") WHERE sale_{inside} OR return_{inside}",
            MATCHES,
        ),
        _table("day_account", inside, ("day", "kind", "verdict", "lines", "amount")),
        _table("suspect", inside, ("day",)),
        _table(
            "sync_change",
            f"{inside} AND {SINCE_THE_LAST_REPORT}",
            ("day", "added", "changed", "removed", "amount_before", "amount_after"),
            ("moment",),
        ),
        _table("ledger", inside, ("day", "sealed", "lines", "amount"), ("sha256", "rules")),
        _table("called", inside, ("day", "customer_id")),
        _table("customer", f"customer_id IN ({BUYERS.format(inside=inside)})", *CARD),
        _table("product", "1", ("product_id",), ("name", "feature", "product_category")),
    ]


def every_customer() -> AnalysisTable:
    """The cards of everybody who ever bought."""
    return _table("customer", "1", *CARD)


def forgotten_customers() -> AnalysisTable:
    """Those whose names and keys were erased."""
    return AnalysisTable(
        "forgotten", "SELECT DISTINCT customer_id FROM forgotten ORDER BY customer_id", ("customer_id",)
    )


def past_purchases(end: int, first: int = 0, index: str = "orders_twice") -> AnalysisTable:
    """What was bought before a day, from the first one on: of the whole past unless given. In the order of its key."""
    columns = ("day", "customer_id", "order_id", "amount")
    query = (
        f"SELECT {', '.join(columns)} FROM orders INDEXED BY {index}"
        f" WHERE purchase = 1 AND day >= {first} AND day < {end}"
    )
    return AnalysisTable("purchases", query, columns)


def past_purchases_twice(first: int, end: int) -> tuple[AnalysisTable, AnalysisTable]:
    """The same, as an index has it and as the table itself has it."""
    return past_purchases(end, first), past_purchases(end, first, "sqlite_autoindex_orders_1")


def past_tables(end: int) -> list[AnalysisTable]:
    """What says whether the purchases before a day, or names and categories of their goods, have changed.

    Small tables: the ledger knows what came from the ERP; what later documents took back of it is looked up, beginning
    with them (CROSS JOIN), in the matches of their customers.
    """
    taken = ("sale_document_id", "sale_position", "link", "quantity", "amount")
    return [
        AnalysisTable(
            "ledger",
            f"SELECT day, sha256, rules FROM ledger WHERE day < {end} ORDER BY day",
            ("day",),
            ("sha256", "rules"),
        ),
        AnalysisTable(
            "later_matches",
            "SELECT sale_document_id, sale_position, link,"
            " sum(return_match.quantity) AS quantity, sum(return_match.amount) AS amount"
            " FROM document CROSS JOIN return_match"
            " ON return_match.owner_id = document.owner_id AND return_document_id = document_id"
            f" WHERE document.day >= {end} AND kind IN (2, 3) AND sale_day < {end}"
            " GROUP BY sale_document_id, sale_position, link ORDER BY sale_document_id, sale_position, link",
            taken,
        ),
        _table("product", "1 ORDER BY product_id", ("product_id",), ("name", "product_category")),
    ]


def _table(name: str, condition: str, integers: tuple[str, ...], texts: tuple[str, ...] = ()) -> AnalysisTable:
    return AnalysisTable(name, f"SELECT {', '.join(integers + texts)} FROM {name} WHERE {condition}", integers, texts)
