"""The tables of the store, version by version: numbered scripts, each applied once."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from rfm_service.errors import StoreDamaged

MIGRATIONS = Path(__file__).parent / "migrations"
APPLICATION = 0x52464D00
"""Stands in the file's header, with the version added: so a damaged version is told from a newer one."""

TABLES = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'"


def scripts_in(folder: Path) -> list[Path]:
    """The scripts of a folder in order: the first makes version 1."""
    return sorted(folder.glob("*.sql"))


def version_of(store: sqlite3.Connection) -> int:
    """The version of a database; 0 for one without tables. Raises StoreDamaged when its header contradicts itself."""
    version: int = store.execute("PRAGMA user_version").fetchone()[0]
    application: int = store.execute("PRAGMA application_id").fetchone()[0]
    if application != (APPLICATION + version if version else 0):
        raise StoreDamaged("The header of the database is damaged: version {0}, mark {1}.", version, application)
    return version


def apply_scripts(store: sqlite3.Connection, scripts: Sequence[Path], version: int) -> None:
    """Bring a database of that version up to the last script. Inside the caller's transaction."""
    for script in scripts[version:]:
        for statement in _statements(script.read_text(encoding="utf-8")):
            store.execute(statement)
    mark_version(store, len(scripts))


def mark_version(store: sqlite3.Connection, version: int) -> None:
    """Write the version into the header."""
    store.execute(f"PRAGMA user_version = {version}")
    store.execute(f"PRAGMA application_id = {APPLICATION + version}")


def strange_tables(store: sqlite3.Connection) -> list[str]:
    """Tables and indexes that differ from what the scripts make: none in a sound store."""
    scripts = scripts_in(MIGRATIONS)[: version_of(store)]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
        apply_scripts(model, scripts, 0)
        expected = set(model.execute(TABLES))
    return sorted({str(name) for _, name, *_ in expected ^ set(store.execute(TABLES))})


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would commit the transaction around them."""
    statement = ""
    for row in script.splitlines(keepends=True):
        statement += row
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
