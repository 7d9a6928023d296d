"""What the models read of the store: plain queries, because they run elsewhere, on another library's connection."""

from typing import NamedTuple

from rfm_service.clock import Horizon


class AnalysisTable(NamedTuple):
    """A table that models know by name: its query, its integer columns and its text columns, in order."""

    name: str
    query: str
    integers: tuple[str, ...]
    texts: tuple[str, ...] = ()


def analysis_tables(horizon: Horizon) -> list[AnalysisTable]:
    """The tables of the models, cut to the horizon."""
    inside = f"day BETWEEN {horizon.first} AND {horizon.last}"
    return [
        _table("orders", inside, ("day", "customer_id", "order_id", "amount", "items", "purchase")),
        _table(
            "line", f"{inside} AND verdict = 0", ("day", "document_id", "position", "product_id", "quantity", "amount")
        ),
        _table("document", f"{inside} AND kind = 1", ("document_id", "order_id")),
        _table(
            "return_match",
            f"sale_{inside} OR return_{inside}",
            (
                "sale_day",
                "sale_document_id",
                "sale_position",
                "return_day",
                "return_document_id",
                "return_position",
                "quantity",
                "amount",
            ),
        ),
        _table("day_account", inside, ("kind", "verdict", "lines", "amount")),
        _table("ledger", inside, ("day",), ("sha256", "rules")),
        _table("customer", "1", ("customer_id",), ("name", "email", "category")),
        _table("product", "1", ("product_id",), ("name", "feature")),
    ]


def _table(name: str, condition: str, integers: tuple[str, ...], texts: tuple[str, ...] = ()) -> AnalysisTable:
    return AnalysisTable(name, f"SELECT {', '.join(integers + texts)} FROM {name} WHERE {condition}", integers, texts)
