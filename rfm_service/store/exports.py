"""What other programs may read of the store, a month at a time: plain queries, for another library's connection."""

from rfm_service.kinds import Kind, Link, Verdict
from rfm_service.store.analysis import AnalysisTable


def _named(column: str, names: type[Kind] | type[Link] | type[Verdict]) -> str:
    cases = " ".join(f"WHEN {one.value} THEN '{one.name.lower()}'" for one in names)
    return f"CASE {column} {cases} END"


LINES = f"""
SELECT line.day, line.document_id, line.position, document.customer_id, line.product_id,
       coalesce(document.order_id, 0) AS order_id, line.quantity, line.amount,
       {_named("document.kind", Kind)} AS kind, {_named("line.verdict", Verdict)} AS verdict,
       document.key AS document_key, document.base_key, {_named("document.base_link", Link)} AS link,
       document.number, document.order_number, customer.key AS customer_key, customer.name AS customer,
       contractor.name AS contractor, document.site_id, address.text AS address,
       product.name AS product, product.feature, product.product_category
FROM line
CROSS JOIN document USING (day, document_id)
JOIN customer USING (customer_id)
JOIN contractor USING (contractor_id)
JOIN address USING (address_id)
JOIN product USING (product_id)
WHERE line.day BETWEEN {{0}} AND {{1}}
ORDER BY line.day, line.document_id, line.position
"""
ORDERS = """
SELECT orders.day, orders.order_id, orders.customer_id, orders.amount, orders.items, orders.purchase,
       order_ref.number, customer.name AS customer
FROM orders
JOIN order_ref USING (order_id)
JOIN customer ON customer.customer_id = orders.customer_id
WHERE orders.day BETWEEN {0} AND {1}
ORDER BY orders.day, orders.customer_id, orders.order_id
"""


def export_tables(first: int, last: int) -> list[AnalysisTable]:
    """Lines and orders of the days from first to last, both included. docs/export.md says what the columns are."""
    return [
        AnalysisTable(
            "lines",
            LINES.format(first, last),
            ("day", "document_id", "position", "customer_id", "product_id", "order_id", "quantity", "amount"),
            (
                "kind",
                "verdict",
                "document_key",
                "base_key",
                "link",
                "number",
                "order_number",
                "customer_key",
                "customer",
                "contractor",
                "site_id",
                "address",
                "product",
                "feature",
                "product_category",
            ),
        ),
        AnalysisTable(
            "orders",
            ORDERS.format(first, last),
            ("day", "order_id", "customer_id", "amount", "items", "purchase"),
            ("number", "customer"),
        ),
    ]
