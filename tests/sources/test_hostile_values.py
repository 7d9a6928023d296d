"""Whatever stands in a field: no crash, no line lost, no kopeck lost."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from rfm_service.errors import BadAnswer
from rfm_service.records import DayAnswer, SaleLine

from .builders import FIELDS, FRIDAY, money, read, read_json, row

HOSTILE: list[Any] = [
    None, "", " ", "0", -0.0, "-", 5e-324, 0.1 + 0.2, 1e308, 10**18, 10**400, "9" * 38, "1E+20", "1E1000000",
    "-1E999990", "NaN", "-Infinity", "1 234,56", "1\N{NO-BREAK SPACE}234,56", "1,234.56", "１２３", "1e5",
    True, False, [], {}, [[1]], {"Номер": 1}, 1763600000000, "0001-01-01T00:00:00", "0000-00-00", "2024-02-30",
    "9999-12-31T23:59:59-14:00", "0001-01-02T00:00:00+14:00", "2026-11-20T24:00:00", "\x00", "\x1b[31m", "\u202eтевирП",
    "\ufeff", "\u2028", "е\u0308" * 1000, "👩\u200d👩\u200d👧", "я" * 100_000, "=cmd|' /C calc'!A0", "'; DROP TABLE",
    "<b>", "../../etc/passwd", "{0} {1!r}", "%s", "_x0041_",
]  # fmt: skip

READABLE_SUMS = {
    '"0"': 0,
    "0.30000000000000004": 30,
    '"1 234,56"': 123_456,
    '"1\N{NO-BREAK SPACE}234,56"': 123_456,
    '"１２３"': 12_300,
    '"1e5"': 10_000_000,
}


NOT_JSON = [
    b"NaN", b"Infinity", b"1e400", b'"\\ud800"', b'"\\x00"', b"1" * 5000, b"[" * 100_000 + b"]" * 100_000,
    b'"\xff"', b'"\xcf\xf0\xe8"',
]  # fmt: skip


def name_of(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)[:24]


def sound(line: SaleLine) -> bool:
    """Nothing of what stands in a line can surprise those who come next."""
    header = line.header
    texts = (
        line.product, line.feature, header.number, header.order_number, header.buyer, header.contractor,
        header.site_id, header.address,
    )  # fmt: skip
    return (
        header.day == FRIDAY
        and all(text.isprintable() and len(text) <= 512 for text in texts)
        and 0 <= line.amount <= 10**12
        and 0 <= line.quantity <= 10**12
    )


def assert_nothing_is_lost(answer: DayAnswer, rows: int) -> None:
    assert len(answer.lines) + len(answer.refused) == rows
    assert all(sound(line) for line in answer.lines)
    assert all(0 <= bad.amount <= 10**12 for bad in answer.refused)


@pytest.mark.parametrize("field", [name for name in FIELDS if name != "sum"])
@pytest.mark.parametrize("value", HOSTILE, ids=name_of)
def test_a_hostile_value(field: str, value: object) -> None:
    answer = read(row(), row(**{field: value}), row())
    assert_nothing_is_lost(answer, 3)
    assert money(answer) == 3 * 290_50
    assert [bad.field for bad in answer.refused] in ([], [field])


@pytest.mark.parametrize(
    "value",
    HOSTILE,
    ids=name_of,
)
def test_a_hostile_sum(value: object) -> None:
    answer = read(row(), row(sum=value), row())
    assert_nothing_is_lost(answer, 3)
    assert money(answer) == 2 * 290_50 + READABLE_SUMS.get(json.dumps(value, ensure_ascii=False), 0)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("written", NOT_JSON, ids=lambda written: repr(written[:12]))
def test_a_value_that_is_no_json(field: str, written: bytes) -> None:
    broken = json.dumps(row(**{field: "HERE"})).encode().replace(b'"HERE"', written)
    whole = json.dumps(row()).encode()
    try:
        answer = read_json(b"[" + b",".join([whole, broken, whole]) + b"]")
    except BadAnswer:
        return
    assert_nothing_is_lost(answer, 3)
    assert len(answer.lines) >= 2
    assert money(answer) - 2 * 290_50 in {0, 290_50}


@pytest.mark.parametrize("broken", [None, 17, "Ёлки", True, [], [[]], 1e5])
def test_a_row_that_is_no_object(broken: object) -> None:
    answer = read(row(), broken, row())
    assert_nothing_is_lost(answer, 3)
    assert [(bad.field, bad.amount, json.loads(bad.raw)) for bad in answer.refused] == [("", 0, broken)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)

ROWS = st.lists(st.dictionaries(st.sampled_from(sorted(FIELDS)), JSON, max_size=4), max_size=20)


@settings(deadline=None, database=None)
@given(ROWS)
@example([{"sum": []}, {"sum": {}}, {"sum": "1E1000000"}])
def test_any_json_in_any_field(changes: list[dict[str, Any]]) -> None:
    answer = read(*[row()] * 20, *(row(**change) for change in changes))
    assert_nothing_is_lost(answer, len(changes) + 20)
    assert {line.header.day for line in answer.lines} <= {FRIDAY}


@settings(deadline=None, database=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(set(FIELDS) - {"sum"})), JSON, st.integers(0, 10**9)), max_size=20))
def test_any_damage_beside_the_sum_keeps_the_kopecks(damages: list[tuple[str, Any, int]]) -> None:
    answer = read(*[row(sum=0)] * 20, *(row(**{name: value}, sum=kopecks / 100) for name, value, kopecks in damages))
    assert money(answer) == sum(kopecks for _, _, kopecks in damages)
