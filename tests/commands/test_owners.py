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
from rfm_service.errors import ConfigurationError, FolderUnusable
from rfm_service.home import Home
from rfm_service.store.file import connected, connected_to_read

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


class Context:
    """What a command is given, of a home of nobody's."""

    def __init__(self, home: Home, path: Path) -> None:
        shutil.copytree(home.config.parent, path / "config")
        (path / "db").mkdir()
        give(path)
        self.obj = common.Place(path, path / "config" / "service.toml")


def test_commands_of_root_read_the_credentials_and_go_on_as_the_owner(
    home: Home, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = place / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / "telegram__token").write_text("123456:token-of-the-tests")
    monkeypatch.setattr(common, "SECRETS", secrets)
    context = Context(home, place / "home")

    def look() -> object:
        own = common.home_of(context)  # type: ignore[arg-type]
        return own.settings.telegram.token.get_secret_value(), os.geteuid(), os.getgroups(), own.path.owner()

    assert in_a_process(look) == f"('123456:token-of-the-tests', {NOBODY}, [{NOBODY}], 'nobody')"
    assert set(owners(place / "home").values()) == {NOBODY}
    assert (place / "home" / "logs").is_dir()


def test_nobody_else_writes_into_a_home(home: Home, place: Path) -> None:
    context = Context(home, place / "home")
    before = owners(place / "home")

    def look() -> object:
        os.setuid(54321)
        return common.home_of(context)  # type: ignore[arg-type]

    assert in_a_process(look) == (
        f"{FolderUnusable.__name__}: {place / 'home'} belongs to the user nobody,"
        " who could not use what is written now. Begin with: sudo"
    )
    assert owners(place / "home") == before


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


@pytest.mark.parametrize("name", ["erp_token", "telegramm__token", "erp.token"])
def test_a_credential_that_nothing_reads_is_a_mistake(home: Home, place: Path, name: str) -> None:
    (place / name).write_text("canary-of-the-erp")
    with pytest.raises(ConfigurationError, match=f"RFM_{name}: there is no such section") as caught:
        load(home.path, home.config, place)
    assert str(place) in str(caught.value)
