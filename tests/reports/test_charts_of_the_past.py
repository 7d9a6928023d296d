"""The pictures of movement and of closed months: with much past, with little, with none."""

import warnings
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import msgspec
import pandas as pd
import pytest
from matplotlib.patches import PathPatch, Rectangle

from rfm_service.locales import Language
from rfm_service.reports.charts import CHARTS
from rfm_service.reports.closed_months import by_age, churn_by_month, flows_into, states_of
from rfm_service.reports.moved import by_cause, with_stakes
from rfm_service.reports.page import write_page
from rfm_service.reports.style import spread, wrapped
from rfm_service.reports.tables import ReportTables

from .builders import hand_made, make_tables
from .past import LAST_MONTH, make_past
from .test_charts import LONG, drawn, texts, title
from .test_hostile_texts import HOSTILE

NAMES = ("movements", "flows", "segment_shares", "cohorts", "revenue_at_risk")


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def named(titles: list[str]) -> ReportTables:
    tables = make_past()
    styles = [
        msgspec.structs.replace(style, title=titles[place % len(titles)])
        for place, style in enumerate(tables.facts.segments)
    ]
    return msgspec.structs.replace(tables, facts=msgspec.structs.replace(tables.facts, segments=styles))


def of_an_older_scheme() -> ReportTables:
    """Snapshots and movements name a segment that the scheme has no more."""
    tables = make_past()
    gone = {"loyal": "vip_2019"}
    return msgspec.structs.replace(
        tables,
        movements=tables.movements.replace({"before": gone}),
        segment_months=tables.segment_months.replace({"segment": gone}),
        transitions=tables.transitions.replace({"before": gone, "after": gone}),
    )


def millions() -> ReportTables:
    tables = make_past()
    return msgspec.structs.replace(
        tables,
        movements=tables.movements.assign(monetary_before=10**15),
        transitions=tables.transitions.assign(customers=10**6 + 1, amount_before=10**15),
        churn_months=tables.churn_months.assign(at_risk_monetary=10**15, loss=10**14),
    )


SHOPS: dict[str, Callable[[], ReportTables]] = {
    "nothing": make_tables,
    "nothing_english": lambda: make_tables(language="en"),
    "two_years": make_past,
    "two_years_english": lambda: make_past(language="en"),
    "one_month": lambda: make_past(1),
    "two_months": lambda: make_past(2),
    "a_year": lambda: make_past(12),
    "three_years": lambda: make_past(36, customers=900),
    "one_customer": lambda: make_past(customers=1),
    "long_titles": lambda: named([LONG]),
    "hostile_titles": lambda: named(HOSTILE[:9]),
    "more_hostile_titles": lambda: named(HOSTILE[20:]),
    "older_scheme": of_an_older_scheme,
    "millions": millions,
}


@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("name", NAMES)
def test_no_text_leaves_the_page_or_lies_on_another(name: str, shop: str) -> None:
    figure, totals = drawn(name, SHOPS[shop]())
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(figure)]
    for text, box in boxes:
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1, text
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1, text
    overlapping = [
        (one, other)
        for (one, here), (other, there) in combinations(boxes, 2)
        if here.padded(-2).overlaps(there.padded(-2))
    ]
    assert overlapping == []
    assert totals == {}


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("movements", "The largest movement: Promising → Drifting, 14 customers, 3.6M ₽"),
        ("flows", "Oct 2026, the largest flow: Promising → Drifting, 18 customers"),
        ("segment_shares", "Promising: 23.2% of customers, 5.0 points less than in Oct 2025"),
        ("cohorts", "45.2% of new customers buy again a month later, 24.1% 12 months later"),
        ("revenue_at_risk", "Oct 2026: 8.1M ₽ at risk, a loss of 1M ₽ to expect"),
    ],
)
def test_the_title_says_the_finding(name: str, finding: str) -> None:
    figure, _ = drawn(name, make_past(language="en"))
    assert title(figure).replace("\N{NO-BREAK SPACE}", " ") == finding


@pytest.mark.parametrize(
    ("name", "promise"),
    [
        ("movements", "No movements since the last report"),
        ("flows", "Flows between months appear after two closed months"),
        ("segment_shares", "The shares of the segments by month appear after the first closed month"),
        ("cohorts", "Who comes back appears after two closed months"),
        ("revenue_at_risk", "The money at risk by month appears after the first closed month"),
    ],
)
def test_where_nothing_can_stand_yet_the_picture_says_when(name: str, promise: str) -> None:
    figure, _ = drawn(name, hand_made())
    assert title(figure) == promise
    assert figure.axes == []
    assert figure.texts[-1].get_text().startswith("Here")


