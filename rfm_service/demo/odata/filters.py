"""The language of `$filter`, as far as 1C speaks it: comparisons, `and`, `or`, `not`, brackets, typed literals."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from operator import eq, ge, gt, le, lt, ne
from typing import Any, NamedTuple

from rfm_service.clock import day_of
from rfm_service.demo.odata.refusals import Refusal, exception, unknown_segment, unreadable_option

Row = dict[str, Any]

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {"eq": eq, "ne": ne, "gt": gt, "ge": ge, "lt": lt, "le": le}
WHOLE = {"LineNumber"}
MOMENTS = {"Period", "Date"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
TOKEN = re.compile(
    r"\s*(?:(?P<typed>(?P<type>datetime|guid)'(?P<literal>[^']*)')|'(?P<text>(?:[^']|'')*)'"
    r"|(?P<number>-?\d+(?:\.\d+)?)[dmfL]?(?![\w])|(?P<word>[\w/]+)|(?P<sign>[(),]))"
)


class Literal(NamedTuple):
    """A value in a filter. `sort`: datetime, guid, cast, text, number or flag; `type` is what a cast casts to."""

    sort: str
    value: Any
    type: str = ""


class Comparison(NamedTuple):
    """A field compared with a value."""

    field: str
    operator: str
    literal: Literal

    def holds(self, row: Row) -> bool:
        """Whether it is true of a row. A composite field never equals a plain string."""
        value = row[self.field]
        compare = OPERATORS[self.operator]
        if f"{self.field}_Type" in row:
            typed = row[f"{self.field}_Type"], value
            return compare(typed, (f"StandardODATA.{self.literal.type}", self.literal.value))
        return compare(int(value) if self.field in WHOLE else value, self.literal.value)


class All(NamedTuple):
    """Every part is true."""

    parts: tuple["Filter", ...]

    def holds(self, row: Row) -> bool:
        """Whether it is true of a row."""
        return all(part.holds(row) for part in self.parts)


class AnyOf(NamedTuple):
    """Some part is true."""

    parts: tuple["Filter", ...]

    def holds(self, row: Row) -> bool:
        """Whether it is true of a row."""
        return any(part.holds(row) for part in self.parts)


class Not(NamedTuple):
    """The part is false."""

    part: "Filter"

    def holds(self, row: Row) -> bool:
        """Whether it is true of a row."""
        return not self.part.holds(row)


Filter = Comparison | All | AnyOf | Not

EVERYTHING = All(())


def parse(text: str) -> Filter:
    """The filter that a text says; an empty text lets everything through. Raises Refusal."""
    if not text.strip():
        return EVERYTHING
    reader = _Reader(text)
    found = reader.alternatives()
    reader.expect("end", "")
    return found


def check(condition: Filter, sample: Row) -> None:
    """Raise the Refusal that 1C answers to a filter which does not suit rows like this one."""
    for one in comparisons_of(condition):
        if one.field not in sample or isinstance(sample[one.field], list):
            raise unknown_segment(one.field)
        refusal = _mismatch(one, sample)
        if refusal:
            raise refusal


def comparisons_of(condition: Filter) -> Iterator[Comparison]:
    """Every comparison in a filter."""
    if isinstance(condition, Comparison):
        yield condition
        return
    for part in (condition.part,) if isinstance(condition, Not) else condition.parts:
        yield from comparisons_of(part)


def _mismatch(one: Comparison, sample: Row) -> Refusal | None:
    sort, composite = one.literal.sort, f"{one.field}_Type" in sample
    if composite and sort == "guid":
        return exception("Операция сравнения на равно недопустима для операндов разных типов")
    if sort in {"guid", "cast"} and one.operator not in {"eq", "ne"}:
        return exception("Нельзя сравнивать поля неограниченной длины и поля несовместимых типов")
    if sort not in _sorts_of(one.field, sample[one.field], composite):
        return unreadable_option(f"тип значения не соответствует полю {one.field}")
    return None


def _sorts_of(field: str, value: object, composite: bool) -> set[str]:
    """The sorts of literals that a field can be compared with."""
    if composite:
        return {"cast", "text"}
    if field in MOMENTS:
        return {"datetime"}
    if field.endswith("_Key"):
        return {"guid"}
    if isinstance(value, bool):
        return {"flag"}
    return {"number"} if field in WHOLE or isinstance(value, int | float) else {"text"}


def days_of(condition: Filter) -> tuple[int, int]:
    """The first and the last day that a row may be of."""
    if isinstance(condition, Comparison) and condition.field in MOMENTS:
        moment = datetime.fromisoformat(condition.literal.value)
        first = day_of(moment) if condition.operator in {"eq", "ge", "gt"} else ALWAYS[0]
        before = condition.operator == "lt" and moment.time() == time.min
        return first, day_of(moment) - before if condition.operator in {"eq", "le", "lt"} else ALWAYS[1]
    if isinstance(condition, All):
        bounds = [ALWAYS, *map(days_of, condition.parts)]
        return max(first for first, _ in bounds), min(last for _, last in bounds)
    if isinstance(condition, AnyOf):
        bounds = [days_of(part) for part in condition.parts]
        return min(first for first, _ in bounds), max(last for _, last in bounds)
    return ALWAYS


ALWAYS = (day_of(date.min), day_of(date.max))


def keys_of(condition: Filter, field: str) -> frozenset[str] | None:
    """The keys that the field may have; None means any."""
    if isinstance(condition, Comparison):
        named = condition.field == field and condition.operator == "eq"
        return frozenset([condition.literal.value]) if named else None
    if isinstance(condition, All):
        known = [keys for part in condition.parts if (keys := keys_of(part, field)) is not None]
        return frozenset.intersection(*known) if known else None
    if isinstance(condition, AnyOf):
        parts = [keys_of(part, field) for part in condition.parts]
        return None if None in parts else frozenset[str]().union(*filter(None, parts))
    return None


class _Reader:
    """Reads a filter token by token."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))

    def alternatives(self) -> Filter:
        parts = [self._conditions()]
        while self._took("or"):
            parts.append(self._conditions())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def expect(self, sort: str, value: str) -> None:
        if self._tokens.pop(0)[:2] != (sort, value):
            raise unreadable_option(f"ожидается {value or 'конец выражения'}")

    def _conditions(self) -> Filter:
        parts = [self._condition()]
        while self._took("and"):
            parts.append(self._condition())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _condition(self) -> Filter:
        if self._took("not"):
            return Not(self._condition())
        if self._took("(", "sign"):
            inner = self.alternatives()
            self.expect("sign", ")")
            return inner
        return self._comparison()

    def _comparison(self) -> Comparison:
        field, operator = self._word(), self._word()
        if operator not in OPERATORS:
            raise unreadable_option(f"неизвестная операция {operator}")
        return Comparison(field, operator, self._literal())

    def _word(self) -> str:
        sort, value = self._tokens.pop(0)
        if sort != "word":
            raise unreadable_option(f"неожиданное {value or 'окончание'}")
        return str(value)

    def _literal(self) -> Literal:
        sort, value = self._tokens.pop(0)
        if (sort, value) == ("word", "cast"):
            return self._cast()
        if sort == "word" and value in {"true", "false"}:
            return Literal("flag", value == "true")
        if sort in {"datetime", "guid", "text", "number"}:
            return Literal(sort, value)
        raise unreadable_option(f"ожидается значение вместо {value or 'окончания'}")

    def _cast(self) -> Literal:
        self.expect("sign", "(")
        key = self._literal()
        self.expect("sign", ",")
        target = self._literal()
        self.expect("sign", ")")
        if (key.sort, target.sort) != ("guid", "text"):
            raise unreadable_option("cast ожидает guid и имя типа")
        return Literal("cast", key.value, target.value)

    def _took(self, value: str, sort: str = "word") -> bool:
        if self._tokens[0] != (sort, value):
            return False
        self._tokens.pop(0)
        return True


def _tokens(text: str) -> Iterator[tuple[str, Any]]:
    place, text = 0, text.rstrip()
    while place < len(text):
        found = TOKEN.match(text, place)
        if not found:
            raise unreadable_option(f"недопустимый символ {text[place]}")
        yield _token(found)
        place = found.end()
    yield from [("end", "")] * 2


def _token(found: re.Match[str]) -> tuple[str, Any]:
    if found["typed"]:
        return found["type"], _typed(found["type"], found["literal"])
    if found["text"] is not None:
        return "text", found["text"].replace("''", "'")
    if found["number"]:
        return "number", float(found["number"])
    return ("word", found["word"]) if found["word"] else ("sign", found["sign"])


def _typed(sort: str, literal: str) -> str:
    if sort == "guid" and GUID.fullmatch(literal):
        return literal.lower()
    if sort == "datetime" and MOMENT.fullmatch(literal) and _is_moment(literal):
        return literal
    raise unreadable_option(f"неверный литерал {sort}'{literal}'")


def _is_moment(literal: str) -> bool:
    try:
        datetime.fromisoformat(literal)
    except ValueError:
        return False
    return True
