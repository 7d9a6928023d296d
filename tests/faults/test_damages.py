"""Whatever a disk does to the database: it is noticed and mended, or it is harmless. Never a silent wrong answer.

`DAMAGES=500 python -m pytest tests/faults/test_damages.py` is the long form.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from random import Random

import pytest

from rfm_service.demo.server import ErpServer
from rfm_service.errors import StoreDamaged
from rfm_service.home import Home
from rfm_service.safekeeping import restore, sound_store
from rfm_service.store import verify
from rfm_service.store.backup import backups_in, make_backup
from rfm_service.store.connection import opened
from tests.conftest import REFERENCE_DAY, TOKEN

from .damaging import CUT_OFF_DAMAGES, DAMAGES
from .rounds import NIGHT, RULES, Nights, complete_shop, night, source_at

TRIES = int(os.environ.get("DAMAGES", "64"))
DAYS = range(REFERENCE_DAY - 20, REFERENCE_DAY)
NEWEST = 3
"""Days that were read after the backup was made."""

DUMP = (
    """
    SELECT line.day, document.kind, document.key, document.number, document.order_number, document.order_day,
           customer.key, customer.name, customer.email, customer.category, customer.manager, contractor.name,
           address.text, document.site_id, product.name, product.feature, line.quantity, line.amount, line.verdict
    FROM line JOIN document USING (day, document_id) JOIN customer USING (customer_id) JOIN product USING (product_id)
    JOIN contractor USING (contractor_id) JOIN address USING (address_id)
    """,
    "SELECT day, field, amount, raw FROM quarantine",
    "SELECT day, lines, amount, sha256, rules FROM ledger",
    "SELECT * FROM day_account",
    """
    SELECT orders.day, customer.key, order_ref.number, orders.amount, orders.items, orders.purchase
    FROM orders JOIN customer USING (customer_id) JOIN order_ref USING (order_id)
    """,
    "SELECT sale_day, return_day, link, quantity, amount FROM return_match",
)

CUT_OFF = """
import os, sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("PRAGMA journal_mode = TRUNCATE")
store.execute("PRAGMA cache_size = 1")
store.execute("PRAGMA cache_spill = 1")
store.execute("BEGIN IMMEDIATE")
store.execute("UPDATE line SET amount = amount + 1")
store.execute("UPDATE customer SET name = name || '?'")
os._exit(1)
"""
"""Leaves a database that is half changed, and the journal that would undo it."""


def dump(store: sqlite3.Connection) -> list[list[tuple[object, ...]]]:
    """Everything of the sales, in words."""
    return [sorted(store.execute(query), key=repr) for query in DUMP]


class Rig:
    """A store of twenty days as it ought to be, and a home to spoil it in."""

    def __init__(self, home: Home, erp: ErpServer) -> None:
        self.home = home
        self.clock = Nights()
        self._erp = erp
        with opened(home.database) as store:
            self._read(store, DAYS[:-NEWEST])
        make_backup(home.database, home.backups, NIGHT, keep=7)
        with opened(home.database) as store:
            self._read(store, DAYS)
            self.truth = dump(store)
        self.db = home.path / "db"
        shutil.copytree(self.db, home.path / "kept")

    def renew(self) -> None:
        """The home as it was before any damage."""
        shutil.rmtree(self.db)
        shutil.copytree(self.home.path / "kept", self.db)

    def look(self) -> bool:
        """What a start does. Whether the store was found damaged, and mended."""
        with sound_store(self.home, self.clock):
            pass
        return self.home.damaged.exists()

    def next_night(self) -> list[list[tuple[object, ...]]]:
        """The store after the next reading, which asks only for days that the ledger misses."""
        with opened(self.home.database) as store:
            known = {day for (day,) in store.execute("SELECT day FROM ledger WHERE sealed = 1")}
            self._read(store, [day for day in DAYS if day not in known] or DAYS[-1:])
            assert verify.troubles(store) == []
            assert verify.wrong_orders(store, RULES.gift_below) == 0
            return dump(store)

    def _read(self, store: sqlite3.Connection, days: Iterable[int]) -> None:
        days = list(days)
        result = night(store, source_at(self._erp, "http", store, self.clock), days, self.clock)
        assert not isinstance(result, Exception), result


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One for all damages of a process."""
    from rfm_service.settings import Settings

    path = tmp_path_factory.mktemp("damaged")
    with ErpServer(complete_shop(days=60, customers=40), TOKEN) as erp:
        yield Rig(Home(path, path / "config" / "service.toml", Settings()), erp)


@pytest.mark.parametrize("seed", range(TRIES))
def test_damage_is_mended_or_harmless(rig: Rig, seed: int) -> None:
    rig.renew()
    damage = DAMAGES[seed % len(DAMAGES)]
    damage(rig.home.database, Random(seed))
    rig.look()
    assert rig.next_night() == rig.truth, damage.__name__


@pytest.mark.parametrize("seed", range(TRIES // 8))
def test_a_journal_that_is_lost_or_garbled(rig: Rig, seed: int) -> None:
    rig.renew()
    subprocess.run([sys.executable, "-c", CUT_OFF, str(rig.home.database)], check=False)
    assert rig.home.database.with_name("sales.db-journal").stat().st_size > 0
    damage = CUT_OFF_DAMAGES[seed % len(CUT_OFF_DAMAGES)]
    damage(rig.home.database, Random(seed))
    rig.look()
    assert rig.next_night() == rig.truth, damage.__name__


def test_a_journal_that_is_whole_undoes_what_was_cut_off(rig: Rig) -> None:
    rig.renew()
    subprocess.run([sys.executable, "-c", CUT_OFF, str(rig.home.database)], check=False)
    assert not rig.look()
    assert rig.next_night() == rig.truth


def test_without_a_sound_backup_everything_is_read_anew(rig: Rig) -> None:
    rig.renew()
    for file in (rig.home.database, *rig.home.backups.iterdir()):
        content = bytearray(file.read_bytes())
        content[5 * 4096 : 20 * 4096] = bytes(15 * 4096)
        file.write_bytes(content)
    assert rig.look()
    with opened(rig.home.database) as store:
        assert store.execute("SELECT count(*) FROM ledger").fetchone() == (0,)
    assert rig.next_night() == rig.truth


def test_damage_that_shows_at_work_is_mended_and_told(rig: Rig) -> None:
    rig.renew()
    with pytest.raises(StoreDamaged), sound_store(rig.home, rig.clock) as store:
        content = bytearray(rig.home.database.read_bytes())
        content[4096:] = bytes(len(content) - 4096)
        rig.home.database.write_bytes(content)
        store.execute("PRAGMA cache_size = 0")
        store.execute("SELECT count(*) FROM line").fetchall()
    assert rig.next_night() == rig.truth


def test_the_sixth_damage_asks_for_a_person(rig: Rig) -> None:
    from rfm_service.errors import FolderUnusable

    rig.renew()
    for drill in range(3):  # nothing was wrong with these
        restore(rig.home, rig.clock, backups_in(rig.home.backups)[0])
        assert len(list(rig.home.damaged.iterdir())) == drill + 1
    for _ in range(5):
        rig.home.database.write_bytes(b"no database")
        assert rig.look()
    rig.home.database.write_bytes(b"no database")
    with pytest.raises(FolderUnusable, match="holds 5 databases that were set aside"):
        rig.look()
    assert rig.home.database.read_bytes() == b"no database"
