"""Where models run. An engine makes tables known by name, derives others from them, and runs models."""

from collections.abc import Mapping
from typing import Protocol

import pyarrow as pa


class Engine(Protocol):
    """The same SQL gives the same rows on every engine."""

    def make_table(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table known to the models that follow."""

    def derive(
        self, name: str, sql: str, parameters: Mapping[str, int] | None = None, *, read_once: bool = False
    ) -> None:
        """Make the rows of a SELECT known to the models that follow. They stay where the engine is.

        read_once: only one of these models reads them, so that they need not be kept.
        """

    def run(self, sql: str, parameters: Mapping[str, int] | None = None) -> pa.Table:
        """The rows of a SELECT; `:name` in the text is the parameter `name`."""

    def another(self) -> "Engine":
        """An engine beside this one, in the same place, that knows no tables."""
