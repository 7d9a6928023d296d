"""Schemes: named ways to classify, kept as files and validated before anything runs."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from rfm_service.errors import ConfigurationError
from rfm_service.records import to_json
from rfm_service.segmentation.conditions import AXES, MEASURES, SCORES, Condition, condition_of
from rfm_service.settings import Segmentation
from rfm_service.toml_file import toml_of

BINS = range(3, 11)
OUTSIDE = ""
"""Stands for the segment of a customer who is not inside the horizon."""

KEY = re.compile(r"[a-z][a-z0-9_]*")
COLOR = re.compile(r"#[0-9a-f]{6}")


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages."""

    en: str
    ru: str

    def told(self, language: str) -> str:
        """The text in "en" or "ru"."""
        return self.ru if language == "ru" else self.en


class Segment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A class of customers, as people see it."""

    key: str
    rank: int
    """1 is the best."""
    color: str
    title: Texts
    advice: Texts


class Score(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How customers are scored on one axis, from 1 (worst) to the number of bins. docs/segments.md has the formulas.

    method: "quantile" (cut points at the quantiles; equal values, equal scores), "ntile" (groups of equal size, ties in
        the order of the customers' keys), "rank" (quantiles of such ranks, as pandas' qcut of rank("first")), "cuts".
    cuts: where each next score begins, in units of the file; for recency the number of days up to which it holds.
    edge: which score a value near a quantile has: the next one only "above" it, already "from" it on, or "one_above":
        from one unit more, as the R package rfm has it.
    """

    method: Literal["quantile", "ntile", "rank", "cuts"]
    bins: int = 5
    cuts: list[float] = []
    edge: Literal["above", "from", "one_above"] = "above"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The segment of customers for whom all conditions hold, such as `recency < 90`."""

    segment: str
    when: list[str]


class Scheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ordered rules: the first that holds decides, the last holds for everyone.

    window: where frequency and monetary are counted: in the whole horizon, or in its last calendar month.
    """

    name: str
    title: Texts
    segments: list[Segment] = msgspec.field(name="segment")
    rules: list[Rule] = msgspec.field(name="rule")
    window: Literal["horizon", "month"] = "horizon"
    scores: dict[Literal["recency", "frequency", "monetary"], Score] = {}

    @property
    def sha256(self) -> str:
        """Equal schemes, equal hash."""
        return hashlib.sha256(to_json(self).encode()).hexdigest()

    @property
    def conditions(self) -> list[list[Condition]]:
        """The conditions of each rule, in order."""
        return [
            [condition for text in rule.when if (condition := condition_of(text, MEASURES | SCORES))]
            for rule in self.rules
        ]

    @property
    def compared(self) -> set[str]:
        """The measures and scores that the rules look at."""
        return {condition.name for conditions in self.conditions for condition in conditions}

    @property
    def fits_snapshots(self) -> bool:
        """Whether it asks only for what is known of a customer at every month's end."""
        return not self.compared & {"order_interval", "two_month_sum"}

    @property
    def ranks(self) -> dict[str, int]:
        """The ranks of its segments; outside the horizon, "", is worse than any."""
        ranks = {segment.key: segment.rank for segment in self.segments}
        return ranks | {OUTSIDE: max(ranks.values()) + 1}


def load_schemes(folder: Path, settings: Segmentation) -> list[Scheme]:
    """Every scheme in use: that of the segments, that of the tiers, and the others.

    Raises ConfigurationError with every mistake in all of them.
    """
    schemes, troubles = [], []
    for name in settings.all_schemes:
        try:
            schemes.append(load_scheme(folder, name))
        except ConfigurationError as error:
            troubles.append(str(error))
    if troubles:
        raise ConfigurationError("{0}", "\n".join(troubles))
    return schemes


def load_scheme(folder: Path, name: str) -> Scheme:
    """The scheme in `folder/name.toml`. Raises ConfigurationError with every mistake in it."""
    return read_scheme(folder / f"{name}.toml")


