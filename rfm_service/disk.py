"""The local disk: folders that only we may look into, files that are really on it, and a reserve for when it is full.

Nothing here raises because a disk is full: it answers whether there was room.
"""

import errno
import hashlib
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
PRIVATE_FOLDER = 0o700
OTHERS = 0o077
BALLAST_MIB = 4


def shut_out_others() -> None:
    """Whatever this process and its children create from now on is for this user only. POSIX."""
    os.umask(OTHERS)


def make_private(folder: Path) -> None:
    """Make a folder that only this user may look into, or make it so. On Windows it has the rights of its parent."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if os.name == "posix":
        with suppress(PermissionError):  # it belongs to somebody else, who decides
            folder.chmod(PRIVATE_FOLDER)


def make_like(folder: Path, model: Path) -> None:
    """Make a folder, and those above it, with the rights of another one, whatever our own umask is."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(stat.S_IMODE(model.stat().st_mode))


def sha256_of(path: Path) -> str:
    """Of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_open_to_others(path: Path) -> bool:
    """Whether other users of this machine may read a file, as far as its mode tells (POSIX)."""
    return os.name == "posix" and path.is_file() and bool(path.stat().st_mode & OTHERS)


def foreign_owner(home: Path) -> str:
    """Who owns what lies in a home, if that is another user, whose files we would make our own; else empty. POSIX.

    Root writes everywhere, and what root writes nobody else can read. Others are stopped where they cannot write.
    """
    place = _heart_of(home)
    if os.name != "posix" or not place.exists() or place.stat().st_uid == os.geteuid():
        return ""
    if os.geteuid() != 0 and os.access(place, os.W_OK):  # of a group, perhaps, and nothing in it yet
        return ""
    try:
        return place.owner()
    except KeyError:  # a user without a name
        return f"#{place.stat().st_uid}"


def become_owner(home: Path) -> None:
    """Go on as the user that a home belongs to, for good. Only for root."""
    import pwd

    owner = _heart_of(home).stat()
    try:
        user = pwd.getpwuid(owner.st_uid)
    except KeyError:
        os.setgroups([])
        os.setgid(owner.st_gid)
    else:
        os.initgroups(user.pw_name, user.pw_gid)
        os.setgid(user.pw_gid)
    os.setuid(owner.st_uid)


def _heart_of(home: Path) -> Path:
    """What tells whose a home is: the folder of the database, once there is one."""
    try:
        return home / "db" if (home / "db").exists() else home
    except PermissionError:
        return home


def flush(path: Path) -> None:
    """Put a file, or the names in a folder, on the disk, not only on their way there."""
    if path.is_file():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        return
    with suppress(OSError):  # Windows and some shares cannot flush a folder
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def is_full(error: OSError) -> bool:
    """Whether this error says that there is no room."""
    return error.errno in FULL


def hold_ballast(path: Path) -> bool:
    """Keep a few MiB that can be let go when the disk is full. False when there is no room for twice as much."""
    size = BALLAST_MIB << 20
    if path.is_file() and path.stat().st_size == size:
        return True
    if shutil.disk_usage(path.parent).free < 2 * size:
        return False
    try:
        with path.open("wb") as file:
            for _ in range(BALLAST_MIB):
                file.write(os.urandom(1 << 20))  # nothing that a file system could shrink
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        drop_ballast(path)
        if not is_full(error):
            raise
        return False
    return True


def drop_ballast(path: Path) -> None:
    """Let it go: there is room for what must be written now."""
    path.unlink(missing_ok=True)
