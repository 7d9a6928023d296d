"""Two engines as one: whatever it is asked, both must say the same."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from rfm_service.engines import Engine, Rows
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

    def derive(self, name: str, sql: str, parameters: Mapping[str, int] | None = None, *, view: bool = False) -> None:
        """Both derive it, and come to the same rows."""
        for engine in self._both:
            engine.derive(name, sql, parameters, view=view)
        self._note(sql)
        self.run(f"SELECT * FROM {name}")

    def read_files(self, name: str, place: str, select: str) -> None:
        """Both read them, and come to the same rows."""
        for engine in self._both:
            engine.read_files(name, place, select)
        self.run(f"SELECT * FROM {name}")

    def derive_in_order(
        self, name: str, sql: str, together: Sequence[str], order: Sequence[str], rows: Rows, integers: Sequence[str]
    ) -> None:
        """Both make the same rows."""
        for engine in self._both:
            engine.derive_in_order(name, sql, together, order, rows, integers)
        self.run(f"SELECT * FROM {name}")

    def write_files(self, name: str, folder: str) -> None:
        """Both write, into folders of their own, what reads as the same rows."""
        tables = []
        for number, engine in enumerate(self._both):
            engine.write_files(name, f"{folder}/{number}")
            tables.append(pq.read_table(f"{folder}/{number}"))
        assert tables[0].schema == tables[1].schema, name
        assert _rows(tables[0], in_order=False) == _rows(tables[1], in_order=False), name

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