def read_scheme(path: Path) -> Scheme:
    """The scheme in a file that bears its name. Raises ConfigurationError with every mistake in it."""
    if not path.exists():
        there = ", ".join(sorted(file.stem for file in path.parent.glob("*.toml"))) or "-"
        raise ConfigurationError("There is no scheme file {0}. There are: {1}.", str(path), there)
    try:
        scheme = msgspec.convert(toml_of(path), Scheme)
    except msgspec.ValidationError as error:
        raise ConfigurationError("{0}: {1}.", str(path), str(error)) from None
    mistakes = [mistake for check in CHECKS for mistake in check(scheme)]
    if scheme.name != path.stem:
        mistakes.append(f"name: is {scheme.name!r} in a file called {path.name}")
    if mistakes:
        raise ConfigurationError(
            "{0}: {1} to mend.\n{2}", str(path), len(mistakes), "\n".join(f"  {text}" for text in mistakes)
        )
    return scheme


def _check_name(scheme: Scheme) -> list[str]:
    return [] if KEY.fullmatch(scheme.name) else [f"name {scheme.name}: is small Latin letters, digits and _"]


def _check_segments(scheme: Scheme) -> list[str]:
    keys = [segment.key for segment in scheme.segments]
    return [
        *(f"segment {key}: stands twice" for key in sorted({key for key in keys if keys.count(key) > 1})),
        *(f"segment {key}: a key is small Latin letters, digits and _" for key in keys if not KEY.fullmatch(key)),
        *(
            f"segment {segment.key}: color must look like #1b7837"
            for segment in scheme.segments
            if not COLOR.fullmatch(segment.color)
        ),
        *(
            f"segment {segment.key}: rank must be 1 (the best) or more"
            for segment in scheme.segments
            if segment.rank < 1
        ),
        *(
            f"segment {segment.key}: title and advice need both languages"
            for segment in scheme.segments
            if not all((segment.title.en, segment.title.ru, segment.advice.en, segment.advice.ru))
        ),
    ]


def _check_rules(scheme: Scheme) -> list[str]:
    keys, used = {segment.key for segment in scheme.segments}, {rule.segment for rule in scheme.rules}
    names = _names(scheme)
    return [
        *(f"rule for {key}: there is no such segment" for key in sorted(used - keys)),
        *(f"segment {key}: no rule leads to it" for key in sorted(keys - used)),
        *(
            f'condition "{text}": write <measure> <comparison> <number>, measures: {", ".join(names)}'
            for rule in scheme.rules
            for text in rule.when
            if not condition_of(text, names)
        ),
    ]


def _names(scheme: Scheme) -> dict[str, int]:
    """What the rules of a scheme may compare: of the scores those that it has."""
    needed = {f"{axis}_score": {axis} for axis in AXES} | {"fm_score": {"frequency", "monetary"}}
    return MEASURES | {name: unit for name, unit in SCORES.items() if needed[name] <= scheme.scores.keys()}


def _check_scores(scheme: Scheme) -> list[str]:
    return [
        f"scores.{axis}: {mistake}" for axis, score in scheme.scores.items() for mistake in _mistakes_of(axis, score)
    ]


def _mistakes_of(axis: str, score: Score) -> list[str]:
    if score.method != "cuts":
        return [
            *(["cuts belong to the method cuts"] if score.cuts else []),
            *(["bins must be from 3 to 10"] if score.bins not in BINS else []),
        ]
    stored = [round(cut * MEASURES[axis], 4) for cut in score.cuts]
    return [
        *(["must have from 2 to 9 cuts"] if len(stored) + 1 not in BINS else []),
        *(["cuts must be whole days or orders, or roubles and kopecks"] if any(cut % 1 for cut in stored) else []),
        *(["cuts must not fall"] if sorted(stored) != stored else []),
    ]


def _check_completeness(scheme: Scheme) -> list[str]:
    if not scheme.rules or scheme.rules[-1].when:
        return ["the last rule must have no conditions, so that every customer gets a segment"]
    return [
        f"rule for {rule.segment}: has no conditions, so the rules below it never hold"
        for rule in scheme.rules[:-1]
        if not rule.when
    ]


CHECKS: tuple[Callable[[Scheme], list[str]], ...] = (
    _check_name,
    _check_segments,
    _check_scores,
    _check_rules,
    _check_completeness,
)
