"""Schemes: named ways to classify, kept as files and validated before anything runs."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from rfm_service.errors import ConfigurationError
from rfm_service.records import to_json
from rfm_service.settings import Segmentation

MEASURES = {"recency": 1, "frequency": 1, "monetary": 100, "order_interval": 1, "two_month_sum": 100}
"""What a rule may compare, and how many stored units (days, orders, kopecks) make one unit of the file."""

SNAPSHOT_MEASURES = {"recency", "frequency", "monetary"}

CONDITION = re.compile(rf"({'|'.join(MEASURES)}) (<|<=|>|>=) (\d{{1,12}})")
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


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The segment of customers for whom all conditions hold, such as `recency < 90`."""

    segment: str
    when: list[str]


class Scheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ordered rules: the first that holds decides, the last holds for everyone."""

    name: str
    title: Texts
    segments: list[Segment] = msgspec.field(name="segment")
    rules: list[Rule] = msgspec.field(name="rule")

    @property
    def sha256(self) -> str:
        """Equal schemes, equal hash."""
        return hashlib.sha256(to_json(self).encode()).hexdigest()

    @property
    def fits_snapshots(self) -> bool:
        """Whether it asks only for what is known of a customer at every month's end: measures of `snapshots`."""
        return {text.split()[0] for rule in self.rules for text in rule.when} <= SNAPSHOT_MEASURES

    def as_sql(self) -> str:
        """A CASE expression over the columns of `measured_customers` that gives the segment's key."""
        *ordered, otherwise = self.rules
        branches = " ".join(
            f"WHEN {' AND '.join(_in_stored_units(text) for text in rule.when)} THEN '{rule.segment}'"
            for rule in ordered
        )
        return f"CASE {branches} ELSE '{otherwise.segment}' END" if branches else f"'{otherwise.segment}'"


def load_schemes(folder: Path, settings: Segmentation) -> tuple[Scheme, Scheme]:
    """The scheme of the segments and that of the tiers. Raises ConfigurationError."""
    return load_scheme(folder, settings.segments), load_scheme(folder, settings.tiers)


def load_scheme(folder: Path, name: str) -> Scheme:
    """The scheme in `folder/name.toml`. Raises ConfigurationError with every mistake in it."""
    path = folder / f"{name}.toml"
    try:
        scheme = msgspec.toml.decode(path.read_bytes(), type=Scheme)
    except FileNotFoundError:
        raise ConfigurationError(
            "There is no scheme file {0}. Check [segmentation] in the settings.", str(path)
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigurationError("{0}: {1}.", str(path), str(error)) from None
    mistakes = [mistake for check in CHECKS for mistake in check(scheme)]
    if scheme.name != name:
        mistakes.append(f"name: is {scheme.name!r} in a file called {name}.toml")
    if mistakes:
        raise ConfigurationError(
            "{0}: {1} to mend.\n{2}", str(path), len(mistakes), "\n".join(f"  {text}" for text in mistakes)
        )
    return scheme


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
            f"segment {segment.key}: title and advice need both languages"
            for segment in scheme.segments
            if not all((segment.title.en, segment.title.ru, segment.advice.en, segment.advice.ru))
        ),
    ]


def _check_rules(scheme: Scheme) -> list[str]:
    keys, used = {segment.key for segment in scheme.segments}, {rule.segment for rule in scheme.rules}
    return [
        *(f"rule for {key}: there is no such segment" for key in sorted(used - keys)),
        *(f"segment {key}: no rule leads to it" for key in sorted(keys - used)),
        *(
            f'condition "{text}": write <measure> <comparison> <whole number>, measures: {", ".join(MEASURES)}'
            for rule in scheme.rules
            for text in rule.when
            if not CONDITION.fullmatch(text)
        ),
    ]


def _check_completeness(scheme: Scheme) -> list[str]:
    if not scheme.rules or scheme.rules[-1].when:
        return ["the last rule must have no conditions, so that every customer gets a segment"]
    return [
        f"rule for {rule.segment}: has no conditions, so the rules below it never hold"
        for rule in scheme.rules[:-1]
        if not rule.when
    ]


CHECKS: tuple[Callable[[Scheme], list[str]], ...] = (_check_segments, _check_rules, _check_completeness)


def _in_stored_units(condition: str) -> str:
    measure, comparison, number = condition.split()
    return f"{measure} {comparison} {int(number) * MEASURES[measure]}"
