"""`backup`, `restore`, `forget` and what a night does about the store, from outside."""

import dataclasses
import errno
import json
import logging
import os
import shutil
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from rfm_service.clock import SystemClock
from rfm_service.disk import make_like
from rfm_service.errors import DiskFull, StoreDamaged
from rfm_service.home import Home
from rfm_service.logbook import open_log
from rfm_service.night import Night
from rfm_service.safekeeping import restore, sound_store
from rfm_service.settings import BackupSettings, Log, Telegram
from rfm_service.steps import back_up
from rfm_service.store import outbox, spool
from rfm_service.store.connection import opened, transaction
from rfm_service.workers import finish
from tests import canaries
from tests.commands.program import once, run, start
from tests.conftest import REFERENCE_DAY
from tests.fakes.bot_api import BotApi

from .test_daemon import until

BACKFILL = ("backfill", "--from", "2026-11-10", "--to", "2026-11-19")
BOT_TOKEN = "123456:bot"
ADMIN = 1001


def totals(home: Home) -> list[tuple[object, ...]]:
    with opened(home.database) as store:
        return store.execute("SELECT day, lines, amount FROM ledger ORDER BY day").fetchall()


def test_a_backup_comes_back(home: Home) -> None:
    assert run(home, *BACKFILL)[0] == 0
    before = totals(home)
    code, output, _ = run(home, "backup")
    made = Path(output.splitlines()[-1].rsplit(" (", 1)[0])
    assert (code, made.parent, made.is_file()) == (0, home.backups, True)
    home.database.write_bytes(b"what a pity")
    damaged = made.with_name("sales-2030-01-01T000000Z.db")
    damaged.write_bytes(made.read_bytes()[:9000])

    version = home.database.parent / "backups" / "sales-version-5.db"
    version.write_bytes(made.read_bytes())

    code, output, _ = run(home, "restore")
    assert [line.split("  ")[2].split(":")[0] for line in output.splitlines()] == ["damaged", "sound", "sound"]
    assert output.splitlines()[-1].startswith(str(version))
    assert run(home, "restore", damaged.name)[0] == 1
    assert home.database.read_bytes() == b"what a pity"
    assert run(home, "restore", "sales-1999.db")[0] == 1
    assert run(home, "restore", str(home.path / "a-disk-that-is-away" / made.name))[0] == 1
    code, output, _ = run(home, "restore", made.name)

    assert (code, totals(home)) == (0, before)
    assert "The newest day in it is 2026-11-19." in output
    (aside,) = home.damaged.iterdir()
    assert (aside / "sales.db").read_bytes() == b"what a pity"
    assert run(home, "verify")[0] == 0


LOOKS = (
    ("status",),
    ("verify",),
    ("backup",),
    ("quarantine", "list"),
    ("accept", "2026-11-19"),
    ("forget", "x", "--yes"),
    ("classify", "--output", "x.csv"),
)
"""Commands that look at what is known."""


def test_a_lost_database_is_not_replaced_by_an_empty_one(home: Home) -> None:
    assert run(home, *BACKFILL)[0] == 0
    before = totals(home)
    assert run(home, "backup")[0] == 0
    kept = list(home.backups.iterdir())
    home.database.unlink()
    for command in LOOKS:
        code, _, errors = run(home, *command)
        assert code == 1, command
        assert "is gone, but there are backups in" in errors, command
        assert "`restore` lets you choose" in errors, command
    assert "! Database: The database" in run(home, "doctor")[1]
    assert not home.database.exists()
    assert list(home.backups.iterdir()) == kept

    code, output, _ = run(home, "restore", kept[0].name)
    assert code == 0
    assert "The database that was there" not in output
    assert totals(home) == before
    assert not home.damaged.exists()

    home.database.write_bytes(b"")
    assert run(home, "backfill", "--from", "2026-11-19", "--to", "2026-11-19")[0] == 0
    assert totals(home) == before


@pytest.mark.parametrize("command", LOOKS, ids=lambda command: command[0])
def test_a_new_home_says_that_nothing_is_known_yet(home: Home, command: tuple[str, ...]) -> None:
    code, output, errors = run(home, *command)
    assert (code, output) == (1, "")
    assert (
        errors == f"Nothing is known yet in {home.path}. `once` makes the first report; `doctor` tries the settings.\n"
    )
    assert not home.database.exists()


