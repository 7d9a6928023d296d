"""The language of `$filter`: what it says, and that nothing else gets through."""

from collections.abc import Callable
from datetime import date
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import pytest
from hypothesis import given, strategies as st

from rfm_service.clock import day_of
from rfm_service.demo.odata.filters import ALWAYS, All, Comparison, Literal, Row, check, days_of, keys_of, parse
from rfm_service.demo.odata.refusals import Refusal

KEYS = ("3b4fcc03-1732-5914-ba9b-cc17ad8e3185", "85e5de26-566f-5d3a-853a-0e878b396bc3")
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {"eq": eq, "ne": ne, "gt": gt, "ge": ge, "lt": lt, "le": le}
MOMENTS = ("0001-01-01T00:00:00", "2026-11-19T23:59:59", "2026-11-20T00:00:00", "2026-11-20T10:05:07")
TEXTS = ("", "Ёлки", "O'Коннор", "a or b)", "' eq '")
NUMBERS = (-2, 0, 1, 2.5)

Said = tuple[str, Callable[[Row], bool]]
"""A filter's text, and what it means."""

row_values = st.fixed_dictionaries(
    {
        "Period": st.sampled_from(MOMENTS),
        "Description": st.sampled_from(TEXTS),
        "Количество": st.sampled_from(NUMBERS),
        "LineNumber": st.sampled_from(("1", "2", "10")),
        "Active": st.booleans(),
        "Ref_Key": st.sampled_from(KEYS),
    }
)


def written(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def comparisons(field: str, values: tuple[Any, ...], literal: Callable[[Any], str]) -> st.SearchStrategy[Said]:
    def said(operator: str, value: Any) -> Said:
        return f"{field} {operator} {literal(value)}", lambda row: OPERATORS[operator](row[field], value)

    return st.builds(said, st.sampled_from(list(OPERATORS)), st.sampled_from(values))


def lines(operator: str, value: int) -> Said:
    return f"LineNumber {operator} {value}", lambda row: OPERATORS[operator](int(row["LineNumber"]), value)


def flags(operator: str, value: bool) -> Said:
    return f"Active {operator} {str(value).lower()}", lambda row: OPERATORS[operator](row["Active"], value)


def keys(operator: str, value: str) -> Said:
    return f"Ref_Key {operator} guid'{value}'", lambda row: OPERATORS[operator](row["Ref_Key"], value)


simple = st.one_of(
    comparisons("Period", MOMENTS, lambda value: f"datetime'{value}'"),
    comparisons("Description", TEXTS, written),
    comparisons("Количество", NUMBERS, str),
    st.builds(lines, st.sampled_from(list(OPERATORS)), st.sampled_from((2, 10))),
    st.builds(flags, st.sampled_from(("eq", "ne")), st.booleans()),
    st.builds(keys, st.sampled_from(("eq", "ne")), st.sampled_from(KEYS)),
)


def negated(inner: Said) -> Said:
    return f"not ({inner[0]})", lambda row: not inner[1](row)


def both(one: Said, other: Said) -> Said:
    return f"({one[0]}) and ({other[0]})", lambda row: one[1](row) and other[1](row)


def either(one: Said, other: Said) -> Said:
    return f"({one[0]}) or ({other[0]})", lambda row: one[1](row) or other[1](row)


filters = st.recursive(
    simple,
    lambda inner: st.one_of(st.builds(negated, inner), st.builds(both, inner, inner), st.builds(either, inner, inner)),
    max_leaves=8,
)


@given(filters, row_values)
def test_a_filter_means_what_it_says(said: Said, row: Row) -> None:
    text, holds = said
    condition = parse(text)
    check(condition, row)
    assert condition.holds(row) == holds(row)


@given(filters, row_values)
def test_days_and_keys_leave_out_no_row_that_the_filter_lets_through(said: Said, row: Row) -> None:
    condition = parse(said[0])
    if condition.holds(row):
        first, last = days_of(condition)
        assert first <= day_of(date.fromisoformat(row["Period"][:10])) <= last
        found = keys_of(condition, "Ref_Key")
        assert found is None or row["Ref_Key"] in found


@given(st.text(max_size=40) | st.text(alphabet="abguid'()eqornt ,-019/", max_size=40))
def test_any_other_text_is_refused(text: str) -> None:
    try:
        parse(text)
    except Refusal as refusal:
        assert (refusal.status, refusal.code) == (400, 14)


def test_and_binds_closer_than_or_and_not_closest() -> None:
    row: Row = {"A": True, "B": False, "C": False}
    assert parse("A eq true or B eq true and C eq true").holds(row)
    assert not parse("(A eq true or B eq true) and C eq true").holds(row)
    assert parse("not B eq true and A eq true").holds(row)


def test_a_cast() -> None:
    assert parse(f"Recorder eq cast(guid'{KEYS[0]}', 'Document_Чек')") == Comparison(
        "Recorder", "eq", Literal("cast", KEYS[0], "Document_Чек")
    )


def test_nothing_lets_everything_through() -> None:
    assert parse(" ") == All(())
    assert days_of(parse("")) == ALWAYS
    assert keys_of(parse(""), "Ref_Key") is None


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "A eq",
        "A is 1",
        "eq 1",
        "A eq 1 and",
        "(A eq 1",
        "A eq 1)",
        "A eq B",
        "A eq datetime'2026-13-01T00:00:00'",
        "A eq datetime'26-11-01T00:00:00'",
        "A eq guid'1'",
        "A eq cast('1','2')",
        "length(A) eq 1",
        "A eq 'it's'",
        "A eq 1 B eq 2",
        "A eq 12abc",
    ],
)
def test_mistakes(text: str) -> None:
    with pytest.raises(Refusal):
        parse(text)


@pytest.mark.parametrize("text", ["Active eq 1", "Количество eq 'два'", "Period eq '2026'", "Ref_Key eq ''"])
def test_a_value_of_another_type(text: str) -> None:
    row = {"Active": True, "Количество": 1, "Period": MOMENTS[0], "Ref_Key": KEYS[0]}
    with pytest.raises(Refusal, match="тип значения"):
        check(parse(text), row)
