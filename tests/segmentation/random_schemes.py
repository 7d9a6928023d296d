"""Schemes by chance, and what they say by hand."""

import operator
from collections.abc import Mapping

from hypothesis import strategies as st

from rfm_service.segmentation.schemes import Rule, Scheme, Segment, Texts

COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
STORED = {"recency": 1, "frequency": 1, "monetary": 100, "order_interval": 1, "two_month_sum": 100}
KEYS = ("gold", "silver", "bronze", "tin")


def by_hand(scheme: Scheme, customer: Mapping[str, int]) -> str:
    """The segment of the first rule that holds."""
    for rule in scheme.rules:
        conditions = [condition.split() for condition in rule.when]
        if all(COMPARISONS[sign](customer[measure], int(n) * STORED[measure]) for measure, sign, n in conditions):
            return rule.segment
    raise AssertionError("no rule holds")


def scheme_of(rules: list[Rule], ranks: Mapping[str, int]) -> Scheme:
    """A scheme of these rules; ranks by the keys of the segments."""
    texts = Texts("one", "один")
    segments = [Segment(key, rank, "#000000", texts, texts) for key, rank in ranks.items()]
    return Scheme("any", texts, segments, rules)


def conditions(measures: Mapping[str, int]) -> st.SearchStrategy[str]:
    """A condition on one of these measures, with a number up to theirs."""
    return st.sampled_from(sorted(measures)).flatmap(
        lambda name: st.builds(
            lambda sign, number: f"{name} {sign} {number}",
            st.sampled_from(sorted(COMPARISONS)),
            st.integers(0, measures[name]),
        )
    )


def schemes(**measures: int) -> st.SearchStrategy[Scheme]:
    """Up to six rules on these measures, and one for the rest."""
    rules = st.lists(
        st.builds(Rule, st.sampled_from(KEYS), st.lists(conditions(measures), min_size=1, max_size=3)),
        min_size=1,
        max_size=6,
    )
    last = st.builds(Rule, st.sampled_from(KEYS), st.just([]))
    ranks = st.fixed_dictionaries({key: st.integers(1, 4) for key in KEYS})
    return st.builds(lambda some, rest, by_key: scheme_of([*some, rest], by_key), rules, last, ranks)
