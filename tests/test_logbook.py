"""What stands in the log file, and what must not."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from rfm_service.logbook import erase_from_logs, log_file, open_log
from rfm_service.settings import Log
from tests import canaries

NAME, KEY = 'ООО "Ромашка\\Плюс"', "ba71-00017"
LOGGER = logging.getLogger("somebody.elses.library")


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of logs; whatever a test opens there is closed."""
    root = logging.getLogger()
    level = root.level
    monkeypatch.setattr(root, "handlers", [])
    yield tmp_path / "logs"
    for handler in root.handlers:
        handler.close()
    root.setLevel(level)


def begin(logs: Path, *secrets: str) -> None:
    open_log(logs, Log(), secrets, console=False, ballast=logs / "ballast")


def quote_everywhere(text: str) -> None:
    """As libraries do: plain, represented, as JSON inside a text, as an argument, and in a traceback."""
    LOGGER.warning("Plain: %s", text)
    LOGGER.warning("Represented: %r", text)
    LOGGER.warning("A body: %s", json.dumps({"text": text}))
    LOGGER.warning("A body: %s", json.dumps([json.dumps({"text": text}, ensure_ascii=False)]))
    LOGGER.warning("Beside it", extra={"seen": {"text": text}})
    try:
        raise KeyError(text)
    except KeyError:
        LOGGER.exception("Raised")


@pytest.mark.parametrize(
    "secret", ['canary"with\\marks', "новый-пароль", "p@ss:word/2026", "line\nbreak-canary", "qwe123"]
)
def test_a_secret_is_masked_however_it_is_written(logs: Path, secret: str) -> None:
    begin(logs, secret)
    quote_everywhere(secret)
    assert list(canaries.found(logs, {secret})) == []
    entries = [json.loads(line) for line in log_file(logs).read_text(encoding="utf-8").splitlines()]
    assert len(entries) == 6
    assert entries[0]["message"] == "Plain: ***"


def test_a_short_secret_spoils_no_path_and_no_word(logs: Path) -> None:
    begin(logs, "demo", "rfm")
    LOGGER.warning("In /home/demo/x and C:\\demo\\y the demonstration of rfm_service says: token demo, (rfm)")
    (line,) = log_file(logs).read_text().splitlines()
    assert json.loads(line)["message"] == (
        "In /home/demo/x and C:\\demo\\y the demonstration of rfm_service says: token ***, (***)"
    )


def test_nothing_is_masked_where_there_is_no_secret(logs: Path) -> None:
    begin(logs)
    LOGGER.warning("hello %s", "there", extra={"count": 7})
    entry = json.loads(log_file(logs).read_text())
    assert (entry["message"], entry["count"]) == ("hello there", 7)


@pytest.mark.parametrize("text", [NAME, KEY, "O'Нил", "Ли", "42"])
def test_what_was_logged_of_a_customer_is_erased(logs: Path, text: str) -> None:
    begin(logs)
    quote_everywhere(text)
    before = log_file(logs).read_text(encoding="utf-8").splitlines()
    erase_from_logs(logs, (text, "another key"), "Forgotten 7")
    after = log_file(logs).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["time"] for line in after] == [json.loads(line)["time"] for line in before]
    if text in {NAME, KEY, "O'Нил"}:
        assert list(canaries.found(logs, {text})) == []
    else:  # too short to look for anywhere: in quotation marks only
        assert json.loads(after[1])["message"] == "Represented: 'Forgotten 7'"
