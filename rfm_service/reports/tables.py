"""What a report is made of: the tables that the models produced, and the facts about them."""

from pathlib import Path

import msgspec
import pandas as pd
from pyarrow import feather

from rfm_service.reports.facts import FACTS, Facts


class ReportTables(msgspec.Struct, frozen=True):
    """Everything a workbook or a chart reads. Money is integer kopecks, days are day numbers.

    customers: one row per customer with a purchase: customer_id, buyer, email, category, manager, recency, frequency,
        monetary, order_interval, two_month_sum, average_order, first_day, last_day, segment, tier (keys);
        better_segment ("" where there is none), orders_missing, amount_missing, days_missing (what is missing to it);
        fall_day, fall_segment (when and where the customer falls if it buys nothing, "" out of the horizon);
        expected_day (when the next order is due by the customer's own rhythm, -1 without one), overdue (days);
        money_at_risk (kopecks, of monetary). docs/formulas.md has the definitions.
    segment_tiers: one row per segment and tier that has customers: segment, tier, customers, orders, monetary.
    months: one row per month of the horizon: month (year * 12 + month - 1), monetary, orders, buyers.
    orders: one row per order: amount, items (distinct products and features).
    products: one row per product: product, monetary, orders.
    corrected_days: one row per day that differs from the last report's: day, added, changed, removed (documents),
        amount_before, amount_after.
    look_alikes: one row per buyer whose name looks like another's: group (from 1), buyer.
    movements: one row per customer whose segment differs from the last report's: customer_id, buyer, manager, before
        and after (segments; "" outside the horizon), direction (1 better, -1 worse, 0 neither), cause (records.Cause),
        measure, value_before, value_after and border (what crossed which border, in the measure's stored units;
        measure "" when nothing of the customer's own crossed), monetary_before, monetary_after, documents (a list of
        records.Evidence as JSON).
    calls: whom to call today, the most worth first: customer_id, buyer, manager, email, segment, reason (a sentence
        in the report's language), money_at_risk (kopecks), chance and reachability (thousandths), worth (kopecks).

    Of the closed months, from the snapshots at their ends (month: year * 12 + month - 1):
    segment_months: one row per month and segment with customers: month, segment, customers, buyers (who bought in
        the month), monetary (bought in the month).
    transitions: one row per month and pair of segments: month (the later one), before, after ("": no purchase inside
        the horizon), customers, amount_before, amount_after (bought in the month before, and in the month).
    revisions: one row per month with a report on the day after it, and pair of segments: month, published (as that
        report said), corrected (as it is known by now), customers.
    cohorts: one row per month of first purchase and month with purchases: cohort, month, size (customers of the
        cohort), buyers, monetary.
    cohort_segments: one row per cohort and segment at the last month's end: cohort, segment, customers, monetary
        (inside the horizon).
    churn_months: one row per month: month, active (last purchase at most 60 days before the month's end), at_risk (61
        to 90), churned (more), newly_churned (churned at this month's end, not yet at the last), buyers, monetary (of
        the month), at_risk_monetary (bought inside the horizon by those at risk), loss (kopecks, expected next month).
    before_churn: one row per window of 3, 7 and 14 days: days, customers, orders, monetary (of those who churned newly
        in the closed months, in the last `days` days up to their last purchase).
    preferences: one row per segment and product that it prefers: segment, product, buyers, monetary, index (the
        product's share of the segment's money, per cent of its share of all money: 100 is like everybody).
    category_preferences: the same by product_category, of products whose category is known.
    """

    facts: Facts
    customers: pd.DataFrame
    segment_tiers: pd.DataFrame
    months: pd.DataFrame
    orders: pd.DataFrame
    products: pd.DataFrame
    corrected_days: pd.DataFrame
    look_alikes: pd.DataFrame
    movements: pd.DataFrame
    calls: pd.DataFrame
    segment_months: pd.DataFrame
    transitions: pd.DataFrame
    revisions: pd.DataFrame
    cohorts: pd.DataFrame
    cohort_segments: pd.DataFrame
    churn_months: pd.DataFrame
    before_churn: pd.DataFrame
    preferences: pd.DataFrame
    category_preferences: pd.DataFrame


def read_tables(folder: Path) -> ReportTables:
    """The tables that `classify_customers` left in `folder` as Arrow files and facts.json."""

    def table(name: str) -> pd.DataFrame:
        frame: pd.DataFrame = feather.read_feather(folder / f"{name}.arrow")
        return frame

    frames = {name: table(name) for name in ReportTables.__struct_fields__ if name != "facts"}
    return ReportTables(msgspec.json.decode((folder / FACTS).read_bytes(), type=Facts), **frames)
