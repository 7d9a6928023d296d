"""A Samba server of our own: one user, a share to write into and one to read, on a free port of this machine."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from rfm_service.reports.places import SmbPlace, place_of
from rfm_service.settings import ReportSettings

USER, PASSWORD = "nobody", "canary-of-the-share"
CONFIG = """
[global]
server role = standalone server
smb ports = {port}
interfaces = 127.0.0.1/8
bind interfaces only = yes
private dir = {own}
state directory = {own}
cache directory = {own}
lock directory = {own}
pid directory = {own}
ncalrpc dir = {own}
passdb backend = tdbsam:{own}/users.tdb
load printers = no
disable spoolss = yes
log file = {own}/log
[reports]
path = {share}
read only = no
force user = root
[readonly]
path = {share}
read only = yes
"""


def why_not() -> str:
    """Why there can be no Samba here; empty when there can."""
    if os.name != "posix" or os.geteuid() != 0:
        return "needs root"
    return "" if shutil.which("smbd") and shutil.which("smbpasswd") else "needs samba"


class Samba:
    """`with Samba(folder) as samba`: `samba.url` leads to `samba.share`."""

    def __init__(self, folder: Path) -> None:
        self.share = folder / "share"
        self._own = folder / "own"
        self._config = folder / "smb.conf"
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port: int = taken.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        for made in (self.share, self._own):
            made.mkdir()
        self._config.write_text(CONFIG.format(port=self.port, own=self._own, share=self.share))
        subprocess.run(
            ["smbpasswd", "-c", str(self._config), "-a", "-s", USER],
            input=f"{PASSWORD}\n{PASSWORD}\n",
            text=True,
            check=True,
            capture_output=True,
        )

    @property
    def url(self) -> str:
        """Of the share to write into."""
        return f"smb://127.0.0.1:{self.port}/reports"

    def place(self, url: str = "", password: str = PASSWORD) -> SmbPlace:
        """The way there."""
        settings = ReportSettings(smb_user=USER, smb_password=SecretStr(password))
        place = place_of(url or self.url, settings)
        assert isinstance(place, SmbPlace)
        return place

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        """Wait until it listens."""
        self._process = subprocess.Popen(
            ["smbd", "--foreground", "--no-process-group", "--configfile", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise TimeoutError((self._own / "log").read_text())

    def kill(self) -> None:
        """With all its processes, at once."""
        if self._process:
            self.signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        """To all its processes."""
        assert self._process
        os.killpg(self._process.pid, number)
