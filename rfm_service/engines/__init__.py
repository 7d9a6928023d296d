"""Where models run. An engine makes tables known by name, derives others from them, and runs models."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import pyarrow as pa

Rows = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
"""What becomes of rows that no SELECT can work on: batches in, batches of other rows out."""


class Engine(Protocol):
    """The same SQL gives the same rows on every engine."""

    def make_table(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table known to the models that follow."""

    def read_files(self, name: str, place: str, select: str) -> None:
        """Make known the rows of a Parquet file, or of all below a folder, as a query of the table `lake` shows them.

        They stay where they are. Raises FileUnusable.
        """

    def derive(self, name: str, sql: str, parameters: Mapping[str, int] | None = None, *, view: bool = False) -> None:
        """Make the rows of a SELECT known to the models that follow. They stay where the engine is.

        view: they are not kept, each model that reads them asks anew.
        """

    def derive_in_order(
        self, name: str, sql: str, together: Sequence[str], order: Sequence[str], rows: Rows, integers: Sequence[str]
    ) -> None:
        """Make known what `rows` makes of the rows of a SELECT: a table of these columns.

        The rows come sorted by `together` and `order`. It may be called several times, side by side, each time with a
        part of them; those that are alike in `together` are in one part.
        """

    def run(self, sql: str, parameters: Mapping[str, int] | None = None) -> pa.Table:
        """The rows of a SELECT; `:name` in the text is the parameter `name`."""

    def write_files(self, name: str, folder: str) -> None:
        """Write a table that is known as Parquet files of a new folder. Raises FolderUnusable."""

    def another(self) -> "Engine":
        """An engine beside this one, in the same place, that knows no tables."""
