"""Sales out of files: delimited text, workbooks and Parquet, read by a mapping into rows of our fields."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from rfm_service.sources.files.mapping import FileForm


class Table(NamedTuple):
    """The columns of a file by name, and its rows as they come. `share` says how much of the file was read, 0 to 1.

    Cells are texts, or what the format itself knows: numbers, dates, None. Rows without any value are left out. `form`
    is how the file is written, with what was found out.
    """

    form: FileForm
    columns: list[str]
    rows: Iterator[Sequence[Any]]
    share: Callable[[], float]
