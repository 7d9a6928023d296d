"""What crossed which border, where customers are scored."""

from pathlib import Path

import pytest

from rfm_service.segmentation.conditions import Values
from rfm_service.segmentation.crossings import NOTHING, Crossing, find_crossing
from rfm_service.segmentation.fitted import Border, FittedScheme
from rfm_service.segmentation.schemes import read_scheme

from .builders import BIG, HEAD, SMALL, SMALL_RULE, write

SCORES = "".join(f'[scores.{axis}]\nmethod = "quantile"\nbins = 3\n' for axis in ("recency", "frequency", "monetary"))
BORDERS = {
    "recency": [Border(90), Border(30)],
    "frequency": [Border(3), Border(10)],
    "monetary": [Border(1000_00), Border(5000_00)],
}


def fitted(folder: Path, *conditions: str, borders: dict[str, list[Border]] = BORDERS) -> FittedScheme:
    """A scheme whose big customers fulfil these conditions."""
    when = ", ".join(f'"{condition}"' for condition in conditions)
    rule = f'[[rule]]\nsegment = "big"\nwhen = [{when}]\n'
    return FittedScheme(
        read_scheme(write(folder, HEAD + SCORES + BIG + SMALL + rule + SMALL_RULE) / "tiny.toml"), borders
    )


def customer(recency: int = 10, frequency: int = 12, monetary: int = 9000_00) -> Values:
    """A customer, scored by BORDERS."""
    return {
        "recency": recency,
        "frequency": frequency,
        "monetary": monetary,
        "recency_score": 1 + sum(recency <= border.value for border in BORDERS["recency"]),
        "frequency_score": (f := 1 + sum(frequency >= border.value for border in BORDERS["frequency"])),
        "monetary_score": (m := 1 + sum(monetary >= border.value for border in BORDERS["monetary"])),
        "fm_score": f + m,
    }


@pytest.mark.parametrize(
    ("condition", "before", "after", "crossing"),
    [
        ("recency_score >= 3", customer(30), customer(31), Crossing("recency", 30, 31, 30)),
        ("recency_score > 1", customer(90), customer(91), Crossing("recency", 90, 91, 90)),
        ("frequency_score >= 3", customer(frequency=9), customer(), Crossing("frequency", 9, 12, 10)),
        ("frequency_score < 2", customer(frequency=2), customer(frequency=3), Crossing("frequency", 2, 3, 3)),
        ("frequency_score <= 1", customer(frequency=3), customer(frequency=2), Crossing("frequency", 3, 2, 3)),
        (
            "monetary_score >= 2",
            customer(monetary=1000_00),
            customer(monetary=999_99),
            Crossing("monetary", 1000_00, 999_99, 1000_00),
        ),
        (
            "fm_score >= 3",
            customer(),
            customer(monetary=4999_99),
            Crossing("monetary", 9000_00, 4999_99, 5000_00),
        ),
        ("fm_score >= 3", customer(frequency=9), customer(frequency=10), Crossing("frequency", 9, 10, 10)),
        ("monetary >= 9000", customer(), customer(monetary=1), Crossing("monetary", 9000_00, 1, 9000_00)),
    ],
)
def test_a_crossing(tmp_path: Path, condition: str, before: Values, after: Values, crossing: Crossing) -> None:
    scheme = fitted(tmp_path, condition)
    assert find_crossing(scheme, before, scheme, after) == crossing


def test_a_border_that_moved(tmp_path: Path) -> None:
    old = fitted(tmp_path, "recency_score >= 3")
    new = fitted(tmp_path, "recency_score >= 3", borders=BORDERS | {"recency": [Border(80), Border(9)]})
    fell = {**customer(10), "recency_score": 2}
    assert find_crossing(old, customer(10), new, fell) == Crossing("recency", 10, 10, 9)


def test_another_map_explains_nothing(tmp_path: Path) -> None:
    old, new = fitted(tmp_path, "recency_score >= 3"), fitted(tmp_path, "recency_score >= 2")
    assert find_crossing(old, customer(80), new, customer(80)) == NOTHING


def test_the_first_and_the_last_purchase(tmp_path: Path) -> None:
    scheme = fitted(tmp_path, "recency_score >= 3")
    assert find_crossing(scheme, None, scheme, customer(frequency=2)) == Crossing("frequency", 0, 2, 1)
    assert find_crossing(scheme, customer(frequency=1), scheme, None) == Crossing("frequency", 1, 0, 1)
