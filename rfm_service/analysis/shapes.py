"""The columns of the report's tables, for those that may have no rows. What they mean: `reports.tables`."""

import pyarrow as pa


def _shape(integers: str = "", texts: str = "") -> pa.Schema:
    return pa.schema(
        [*((name, pa.string()) for name in texts.split()), *((name, pa.int64()) for name in integers.split())]
    )


SHAPES = {
    "movements": _shape(
        "customer_id direction value_before value_after border monetary_before monetary_after",
        "scheme buyer manager before after cause measure documents",
    ),
    "calls": _shape("customer_id money_at_risk chance reachability worth", "buyer manager email segment reason"),
    "segment_months": _shape("month customers buyers monetary", "segment"),
    "transitions": _shape("month customers amount_before amount_after", "before after"),
    "revisions": _shape("month customers", "published corrected"),
    "cohorts": _shape("cohort month size buyers monetary"),
    "cohort_segments": _shape("cohort customers monetary", "segment"),
    "churn_months": _shape("month active at_risk churned newly_churned buyers monetary at_risk_monetary loss"),
    "before_churn": _shape("days customers orders monetary"),
    "preferences": _shape("buyers monetary index", "segment product"),
    "category_preferences": _shape("buyers monetary index", "segment product_category"),
}


def empty(name: str) -> pa.Table:
    """A table of the report without rows."""
    return SHAPES[name].empty_table()
