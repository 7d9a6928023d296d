"""Two engines as one: whatever it is asked, both must say the same."""

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from rfm_service.engines import Engine
from rfm_service.models import HERE, model

MODELS = {re.sub(r"\s+", " ", model(file.stem)): file.stem for file in HERE.glob("*.sql")}
ORDERED = re.compile(r"ORDER BY [^()]*$")


class Twins:
    """Implements `engines.Engine` by two of them. `compared`: the models that both have run."""

    def __init__(self, first: Engine, second: Engine, compared: set[str] | None = None) -> None:
        self._both = first, second
        self.compared = set[str]() if compared is None else compared

    def make_table(self, name: str, table: pa.Table) -> None:
        """Both know it."""
        for engine in self._both:
            engine.make_table(name, table)

    def derive(
        self, name: str, sql: str, parameters: Mapping[str, int] | None = None, *, read_once: bool = False
    ) -> None:
        """Both derive it, and come to the same rows."""
        for engine in self._both:
            engine.derive(name, sql, parameters, read_once=read_once)
        self._note(sql)
        self.run(f"SELECT * FROM {name}")

    def run(self, sql: str, parameters: Mapping[str, int] | None = None) -> pa.Table:
        """What both say: equal names, types, rows; in the same order where there is one."""
        first, second = (engine.run(sql, parameters) for engine in self._both)
        self._note(sql)
        assert first.schema == second.schema, sql
        ours, theirs = (_rows(table, in_order=bool(ORDERED.search(sql))) for table in (first, second))
        assert len(ours) == len(theirs), sql
        assert next((pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]), None) is None, sql
        return first

    def another(self) -> "Twins":
        """Twins that know no tables."""
        first, second = (engine.another() for engine in self._both)
        return Twins(first, second, self.compared)

    def _note(self, sql: str) -> None:
        self.compared |= {name for text, name in MODELS.items() if text == re.sub(r"\s+", " ", sql)}


def _rows(table: pa.Table, *, in_order: bool) -> list[tuple[Any, ...]]:
    rows = [tuple(row.values()) for row in table.to_pylist()]
    return rows if in_order else sorted(rows, key=repr)