def test_a_full_disk_leaves_the_database_where_it_is(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(home, *BACKFILL)[0] == 0
    assert run(home, "backup")[0] == 0
    (made,) = home.backups.iterdir()

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr("rfm_service.store.backup.shutil.copyfile", no_room)
    with pytest.raises(DiskFull):
        restore(home, SystemClock(), made)
    assert len(totals(home)) == 10
    assert not home.damaged.exists()


def test_nothing_is_restored_or_erased_under_a_daemon(home: Home) -> None:
    assert run(home, *BACKFILL)[0] == 0
    assert run(home, "backup")[0] == 0
    (made,) = home.backups.iterdir()
    daemon = start(home, "run", RFM_ERP__URL="http://127.0.0.1:9/")
    try:
        until(lambda: run(home, "backup")[0] == 75, 30)
        assert run(home, "restore", made.name)[0] == 75
        assert run(home, "forget", "x", "--yes")[0] == 75
    finally:
        daemon.terminate()
        daemon.communicate(timeout=30)
    assert not home.damaged.exists()


def test_a_damaged_store_is_mended_by_the_night_and_told(home: Home) -> None:
    with BotApi(BOT_TOKEN, chats={ADMIN}) as api:
        telegram = {
            "RFM_TELEGRAM__API_URL": api.url,
            "RFM_TELEGRAM__TOKEN": BOT_TOKEN,
            "RFM_TELEGRAM__CHAT_IDS": f"[{ADMIN}]",
            "RFM_LANGUAGE": "en",
            "RFM_NIGHT__HORIZON_DAYS": "30",
        }
        assert run(home, *BACKFILL)[0] == 0
        before = totals(home)
        assert run(home, "backup")[0] == 0
        assert [file.suffix for file in home.backups.iterdir()] == [".db"]
        content = bytearray(home.database.read_bytes())
        content[40_000:90_000] = os.urandom(50_000)
        home.database.write_bytes(content)
        code, _, errors = once(home, **telegram)

    assert (code, errors) == (0, "")
    assert totals(home)[-10:] == before
    assert len(list(home.backups.iterdir())) == 2
    assert len(list(home.damaged.iterdir())) == 1
    told = [text for _, text in api.messages if text.startswith("⚠️ The database was damaged")]
    assert len(told) == 1
    assert "In its place: the backup sales-" in told[0]


def test_a_database_that_is_gone_is_told_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(home, *BACKFILL)[0] == 0
    assert run(home, "backup")[0] == 0
    home.database.unlink()
    mail = home.settings.mail.model_copy(update={"host": "nowhere", "recipients": ["anna@shop.example"]})
    home = dataclasses.replace(home, settings=home.settings.model_copy(update={"mail": mail, "language": "en"}))
    with sound_store(home, SystemClock()) as store:
        (message,) = (waiting.message.text for waiting in outbox.due_messages(store, SystemClock().now()))
    assert message.startswith(f"⚠️ The database was gone\n\nThere was nothing in {home.database} any more.\nIn its")


def test_a_night_without_a_backup_goes_on_and_remembers(home: Home) -> None:
    (home.path / "file").touch()
    bot = Telegram(token=SecretStr(BOT_TOKEN), chat_ids=[ADMIN])
    own = {"backup": BackupSettings(folder=Path("file")), "telegram": bot, "language": "en"}
    settings = home.settings.model_copy(update=own)
    home = dataclasses.replace(home, settings=settings)
    with opened(home.database) as store:
        night = Night(home, store, REFERENCE_DAY, SystemClock(), lambda *_: None)
        finish(night.may(back_up))
        ((text,),) = store.execute("SELECT message ->> 'text' FROM outbox")
    assert "Step: making a backup" in text
    assert f"Cannot use the folder {home.path / 'file'}" in text


def test_a_night_does_not_go_on_over_damage(home: Home) -> None:
    assert run(home, *BACKFILL)[0] == 0
    with opened(home.database) as store:
        store.execute("UPDATE line SET quantity = quantity + 1 WHERE day = 20776")
        night = Night(home, store, REFERENCE_DAY, SystemClock(), lambda *_: None)
        with pytest.raises(StoreDamaged):
            finish(night.may(back_up))


def test_no_trace_of_an_erased_customer_is_left_in_the_home(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(home, *BACKFILL)[0] == 0
    assert run(home, "backup")[0] == 0
    with opened(home.database) as store:
        with transaction(store):
            spool.add_parcels(store, "2026-11-20-1", "2026-11-20", home.folders, SystemClock().now())
            spool.parcel_published(store, spool.waiting_parcels(store)[0])
        ((name, number),) = store.execute(
            "SELECT name, customer_id FROM customer JOIN document USING (customer_id)"
            " WHERE day > 20760 AND name LIKE '%\"%' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
        )
        email = store.execute("SELECT email FROM customer WHERE customer_id = ?", (number,)).fetchone()[0]
        store.execute("UPDATE ledger SET sha256 = '' WHERE day > 20760")  # as if the ERP had changed these days
        before = totals_of_all(store)
    work = home.path / "db" / "work" / "2026-11-01-1"
    work.mkdir(parents=True)
    (work / "customers.arrow").write_text(name)
    for folder in (home.damaged, home.spill):
        folder.mkdir()
        (folder / "left_behind").write_text(name)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    open_log(home.logs, Log(), (), console=False, ballast=home.ballast)
    logging.getLogger("library").warning("Somebody quotes %s, %r, %s", name, name, json.dumps({"buyer": name}))
    logging.getLogger().handlers[0].close()

    code, _, errors = run(home, "forget", name[:4])
    assert code == 1 or errors == ""
    code, output, _ = run(home, "forget", name, "--yes")
    assert code == 0
    assert f"becomes Forgotten {number}, for good." in output
    assert str(home.path / "reports" / "analysts" / "2026-11-20") in output
    assert_gone(home, name, email)

    assert run(home, *BACKFILL)[0] == 0
    assert_gone(home, name, email)
    with opened(home.database) as store:
        assert totals_of_all(store) == before
    assert run(home, "verify")[0] == 0
    assert run(home, "restore")[1].count("sound") == 1


def totals_of_all(store: object) -> list[tuple[object, ...]]:
    query = "SELECT day, kind, verdict, lines, amount FROM day_account ORDER BY 1, 2, 3"
    return store.execute(query).fetchall()  # type: ignore[attr-defined, no-any-return]


def assert_gone(home: Home, *texts: str) -> None:
    """In no file below db and logs."""
    for folder in ("db", "logs"):
        assert list(canaries.found(home.path / folder, filter(None, texts))) == []
        for file in (home.path / folder).rglob("*"):
            content = file.read_bytes() if file.is_file() else b""
            for text in filter(None, texts):
                for coding in ("utf-8", "utf-16-le", "utf-16-be"):
                    assert text.encode(coding) not in content, (file, text)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX has modes")
def test_only_the_service_may_look_into_its_folders(home: Home) -> None:
    for folder in ("db", "logs"):
        shutil.rmtree(home.path / folder, ignore_errors=True)
        (home.path / folder).mkdir(mode=0o777)
    home.path.chmod(0o755)
    old = os.umask(0)
    try:
        assert run(home, *BACKFILL)[0] == 0
        assert run(home, "backup")[0] == 0
    finally:
        os.umask(old)
    open_to_others = [
        path
        for folder in ("db", "logs")
        for path in (home.path / folder, *(home.path / folder).rglob("*"))
        if path.stat().st_mode & 0o077
    ]
    assert open_to_others == []
    published = Path(home.folders[0])
    make_like(published, home.path)
    assert [path.stat().st_mode & 0o777 for path in (published, published.parent)] == [0o755, 0o755]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX has modes")
def test_the_log_is_shown_in_lines(home: Home) -> None:
    file = home.logs / "service.log"
    assert run(home, "logs") == (1, "", f"There is no log in {home.logs} yet.\n")
    home.logs.mkdir(exist_ok=True)
    (home.logs / "service.log.bak").write_text("somebody's own")
    row = '{{"time": "2026-11-20T02:00:0{0}Z", "level": "{1}", "logger": "x", "message": "said {0}"}}\n'
    (home.logs / "service.log.1").write_text(row.format(1, "INFO") + row.format(2, "ERROR"))
    file.write_text("half a li\n" + row.format(3, "WARNING") + row.format(4, "INFO"))
    assert run(home, "logs", "--lines", "3")[1].splitlines() == [
        "2026-11-20 02:00:02  ERROR    said 2",
        "2026-11-20 02:00:03  WARNING  said 3",
        "2026-11-20 02:00:04  INFO     said 4",
    ]
    assert [line[-6:] for line in run(home, "logs", "--level", "WARNING")[1].splitlines()] == ["said 2", "said 3"]

    home.config.write_text("[nonsense]\n")  # what is wrong with the settings may be what one looks for
    following = start(home, "logs", "--lines", "1", "--follow")
    assert following.stdout
    assert following.stdout.readline().endswith("said 4\n")
    with file.open("a") as log:
        log.write(row.format(5, "INFO"))
    assert following.stdout.readline().endswith("said 5\n")
    file.write_text(row.format(6, "INFO"))  # rotated
    assert following.stdout.readline().endswith("said 6\n")
    following.terminate()
    following.communicate(timeout=10)
