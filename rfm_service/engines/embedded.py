"""DuckDB inside the worker process."""

import re
from collections.abc import Mapping

import duckdb
import pyarrow as pa


class Embedded:
    """Implements `engines.Engine`."""

    def __init__(self) -> None:
        self._duckdb = duckdb.connect(":memory:", config={"threads": 2, "autoinstall_known_extensions": False})
        self._duckdb.execute("SET enable_progress_bar = false")  # it would draw into the service's output

    def make_table(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table known to the models that follow."""
        self._duckdb.register(name, table)

    def derive(
        self, name: str, sql: str, parameters: Mapping[str, int] | None = None, *, read_once: bool = False
    ) -> None:
        """Make the rows of a SELECT known to the models that follow."""
        self.make_table(name, self.run(sql, parameters))

    def run(self, sql: str, parameters: Mapping[str, int] | None = None) -> pa.Table:
        """The rows of a SELECT; `:name` in the text is the parameter `name`."""
        text = re.sub(r"(?<!:):([a-z_]+)", r"$\1", _without_comments(sql))
        named = set(re.findall(r"\$([a-z_]+)", text))
        given = {name: value for name, value in (parameters or {}).items() if name in named}
        return self._duckdb.sql(text, params=given).to_arrow_table()

    def another(self) -> "Embedded":
        """An engine that knows no tables."""
        return Embedded()


def _without_comments(sql: str) -> str:
    return re.sub(r"--.*", "", sql)