def test_every_flow_is_drawn_and_starts_in_the_colour_of_its_segment() -> None:
    tables = make_past()
    figure, _ = drawn("flows", tables)
    bands = [patch for patch in figure.axes[0].patches if isinstance(patch, PathPatch)]
    assert len(bands) == (tables.transitions["month"] == LAST_MONTH).sum()
    bars = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    sizes = tables.segment_months["month"].value_counts()
    assert len(bars) == sizes[LAST_MONTH - 1] + sizes[LAST_MONTH] + 2  # and "no purchases" on both sides


def test_the_matrix_of_flows_holds_every_customer() -> None:
    tables = of_an_older_scheme()
    flows = flows_into(tables, LAST_MONTH, states_of(tables, Language("en")))
    last = tables.transitions[tables.transitions["month"] == LAST_MONTH]
    assert flows.to_numpy().sum() == last["customers"].sum()
    assert flows.loc["vip_2019"].sum() == last.loc[last["before"] == "vip_2019", "customers"].sum()


def test_whoever_churned_is_a_share_of_those_who_were_there() -> None:
    churn = pd.DataFrame({"month": [8, 7, 9], "active": [10, 20, 5], "at_risk": [0, 5, 0], "newly_churned": [5, 3, 1]})
    tables = msgspec.structs.replace(hand_made(), churn_months=churn)
    assert churn_by_month(tables)["rate"].fillna(-1).tolist() == [-1, 0.2, 0.1]


def test_movements_are_counted_by_cause_and_direction() -> None:
    causes = by_cause(with_stakes(make_past().movements), "customers")
    assert causes.to_dict("index") == {
        "silent": {-1: 29, 1: 0, 0: 0},
        "bought": {-1: 0, 1: 20, 0: 0},
        "left_horizon": {-1: 8, 1: 0, 0: 0},
        "border": {-1: 3, 1: 0, 0: 1},
        "corrected": {-1: 2, 1: 1, 0: 0},
        "returned": {-1: 2, 1: 0, 0: 0},
    }


def test_the_worst_and_dearest_movements_come_first() -> None:
    moved = with_stakes(make_past().movements)
    assert moved["direction"].tolist() == [-1] * 44 + [1] * 21 + [0]
    assert moved["stake"].iloc[:44].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("places", "spaced"),
    [
        ([0.1, 0.5, 0.9], [0.1, 0.5, 0.9]),
        ([0.5, 0.5], [0.45, 0.55]),
        ([0.0, 0.01], [0.0, 0.1]),
        ([0.99, 1.0], [0.9, 1.0]),
        ([], []),
    ],
)
def test_labels_move_only_as_far_as_they_must(places: list[float], spaced: list[float]) -> None:
    assert spread(places, 0.1, 0, 1) == pytest.approx(spaced)


def test_a_note_has_lines_of_one_length() -> None:
    lines = wrapped("one two three four five six seven eight nine ten", 300, 15).split("\n")
    assert lines == ["one two three four five", "six seven eight nine ten"]


def test_an_old_cohort_is_followed_to_the_last_closed_month_though_nobody_came_since() -> None:
    cohorts = pd.DataFrame({"cohort": [100, 100], "month": [100, 103], "size": [4, 4], "buyers": [4, 1], "monetary": 1})
    tables = msgspec.structs.replace(hand_made(), cohorts=cohorts)
    assert by_age(tables, "buyers", 18).to_numpy().tolist() == [[4, 0, 0, 1]]


def test_those_who_were_there_before_the_store_began_are_no_new_customers(tmp_path: Path) -> None:
    """90 of 100 old customers come back, of four new ones two, and one in the third month."""
    old = [(100, month, 100, 90 if month > 100 else 100, 900) for month in range(100, 105)]
    new = [(101, 101, 4, 4, 40), (101, 102, 4, 2, 20), (101, 104, 4, 1, 10)]
    for rows, picture, page in (
        (old + new, "50.0% of new customers buy again a month later, 25.0% 3 months later", "25.0% of new customers"),
        (old, "Who stays", "Who stays"),
    ):
        cohorts = pd.DataFrame(rows, columns=["cohort", "month", "size", "buyers", "monetary"])
        tables = msgspec.structs.replace(hand_made(), cohorts=cohorts)
        assert title(drawn("cohorts", tables)[0]) == picture
        write_page(tables, tmp_path / "RFM.html")
        text = (tmp_path / "RFM.html").read_text("utf-8")
        assert f"<h2>{page}" in text
        assert ("of new customers" in text) == ("of new customers" in page)


def test_every_picture_of_the_past_is_in_the_report() -> None:
    assert set(NAMES) <= set(CHARTS)
