"""Whatever is wrong with a file of settings, it is said where and what to do, and nothing is touched: exit code 78."""

import shutil
from pathlib import Path

import pytest

from rfm_service.configuration import load
from rfm_service.errors import ConfigurationError
from rfm_service.home import Home
from rfm_service.segmentation.schemes import load_schemes
from rfm_service.settings import Settings
from tests.commands.program import run
from tests.conftest import PROJECT
from tests.segmentation.builders import TINY

from .broken_files import BROKEN, SCHEMES, TEXTS, TOGETHER, VALUES, Broken

THROUGH_THE_DOOR = [VALUES[0], TOGETHER[-1], TEXTS[0], TEXTS[3], TEXTS[-1], SCHEMES[1], SCHEMES[-1]]
USES_TINY = '[segmentation]\ntiers = "tiny"'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with the files that we ship, and a scheme called tiny."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    shutil.copytree(PROJECT / "config", tmp_path / "config")
    home = Home(tmp_path, tmp_path / "config" / "service.toml", Settings.model_construct())
    (home.schemes / "tiny.toml").write_text(TINY, encoding="utf-8")
    return home


def spoil(home: Home, broken: Broken) -> Path:
    """Put the broken file in its place."""
    file = home.schemes / "tiny.toml" if broken.scheme else home.config
    if broken.scheme:
        home.config.write_text(USES_TINY, encoding="utf-8")
    file.write_bytes(broken.content.encode() if isinstance(broken.content, str) else broken.content)
    return file


def assert_told(broken: Broken, said: str, file: Path) -> None:
    said = said.replace(str(file), "FILE")
    assert "FILE" in said
    for words in broken.told:
        assert words in said
    assert "canary" not in said
    assert "канарейка" not in said


def assert_untouched(home: Home) -> None:
    assert [path.name for path in home.path.iterdir()] == ["config"]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.title[:60])
def test_it_is_said_where_and_what_to_do(home: Home, broken: Broken) -> None:
    file = spoil(home, broken)
    with pytest.raises(ConfigurationError) as caught:
        load_schemes(home.schemes, load(home.path, home.config).segmentation)
    assert_told(broken, str(caught.value), file)
    assert_untouched(home)


@pytest.mark.parametrize("broken", THROUGH_THE_DOOR, ids=lambda broken: broken.title)
def test_the_program_says_so_and_leaves(home: Home, broken: Broken) -> None:
    file = spoil(home, broken)
    code, output, errors = run(home, "once")
    assert (code, output) == (78, "")
    assert_told(broken, errors, file)
    assert "Traceback" not in errors
    assert_untouched(home)


@pytest.mark.parametrize("command", ["run", "doctor", "status", "verify"])
def test_every_command_looks_first(home: Home, command: str) -> None:
    home.config.write_text("xyzzy = 1")
    assert run(home, command)[0] == 78
    assert_untouched(home)


def test_a_folder_in_place_of_the_file(home: Home) -> None:
    home.config.unlink()
    home.config.mkdir()
    code, _, errors = run(home, "once")
    assert code == 78
    assert errors.startswith(f"There is no configuration file {home.config}. Copy the project's config folder there")


def test_both_schemes_are_told_at_once(home: Home) -> None:
    for scheme in ("nine_segments", "wholesale_tiers"):
        (home.schemes / f"{scheme}.toml").write_text(TINY, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_schemes(home.schemes, load(home.path, home.config).segmentation)
    assert "in a file called nine_segments.toml" in str(caught.value)
    assert "in a file called wholesale_tiers.toml" in str(caught.value)


def test_secrets_in_another_encoding(home: Home) -> None:
    (home.path / ".env").write_bytes("RFM_ERP__TOKEN=канарейка".encode("cp1251"))
    with pytest.raises(ConfigurationError, match=r"\.env, or a credential of systemd, is not text in UTF-8"):
        load(home.path, home.config)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_windows_writes_is_read(home: Home, encoding: str, line_end: str) -> None:
    for file in (home.config, *home.schemes.iterdir()):
        file.write_text(file.read_text(encoding="utf-8"), encoding=encoding, newline=line_end)
    assert load(home.path, home.config).language == "ru"
    load_schemes(home.schemes, Settings.model_construct().segmentation)


def test_there_are_many_and_no_two_are_alike() -> None:
    assert len({broken.content for broken in BROKEN}) >= 350
    assert len({broken.title for broken in BROKEN}) == len(BROKEN)
