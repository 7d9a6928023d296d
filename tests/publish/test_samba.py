"""Reports on a real Samba: whole, or not there, whatever happens to the server.

SHARE_DISRUPTIONS=300 python -m pytest tests/publish/test_samba.py    # the long form
"""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rfm_service.errors import FolderUnusable
from rfm_service.reports.publish import MARKER, Mark, publish_folder, try_folder

from .samba import PASSWORD, USER, Samba, why_not

REASON = why_not()
pytestmark = pytest.mark.skipif(bool(REASON), reason=f"no Samba: {REASON}")
DISRUPTIONS = int(os.environ.get("SHARE_DISRUPTIONS", "6"))
NAME = "2026-11-20"
OLD, NEW = b"a" * 3_000_000, b"w" * 3_000_000


@pytest.fixture(scope="module")
def samba(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samba]:
    with Samba(tmp_path_factory.mktemp("samba")) as samba:
        yield samba


@pytest.fixture(autouse=True)
def _no_session() -> None:
    """Reports go out from a process of their own, which knows no server yet."""
    import smbclient

    smbclient.reset_connection_cache(fail_on_error=False)


@pytest.fixture
def report(tmp_path: Path) -> list[Path]:
    return make_report(tmp_path, NEW)


def make_report(folder: Path, content: bytes) -> list[Path]:
    files = [folder / "RFM.xlsx", folder / "Сегменты.png"]
    for file in files:
        file.write_bytes(content)
    return files


def publish(samba: Samba, files: list[Path], name: str = NAME, mark: Mark = Mark.NONE) -> None:
    publish_folder(samba.place(), files, name, samba.url, mark)


def held(samba: Samba, name: str = NAME) -> set[bytes]:
    """What the files under the final name begin with, if all of them are whole."""
    contents = [file.read_bytes() for file in (samba.share / name).iterdir()]
    assert all(content in (OLD, NEW) for content in contents)
    return {content[:1] for content in contents}


def test_a_report_arrives_whole_and_is_replaced_whole(samba: Samba, report: list[Path], tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    publish(samba, make_report(tmp_path / "old", OLD), mark=Mark.LEFT)
    assert held(samba) == {b"a"}
    publish(samba, report, mark=Mark.REQUIRED)
    assert held(samba) == {b"w"}
    assert {path.name for path in samba.share.iterdir()} - {"open"} == {MARKER, NAME}
    assert sorted(path.name for path in (samba.share / NAME).iterdir()) == ["RFM.xlsx", "Сегменты.png"]


def test_a_file_that_somebody_holds_open_stays_as_it_was(samba: Samba, report: list[Path], tmp_path: Path) -> None:
    """Excel shares nothing."""
    import smbclient

    (tmp_path / "old").mkdir()
    publish(samba, make_report(tmp_path / "old", OLD), "open")
    smbclient.register_session("127.0.0.1", USER, PASSWORD, port=samba.port)
    book = "\\\\127.0.0.1\\reports\\open\\RFM.xlsx"
    with smbclient.open_file(book, mode="rb", share_access="r", port=samba.port) as excel:
        excel.read(10)
        with pytest.raises(FolderUnusable, match="no file of open open in Excel"):
            publish(samba, report, "open")
        assert held(samba, "open") == {b"a"}
    publish(samba, report, "open")
    assert held(samba, "open") == {b"w"}


@pytest.mark.parametrize(
    ("url", "password", "sentence"),
    [
        ("smb://127.0.0.1:{}/reports", "wrong", "report.smb_user or report.smb_password is refused"),
        ("smb://127.0.0.1:{}/elsewhere", PASSWORD, "does not exist"),
        ("smb://127.0.0.1:{}/reports/nowhere", PASSWORD, "does not exist"),
        ("smb://127.0.0.1:{}/readonly", PASSWORD, "Cannot write into"),
        ("smb://127.0.0.1:9/reports", PASSWORD, "the server does not answer"),
    ],
)
def test_what_is_wrong_is_said(samba: Samba, report: list[Path], url: str, password: str, sentence: str) -> None:
    url = url.format(samba.port)
    with pytest.raises(FolderUnusable, match=sentence) as caught:
        publish_folder(samba.place(url, password), report, NAME, url)
    assert password not in str(caught.value)
    with pytest.raises(FolderUnusable):
        try_folder(samba.place(url, password), url)


def test_a_share_is_tried_without_a_trace(samba: Samba) -> None:
    before = sorted(samba.share.rglob("*"))
    try_folder(samba.place(), samba.url)
    assert sorted(samba.share.rglob("*")) == before


def publish_in_a_process(samba: Samba, files: list[Path]) -> multiprocessing.Process:
    process = multiprocessing.get_context("spawn").Process(
        target=publish_folder, args=(samba.place(), files, NAME, samba.url)
    )
    process.start()
    return process  # type: ignore[return-value]


def test_a_server_that_is_killed_or_frozen_in_the_middle(tmp_path: Path) -> None:
    """Files under the final name are whole at every look; afterwards the report arrives."""
    chance, torn, stop = random.Random(7), [], threading.Event()
    with Samba(tmp_path) as samba:
        for edition, content in (("old", OLD), ("new", NEW)):
            (tmp_path / edition).mkdir()
            make_report(tmp_path / edition, content)

        def look() -> None:
            while not stop.is_set():
                for name in ("RFM.xlsx", "Сегменты.png"):
                    try:
                        found = (samba.share / NAME / name).read_bytes()
                    except OSError:
                        continue  # the file, or its folder, is being replaced
                    if found not in (OLD, NEW):
                        torn.append((name, len(found)))

        reader = threading.Thread(target=look)
        reader.start()
        for number in range(DISRUPTIONS):
            files = sorted((tmp_path / ("old", "new")[number % 2]).iterdir())
            process = publish_in_a_process(samba, files)
            time.sleep(0.4 + chance.random() * 0.8)
            if number % 2:
                samba.kill()
            else:
                samba.signal(signal.SIGSTOP)
                time.sleep(0.3)
                process.kill()  # as a worker that has missed its deadline
                samba.signal(signal.SIGCONT)
                samba.kill()
            process.join(30)
            assert not process.is_alive()
            samba.start()
            publish(samba, files)
            assert held(samba) == {(OLD, NEW)[number % 2][:1]}
        stop.set()
        reader.join()
    assert torn == []
