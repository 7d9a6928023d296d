"""Tables that are kept from one night to the next: whole and under the key they were made for, or not at all."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import pyarrow as pa
from pyarrow import feather

from rfm_service.disk import flush, make_private, sha256_of
from rfm_service.reports.publish import flush_files, write_whole

CONTENTS = "contents.json"


class Contents(msgspec.Struct, frozen=True):
    """What a folder of kept tables holds: SHA-256 by file name, and the key that they were made for."""

    key: str
    files: dict[str, str]


class Kept:
    """The tables in a folder. Their contents are written last and dropped first: without them there are no tables."""

    def __init__(self, folder: Path, tables: Iterable[str]) -> None:
        self._folder = folder
        self._files = [f"{name}.arrow" for name in tables]

    def are_of(self, key: str) -> bool:
        """Whether the tables of this key are here, byte for byte as they were written."""
        return self._key() == key

    def tables(self) -> dict[str, pa.Table]:
        """The tables that are here, of whatever key: all, byte for byte as they were written, or none."""
        if self._key() is None:
            return {}
        return {Path(file).stem: feather.read_table(self._folder / file) for file in self._files}

    def keep(self, key: str, tables: Mapping[str, pa.Table]) -> None:
        """Put these in the place of those that were here."""
        make_private(self._folder)
        (self._folder / CONTENTS).unlink(missing_ok=True)
        flush(self._folder)
        for file in self._files:
            feather.write_feather(tables[Path(file).stem], self._folder / file)
        contents = Contents(key, flush_files(self._folder / file for file in self._files))
        write_whole(self._folder / CONTENTS, msgspec.json.encode(contents))
        flush(self._folder / CONTENTS)
        flush(self._folder)

    def copy_into(self, folder: Path, tables: Iterable[str]) -> None:
        """Copies of these tables, each whole at every instant."""
        files = [f"{name}.arrow" for name in tables]
        for file in files:
            write_whole(folder / file, (self._folder / file).read_bytes())
        flush_files(folder / file for file in files)

    def _key(self) -> str | None:
        """The key of the tables; None unless all are here, byte for byte as they were written."""
        try:
            contents = msgspec.json.decode((self._folder / CONTENTS).read_bytes(), type=Contents)
            found = {file: sha256_of(self._folder / file) for file in self._files}
        except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        return contents.key if contents.files == found else None
