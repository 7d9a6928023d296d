"""A report gets its final name whole, or not at all."""

import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rfm_service.errors import FolderUnusable
from rfm_service.reports.places import LocalPlace
from rfm_service.reports.publish import MARKER, Mark, flush_files, publish_folder, try_folder

NAME = "2026-11-20"


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """An empty folder for reports."""
    folder = tmp_path / "share"
    folder.mkdir()
    return folder


@pytest.fixture
def report(tmp_path: Path) -> list[Path]:
    """A report of two files."""
    return make_report(tmp_path / "spool", {"report.xlsx": b"new book" * 200_000, "summary.png": b"new picture"})


def make_report(folder: Path, files: dict[str, bytes]) -> list[Path]:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


def content(folder: Path) -> dict[str, bytes]:
    """What a folder holds, hidden names too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def published(report: list[Path]) -> dict[str, bytes]:
    """What the share holds after the report is published."""
    return {f"{NAME}/{path.name}": path.read_bytes() for path in report}


def told(report: list[Path], folder: Path) -> str:
    """What the error says."""
    with pytest.raises(FolderUnusable) as caught:
        publish_folder(LocalPlace(folder), report, NAME, str(folder))
    return str(caught.value)


def unwritable(folder: Path, why: str) -> str:
    return f"Cannot write into {folder}: {why}. Is it writable, and no file of {NAME} open in Excel? The report waits."


def test_the_first_time(share: Path, report: list[Path]) -> None:
    publish_folder(LocalPlace(share), report, NAME, str(share))
    assert content(share) == published(report)
    assert [path.name for path in share.iterdir()] == [NAME]


def test_the_spool_keeps_its_files(share: Path, report: list[Path]) -> None:
    publish_folder(LocalPlace(share), report, NAME, str(share))
    assert content(report[0].parent) == {"report.xlsx": b"new book" * 200_000, "summary.png": b"new picture"}


def test_again_replaces_the_whole_folder(tmp_path: Path, share: Path, report: list[Path]) -> None:
    publish_folder(
        LocalPlace(share), make_report(tmp_path / "old", {"report.xlsx": b"old", "page.html": b"old"}), NAME, str(share)
    )
    publish_folder(LocalPlace(share), report, NAME, str(share))
    assert content(share) == published(report)
    assert [path.name for path in share.iterdir()] == [NAME]


def test_other_reports_stay(share: Path, report: list[Path]) -> None:
    (share / "2026-11-19").mkdir()
    (share / "2026-11-19" / "report.xlsx").write_bytes(b"yesterday")
    (share / "notes.txt").write_bytes(b"a person's")
    publish_folder(LocalPlace(share), report, NAME, str(share))
    assert content(share) == published(report) | {"2026-11-19/report.xlsx": b"yesterday", "notes.txt": b"a person's"}


def test_a_report_without_files(share: Path) -> None:
    publish_folder(LocalPlace(share), [], NAME, str(share))
    assert [path.name for path in share.iterdir()] == [NAME]


def test_a_missing_folder(tmp_path: Path, report: list[Path]) -> None:
    folder = tmp_path / "nowhere"
    assert told(report, folder) == f"The folder {folder} does not exist. Create or mount it; the report waits."
    assert not folder.exists()


def test_a_file_in_place_of_the_folder(tmp_path: Path, report: list[Path]) -> None:
    (tmp_path / "share").write_bytes(b"a file")
    assert told(report, tmp_path / "share") == unwritable(tmp_path / "share", "Not a directory")
    assert (tmp_path / "share").read_bytes() == b"a file"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(share: Path, report: list[Path]) -> None:
    share.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert told(report, share) == unwritable(share, "Permission denied")
    finally:
        share.chmod(stat.S_IRWXU)


def test_what_a_crash_left_is_replaced(share: Path, report: list[Path]) -> None:
    for left in (f".{NAME}.part", f".{NAME}.old"):
        (share / left).mkdir()
        (share / left / "report.xlsx").write_bytes(b"half")
        (share / left / "other.tmp").write_bytes(b"rest")
    publish_folder(LocalPlace(share), report, NAME, str(share))
    assert content(share) == published(report)


def test_a_file_that_fails_leaves_the_old_report(tmp_path: Path, share: Path, report: list[Path]) -> None:
    old = make_report(tmp_path / "old", {"report.xlsx": b"old"})
    publish_folder(LocalPlace(share), old, NAME, str(share))
    folder_among_files = [*report, tmp_path]
    assert told(folder_among_files, share) == unwritable(share, "Is a directory")
    assert content(share / NAME) == {"report.xlsx": b"old"}


def test_a_file_that_is_gone_is_not_a_folder_that_is_missing(share: Path, report: list[Path]) -> None:
    report[1].unlink()
    assert not told(report, share).startswith(f"The folder {share} does not exist.")


@pytest.mark.skipif(sys.platform != "linux", reason="a file that reads differently every time")
def test_a_copy_that_differs_is_not_published(share: Path) -> None:
    uuid = Path("/proc/sys/kernel/random/uuid")
    assert told([uuid], share) == unwritable(share, "uuid reads back differently from what was written")
    assert not (share / NAME).exists()


def test_two_files_of_one_name(tmp_path: Path, share: Path, report: list[Path]) -> None:
    twin = make_report(tmp_path / "twin", {"report.xlsx": b"twin"})
    assert told(report + twin, share) == unwritable(share, "File exists")
    assert not (share / NAME).exists()


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow over this size: what a full disk is like."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_up_leaves_the_old_report(tmp_path: Path, share: Path, report: list[Path]) -> None:
    publish_folder(LocalPlace(share), make_report(tmp_path / "old", {"report.xlsx": b"old"}), NAME, str(share))
    with room_for(1_000_000):
        assert told(report, share) == unwritable(share, "File too large")
    assert content(share / NAME) == {"report.xlsx": b"old"}
    publish_folder(LocalPlace(share), report, NAME, str(share))
    assert content(share) == published(report)


def test_a_name_in_any_letters(share: Path, report: list[Path]) -> None:
    publish_folder(LocalPlace(share), report, "Отчёт за 20.11.2026 (ночь)", str(share))
    assert sorted(content(share)) == [
        "Отчёт за 20.11.2026 (ночь)/report.xlsx",
        "Отчёт за 20.11.2026 (ночь)/summary.png",
    ]


def test_flushing_changes_nothing(report: list[Path]) -> None:
    before = content(report[0].parent)
    flush_files(report)
    assert content(report[0].parent) == before


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
def test_whoever_may_read_the_folder_may_read_the_report(share: Path, report: list[Path]) -> None:
    share.chmod(0o755)
    before = os.umask(0o077)
    try:
        publish_folder(LocalPlace(share), report, NAME, str(share))
    finally:
        os.umask(before)
    assert stat.S_IMODE((share / NAME).stat().st_mode) == 0o755
    assert {stat.S_IMODE(file.stat().st_mode) for file in (share / NAME).iterdir()} == {0o644}


def test_flushing_reaches_the_disk_and_gives_fingerprints(report: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(str(Path(f"/proc/self/fd/{handle}").readlink())))
    hashes = flush_files(report)
    assert flushed == [*map(str, report), str(report[0].parent)]
    assert hashes == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in report}


def test_a_share_that_was_marked_and_is_gone_is_not_taken_for_an_empty_folder(share: Path, report: list[Path]) -> None:
    publish_folder(LocalPlace(share), report, NAME, str(share), Mark.LEFT)
    assert (share / MARKER).exists()
    publish_folder(LocalPlace(share), report, "2026-11-21", str(share), Mark.REQUIRED)
    (share / MARKER).unlink()
    before = content(share)
    with pytest.raises(FolderUnusable, match=r"does not hold the mark \.rfm_service .* create an empty file"):
        publish_folder(LocalPlace(share), report, "2026-11-22", str(share), Mark.REQUIRED)
    assert content(share) == before


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("planted", [f".{NAME}.part", f".{NAME}.old", NAME])
def test_a_link_in_the_place_of_a_name_leads_nowhere(
    tmp_path: Path, share: Path, report: list[Path], planted: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("keep me")
    (share / planted).symlink_to(elsewhere)
    publish_folder(LocalPlace(share), report, NAME, str(share))
    assert content(elsewhere) == {"precious": b"keep me"}
    assert content(share) == published(report)
    assert not (share / NAME).is_symlink()


def test_a_folder_is_tried_without_a_trace(share: Path, tmp_path: Path) -> None:
    try_folder(LocalPlace(share), str(share))
    assert content(share) == {}
    with pytest.raises(FolderUnusable, match="Cannot write into nowhere"):
        try_folder(LocalPlace(tmp_path / "nowhere"), "nowhere")
