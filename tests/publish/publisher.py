"""Publishes two editions of a report in turn, until it is killed: `python -m tests.publish.publisher HOME`."""

import sys
from itertools import cycle
from pathlib import Path

from rfm_service.reports.places import LocalPlace
from rfm_service.reports.publish import publish_folder

EDITIONS = ("autumn", "winter")
NAME = "2026-11-20"
FILES = {"report.xlsx": 400_000, "summary.png": 50_000, "page.html": 3_000}


def make_editions(home: Path) -> None:
    """Two editions with the same names of files, one made of `a`, the other of `w`; and a folder for them."""
    (home / "share").mkdir()
    for edition in EDITIONS:
        (home / edition).mkdir()
        for name, size in FILES.items():
            (home / edition / name).write_bytes(edition[:1].encode() * size)


def edition(home: Path, name: str) -> list[Path]:
    """The files of one edition."""
    return [home / name / file for file in FILES]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    print("ready", flush=True)
    for name in cycle(EDITIONS):
        publish_folder(LocalPlace(folder / "share"), edition(folder, name), NAME, str(folder / "share"))
