"""A file system that shows a folder, and holds whoever touches it while a file called `frozen` stands beside.

`python3 mirror.py FOLDER MOUNT FROZEN`, run by the Python that has fusepy. What waits in it not even SIGKILL can end:
the kernel has handed the request over and waits for the answer.
"""

import errno
import os
import sys
import time
from typing import Any


def main(folder: str, mount: str, frozen: str) -> None:
    """Serve until it is unmounted."""
    from fusepy import FUSE, FuseOSError, Operations

    class Mirror(Operations):  # type: ignore[misc]
        """The folder, by its own system calls."""

        def __call__(self, operation: str, path: str, *arguments: Any) -> Any:
            while os.path.lexists(frozen):
                time.sleep(0.02)
            if not hasattr(self, operation):
                raise FuseOSError(errno.EFAULT)
            try:
                return getattr(self, operation)(folder + path, *arguments)
            except OSError as error:
                raise FuseOSError(error.errno) from None

        def getattr(self, path: str, _handle: Any = None) -> dict[str, Any]:
            found = os.lstat(path)
            return {name: getattr(found, name) for name in dir(found) if name in SHOWN}

        def readdir(self, path: str, _handle: Any) -> list[str]:
            return [".", "..", *os.listdir(path)]  # noqa: PTH208

        def create(self, path: str, mode: int, _info: Any = None) -> int:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

        def open(self, path: str, flags: int) -> int:
            return os.open(path, flags)

        def read(self, _path: str, size: int, offset: int, handle: int) -> bytes:
            return os.pread(handle, size, offset)

        def write(self, _path: str, content: bytes, offset: int, handle: int) -> int:
            return os.pwrite(handle, content, offset)

        def fsync(self, _path: str, _only_data: int, handle: int) -> None:
            os.fsync(handle)

        def release(self, _path: str, handle: int) -> None:
            os.close(handle)

        def rename(self, old: str, new: str) -> None:
            os.rename(old, folder + new)  # noqa: PTH104

        def truncate(self, path: str, length: int, _handle: Any = None) -> None:
            os.truncate(path, length)

        mkdir = staticmethod(os.mkdir)
        rmdir = staticmethod(os.rmdir)
        unlink = staticmethod(os.unlink)
        chmod = staticmethod(os.chmod)

    FUSE(Mirror(), mount, foreground=True, nothreads=False)


SHOWN = {"st_atime", "st_ctime", "st_gid", "st_mode", "st_mtime", "st_nlink", "st_size", "st_uid"}

if __name__ == "__main__":
    main(*sys.argv[1:])
