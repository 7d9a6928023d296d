"""A home that belongs to another user: nothing is written there that he could not use."""

import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from rfm_service.cli import common
from rfm_service.configuration import load
from rfm_service.disk import become_owner, foreign_owner
from rfm_service.errors import FolderUnusable
from rfm_service.settings import Home
from rfm_service.store.file import connected, connected_to_read
from tests.commands.program import run

if sys.platform == "win32" or os.geteuid() != 0:
    pytest.skip("needs root", allow_module_level=True)

NOBODY = 65534


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user of the machine may look into."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def give(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def owners(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def in_a_process(act: Callable[[], object]) -> str:
    """What it gives, or its error, in a process whose user may change."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_tell, args=(act, theirs))
    child.start()
    child.join(60)
    return str(ours.recv())


def _tell(act: Callable[[], object], pipe: Connection) -> None:
    try:
        pipe.send(str(act()))
    except Exception as error:  # noqa: BLE001  it is what the test wants to see
        pipe.send(f"{type(error).__name__}: {error}")


@pytest.mark.parametrize("command", [("backup",), ("restore",), ("forget", "x", "--yes"), ("once",), ("status",)])
def test_root_leaves_nothing_in_the_home_of_another(home: Home, command: tuple[str, ...]) -> None:
    assert run(home, "backfill", "--from", "2026-11-19", "--to", "2026-11-19")[0] == 0
    give(home.path)
    before = owners(home.path)
    code, output, errors = run(home, *command)
    assert (code, output) == (1, "")
    assert errors.strip() == (
        f"{home.path} belongs to the user nobody, who could not use what is written now. Begin with: sudo -u nobody"
    )
    assert owners(home.path) == before


def test_whose_a_home_is(place: Path) -> None:
    assert foreign_owner(place) == ""
    assert foreign_owner(place / "missing") == ""
    (place / "db").mkdir()
    os.chown(place / "db", NOBODY, NOBODY)  # the service made it, in a folder of root's
    assert foreign_owner(place) == "nobody"
    os.chown(place / "db", 54321, 54321)
    assert foreign_owner(place) == "#54321"


def test_who_cannot_write_is_told_and_who_can_is_not(place: Path) -> None:
    mine, shared = place / "mine", place / "shared"
    mine.mkdir(mode=0o700)
    shared.mkdir()
    shared.chmod(0o777)

    def look() -> object:
        os.setuid(NOBODY)
        return [foreign_owner(mine), foreign_owner(shared)]

    assert in_a_process(look) == "['root', '']"


@pytest.mark.parametrize("opening", [partial(connected, create=True), connected_to_read])
def test_a_database_that_may_not_be_read_is_a_sentence(
    place: Path, opening: Callable[[Path], Iterator[object]]
) -> None:
    (place / "sales.db").write_bytes(b"x" * 100)
    (place / "sales.db").chmod(0o600)

    def look() -> None:
        os.setuid(NOBODY)
        with opening(place / "sales.db"):  # type: ignore[attr-defined]
            pass

    told = f"Cannot use {place / 'sales.db'}: Permission denied. May this user write there?"
    assert in_a_process(look) == f"{FolderUnusable.__name__}: {told}"


def test_the_doctor_of_root_reads_the_credentials_and_goes_on_as_the_owner(
    home: Home, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = place / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / "telegram__token").write_text("123456:token-of-the-tests")
    shutil.copytree(home.config.parent, place / "home" / "config")
    give(place / "home")
    monkeypatch.setattr(common, "SECRETS", secrets)

    class Context:
        obj = common.Place(place / "home", place / "home" / "config" / "service.toml")

    def look() -> object:
        own = common.home_of_its_owner(Context())  # type: ignore[arg-type]
        return own.settings.telegram.token.get_secret_value(), os.geteuid(), os.getgroups(), own.path.owner()

    assert in_a_process(look) == f"('123456:token-of-the-tests', {NOBODY}, [{NOBODY}], 'nobody')"


def test_becoming_the_owner_is_for_good(place: Path) -> None:
    os.chown(place, 54321, 54321)

    def look() -> object:
        become_owner(place)
        return os.getresuid(), os.getresgid(), os.getgroups()

    assert in_a_process(look) == "((54321, 54321, 54321), (54321, 54321, 54321), [])"


def test_credentials_are_read_without_systemds_prefix(home: Home, place: Path) -> None:
    (place / "mail__password").write_text("canary-of-the-mail")
    assert load(home.path, home.config, place).mail.password.get_secret_value() == "canary-of-the-mail"
    assert load(home.path, home.config).mail.password.get_secret_value() == ""
