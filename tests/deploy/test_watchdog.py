"""What systemd hears, over a real socket."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rfm_service.watchdog import Watchdog

if not hasattr(socket, "AF_UNIX"):
    pytest.skip("needs AF_UNIX", allow_module_level=True)


@pytest.fixture(params=["a path", "an abstract name"])
def ear(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        name = str(tmp_path / "notify") if request.param == "a path" else f"\0{tmp_path}"
        ear.bind(name)
        ear.settimeout(1)
        monkeypatch.setenv("NOTIFY_SOCKET", name.replace("\0", "@"))
        yield ear


def test_a_life(ear: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    watchdog = Watchdog()
    watchdog.ready("The night begins at 02:00.")
    assert ear.recv(100) == b"READY=1\nSTATUS=The night begins at 02:00."
    for _ in range(3):
        watchdog.alive()
    assert ear.recv(100) == b"WATCHDOG=1"
    with pytest.raises(TimeoutError):
        ear.recv(100)
    watchdog.alive()
    assert ear.recv(100) == b"WATCHDOG=1"
    watchdog.stopping()
    assert ear.recv(100) == b"STOPPING=1"


def test_without_a_patience_there_is_no_feeding(ear: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    Watchdog().alive()
    with pytest.raises(TimeoutError):
        ear.recv(100)


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", f"/nowhere/{time.monotonic()}")
    Watchdog().ready("hello")
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Watchdog().ready("hello")
