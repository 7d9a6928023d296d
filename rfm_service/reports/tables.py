"""What a report is made of: the tables that the models produced, and the facts about them."""

from pathlib import Path

import msgspec
import pandas as pd
from pyarrow import feather

from rfm_service.reports.facts import FACTS, Facts


class ReportTables(msgspec.Struct, frozen=True):
    """Everything a workbook or a chart reads. Money is integer kopecks, days are day numbers.

    customers: one row per customer with a purchase: customer_id, buyer, email, category, manager, recency, frequency,
        monetary, order_interval, two_month_sum, average_order, first_day, last_day, segment, tier (keys).
    segment_tiers: one row per segment and tier that has customers: segment, tier, customers, orders, monetary.
    months: one row per month of the horizon: month (year * 12 + month - 1), monetary, orders, buyers.
    orders: one row per order: amount, items (distinct products and features).
    products: one row per product: product, monetary, orders.
    corrected_days: one row per day that differs from the last report's: day, added, changed, removed (documents),
        amount_before, amount_after.
    look_alikes: one row per buyer whose name looks like another's: group (from 1), buyer.
    """

    facts: Facts
    customers: pd.DataFrame
    segment_tiers: pd.DataFrame
    months: pd.DataFrame
    orders: pd.DataFrame
    products: pd.DataFrame
    corrected_days: pd.DataFrame
    look_alikes: pd.DataFrame


def read_tables(folder: Path) -> ReportTables:
    """The tables that `classify_customers` left in `folder` as Arrow files and facts.json."""

    def table(name: str) -> pd.DataFrame:
        frame: pd.DataFrame = feather.read_feather(folder / f"{name}.arrow")
        return frame

    return ReportTables(
        facts=msgspec.json.decode((folder / FACTS).read_bytes(), type=Facts),
        customers=table("customers"),
        segment_tiers=table("segment_tiers"),
        months=table("months"),
        orders=table("orders"),
        products=table("products"),
        corrected_days=table("corrected_days"),
        look_alikes=table("look_alikes"),
    )
