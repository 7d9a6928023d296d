"""A night looks at what its report is made of, and its backup at everything: damage is noticed by one of them."""

import os
from collections.abc import Iterator
from random import Random

import pytest

from rfm_service.clock import Horizon
from rfm_service.demo.server import ErpServer
from rfm_service.errors import RfmError, StoreDamaged
from rfm_service.home import Home
from rfm_service.settings import Settings
from rfm_service.store import verify
from rfm_service.store.analysis import analysis_tables
from rfm_service.store.backup import make_backup
from rfm_service.store.connection import existing
from tests.conftest import REFERENCE_DAY, TOKEN

from .damaging import DAMAGES
from .rounds import NIGHT, complete_shop
from .test_damages import DAYS, Rig

TRIES = int(os.environ.get("DAMAGES", "64"))
HORIZON = Horizon(REFERENCE_DAY, 10)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One for all damages of a process."""
    path = tmp_path_factory.mktemp("looked")
    with ErpServer(complete_shop(days=60, customers=40), TOKEN) as erp:
        yield Rig(Home(path, path / "config" / "service.toml", Settings()), erp)


def look(home: Home) -> tuple[bool, list[list[tuple[object, ...]]]]:
    """Whether the night's look finds the store damaged; if not, what a report is made of."""
    try:
        with existing(home.database) as store:
            if verify.troubles_since(store, HORIZON.first):
                return True, []
            return False, [sorted(store.execute(table.query), key=repr) for table in analysis_tables(HORIZON)]
    except RfmError:
        return True, []


@pytest.mark.parametrize("seed", range(TRIES))
def test_what_a_report_is_made_of_is_right_or_the_damage_is_noticed(rig: Rig, seed: int) -> None:
    rig.renew()
    damaged, truth = look(rig.home)
    assert not damaged
    damage = DAMAGES[seed % len(DAMAGES)]
    damage(rig.home.database, Random(seed))
    damaged, found = look(rig.home)
    assert damaged or found == truth, damage.__name__


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE line SET amount = amount + 1 WHERE (day, position) = (:day, 0)",
        "UPDATE document SET number = number || '?' WHERE day = :day",
        "DELETE FROM day_account WHERE day = :day",
        "UPDATE ledger SET lines = lines + 1 WHERE day = :day",
    ],
)
def test_an_older_day_is_left_to_the_backup(rig: Rig, change: str) -> None:
    for day, at_once in ((HORIZON.first, True), (DAYS[0], False)):
        rig.renew()
        with existing(rig.home.database) as store:
            store.execute(change, {"day": day})
        assert look(rig.home)[0] is at_once
        with pytest.raises(StoreDamaged):
            make_backup(rig.home.database, rig.home.backups, NIGHT, keep=7)


@pytest.mark.parametrize("table", ["orders", "return_match", "document"])
def test_a_row_that_its_index_does_not_know(rig: Rig, table: str) -> None:
    rig.renew()
    index = {"orders": "orders_twice", "return_match": "return_match_twice", "document": "document_by_owner"}[table]
    with existing(rig.home.database) as store:
        (sql,) = store.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (index,)).fetchone()
        store.execute("PRAGMA writable_schema = ON")
        store.execute("UPDATE sqlite_schema SET sql = sql || ' WHERE 0' WHERE name = ?", (index,))
        store.execute("PRAGMA writable_schema = RESET")
    column = "owner_id" if table == "document" else "amount"
    with existing(rig.home.database) as store:
        store.execute("PRAGMA foreign_keys = OFF")
        store.execute(f"UPDATE {table} SET {column} = {column} + 100000")
        store.execute("PRAGMA writable_schema = ON")
        store.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (sql, index))
        store.execute("PRAGMA writable_schema = RESET")
    with existing(rig.home.database) as store:
        assert f"{table} and its index differ" in verify.troubles_since(store, HORIZON.first)
