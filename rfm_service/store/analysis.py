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
    "sale_day",
    "sale_document_id",
    "sale_position",
    "return_day",
    "return_document_id",
    "return_position",
    "quantity",
    "amount",
)
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
        _table("customer", "1", ("customer_id",), ("key", "name", "email", "category", "manager")),
        _table("product", "1", ("product_id",), ("name", "feature")),
    ]


def _table(name: str, condition: str, integers: tuple[str, ...], texts: tuple[str, ...] = ()) -> AnalysisTable:
    return AnalysisTable(name, f"SELECT {', '.join(integers + texts)} FROM {name} WHERE {condition}", integers, texts)
