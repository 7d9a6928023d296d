"""The believable past agrees with itself, or no test that stands on it could be trusted."""

import pytest

from rfm_service.analysis.shapes import SHAPES
from rfm_service.records import Cause
from rfm_service.reports.tables import ReportTables

from .past import LAST_MONTH, make_past


@pytest.fixture(scope="module")
def past() -> ReportTables:
    return make_past()


def test_every_table_has_its_columns_and_rows(past: ReportTables) -> None:
    for name in SHAPES.keys() - {"calls"}:
        table = getattr(past, name)
        assert set(table.columns) == set(SHAPES[name].names), name
        assert len(table), name


def test_flows_lead_from_the_last_sizes_to_the_next(past: ReportTables) -> None:
    sizes = past.segment_months.set_index(["month", "segment"])["customers"]
    for month in range(LAST_MONTH - 22, LAST_MONTH + 1):
        flows = past.transitions[past.transitions["month"] == month]
        for side, then in (("before", month - 1), ("after", month)):
            named = flows[flows[side] != ""].groupby(side)["customers"].sum()
            assert named.to_dict() == sizes[then].to_dict()


def test_the_first_month_of_a_cohort_has_all_its_customers(past: ReportTables) -> None:
    firsts = past.cohorts[past.cohorts["cohort"] == past.cohorts["month"]]
    assert (firsts["buyers"] == firsts["size"]).all()
    assert past.cohorts["monetary"].sum() == past.churn_months["monetary"].sum()


def test_everybody_is_active_at_risk_or_churned(past: ReportTables) -> None:
    last = past.churn_months.iloc[-1]
    assert last[["active", "at_risk", "churned"]].sum() == past.cohorts.groupby("cohort")["size"].first().sum()


def test_there_is_a_movement_of_every_cause(past: ReportTables) -> None:
    assert set(past.movements["cause"]) == set(Cause)
