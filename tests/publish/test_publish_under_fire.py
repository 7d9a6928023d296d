"""Killed in the middle, read in the middle: no torn file under a final name."""

import hashlib
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rfm_service.reports.places import LocalPlace
from rfm_service.reports.publish import publish_folder
from tests.conftest import PROJECT

from .publisher import EDITIONS, FILES, NAME, edition, make_editions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two editions of a report, and a share."""
    make_editions(tmp_path)
    return tmp_path


@contextmanager
def publishing(home: Path) -> Iterator[None]:
    """A process publishes the editions in turn until the block ends, then it is killed."""
    command = [sys.executable, "-m", "tests.publish.publisher", str(home)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            yield
            assert process.poll() is None
        finally:
            process.kill()


def what_stands(home: Path) -> str:
    """The edition under the final name, "" for none. Fails for a mixture or half of one."""
    final = home / "share" / NAME
    if not final.exists():
        return ""
    found = {path.name: path.read_bytes() for path in final.iterdir()}
    for name in EDITIONS:
        if found == {path.name: path.read_bytes() for path in edition(home, name)}:
            return name
    raise AssertionError({name: len(content) for name, content in found.items()})


def test_twenty_kills(home: Path) -> None:
    chance = random.Random(1)
    seen: Counter[str] = Counter()
    for _ in range(20):
        with publishing(home):
            time.sleep(chance.uniform(0, 0.1))
        seen[what_stands(home)] += 1
    assert set(seen) <= {"", *EDITIONS}
    publish_folder(LocalPlace(home / "share"), edition(home, "winter"), NAME, str(home / "share"))
    assert what_stands(home) == "winter"
    assert [path.name for path in (home / "share").iterdir()] == [NAME]


def test_a_reader_never_sees_a_torn_file(home: Path) -> None:
    whole = {
        name: {hashlib.sha256(one[:1].encode() * size).hexdigest(): one for one in EDITIONS}
        for name, size in FILES.items()
    }
    seen: Counter[str] = Counter()
    with publishing(home):
        until = time.monotonic() + 2
        while time.monotonic() < until:
            for name in FILES:
                try:
                    content = (home / "share" / NAME / name).read_bytes()
                except FileNotFoundError:
                    seen["absent"] += 1
                else:
                    seen[whole[name][hashlib.sha256(content).hexdigest()]] += 1
    assert min(seen[one] for one in EDITIONS) > 10
