"""A mounted folder that can freeze: whoever touches it then, waits in the kernel, and not even SIGKILL ends that."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.fakes import mirror

PYTHON = "/usr/bin/python3"


def why_not() -> str:
    """Why there can be none here; empty when there can."""
    if sys.platform != "linux" or os.geteuid() != 0 or not os.access("/dev/fuse", os.W_OK):
        return "needs root and /dev/fuse"
    has_library = Path(PYTHON).exists() and not subprocess.run([PYTHON, "-c", "import fusepy"], check=False).returncode
    return "" if has_library and shutil.which("umount") else "needs python3-fusepy"


class FrozenMount:
    """`with FrozenMount(folder) as mount`: `mount.path` shows `mount.behind`, and can freeze and thaw."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "mounted"
        self.behind = folder / "behind"
        self._frozen = folder / "frozen"
        for made in (self.path, self.behind):
            made.mkdir(parents=True)

    def __enter__(self) -> Self:
        command = [PYTHON, mirror.__file__, str(self.behind), str(self.path), str(self._frozen)]
        self._server = subprocess.Popen(command)
        end = time.monotonic() + 20
        while not self.path.is_mount():
            assert time.monotonic() < end, "not mounted"
            time.sleep(0.05)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.thaw()
        subprocess.run(["umount", "--lazy", str(self.path)], check=False)
        self._server.kill()  # what still waits in it gets an error
        self._server.wait()

    def freeze(self) -> None:
        """From now on nobody gets an answer."""
        self._frozen.touch()

    def thaw(self) -> None:
        """Everybody does."""
        self._frozen.unlink(missing_ok=True)
