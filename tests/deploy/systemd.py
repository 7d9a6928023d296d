"""A systemd of our own, in namespaces of its own: PID 1 there, with the program's unit and hardly anything else.

It sees the machine's files, but /run, /var/lib and all folders of units are empty ones, so nothing of the machine's own
is ever started, mounted or cleaned.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rfm_service.installing import SECRETS, UNIT, USER, unit_text
from tests.conftest import PROJECT

SYSTEMD = Path("/lib/systemd/systemd")
TOOLS = ("unshare", "nsenter", "systemctl", "mount")
TARGETS = ("sysinit", "basic", "shutdown", "multi-user", "network-online", "time-sync", "umount", "exit", "final")
HOME = Path("/var/lib/rfm-service")
BOOT = f"""
set -e
mount --make-rprivate /
for folder in /run /etc/systemd /usr/lib/systemd/system /usr/lib/systemd/system-generators /var/lib /etc/rfm-service; do
    test ! -d $folder || mount -t tmpfs tmpfs $folder
done
mkdir -p /run/systemd /run/lock /etc/systemd/system/{UNIT.name}.d {SECRETS}
cp -r "$1"/units/. /etc/systemd/system/
cp -r "$1"/secrets/. {SECRETS}/
mkdir -p {HOME}
cp -r "$1"/home/. {HOME}/
mount --bind "$1"/passwd /etc/passwd
mount --bind "$1"/group /etc/group
chown -R {USER}:{USER} {HOME}
chmod 700 {HOME} {SECRETS}
mount --make-rshared /
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mkdir /sys/fs/cgroup/$(basename "$1")
echo $$ > /sys/fs/cgroup/$(basename "$1")/cgroup.procs
exec unshare --cgroup bash -c 'umount /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; exec env -i container=own \\
    PATH=/usr/sbin:/usr/bin:/sbin:/bin {SYSTEMD} --system --unit=multi-user.target --show-status=no \\
    --log-target=console --default-standard-output=inherit --default-standard-error=inherit'
"""


class OwnSystemd:
    """What the admin's shell is."""

    def __init__(self, pid: int, folder: Path) -> None:
        self._pid = pid
        self._folder = folder

    def systemctl(self, *arguments: str) -> str:
        """What `systemctl` prints about the unit."""
        return self.run("systemctl", *arguments).stdout.strip()

    def show(self, name: str) -> str:
        """A property of the unit."""
        return self.systemctl("show", "--value", "--property", name, UNIT.name)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command inside."""
        inside = ("nsenter", "--target", str(self._pid), "--mount", "--pid")
        return subprocess.run((*inside, *command), capture_output=True, text=True, check=False, timeout=90)

    def file(self, name: str) -> Path:
        """A file of the home, seen from outside."""
        return Path(f"/proc/{self._pid}/root{HOME}") / name

    @property
    def console(self) -> str:
        """What systemd and the service printed, and the log."""
        log = self.file("logs/service.log")
        written = log.read_text(encoding="utf-8") if log.exists() else ""
        return written + (self._folder / "console").read_text(encoding="utf-8", errors="replace")


def why_not() -> str:
    """Why there can be no systemd of our own on this machine; empty when there can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "needs root on Linux"
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing or not SYSTEMD.exists():
        return f"needs {', '.join(missing) or SYSTEMD}"
    tried = subprocess.run(
        ["unshare", "--mount", "bash", "-c", "mount --make-rprivate / && mount -t cgroup2 none /mnt"],
        capture_output=True,
        text=True,
        check=False,
    )
    return tried.stderr.strip()


@contextmanager
def own_systemd(drop_in: str, secrets: dict[str, str]) -> Iterator[OwnSystemd]:
    """One that knows the program's unit, with `drop_in` added, and a home with the program's own configuration."""
    private = _private_folders()
    with tempfile.TemporaryDirectory(prefix="own-systemd-", dir="/var/tmp") as name:
        folder = Path(name)
        _prepare(folder, drop_in, secrets)
        with (folder / "console").open("wb") as console:
            process = subprocess.Popen(
                [
                    "unshare",
                    "--pid",
                    "--mount",
                    "--uts",
                    "--ipc",
                    "--fork",
                    "--mount-proc",
                    "--kill-child",
                    "bash",
                    "-c",
                    BOOT,
                    "boot",
                    name,
                ],
                stdout=console,
                stderr=subprocess.STDOUT,
            )
        try:
            yield _wait_until_up(process, folder)
        finally:
            process.kill()
            process.wait()
            _sweep(folder.name)
            for left in _private_folders() - private:
                shutil.rmtree(left)


def _prepare(folder: Path, drop_in: str, secrets: dict[str, str]) -> None:
    units = folder / "units"
    (units / f"{UNIT.name}.d").mkdir(parents=True)
    for target in TARGETS:
        (units / f"{target}.target").write_text("[Unit]\nDefaultDependencies=no\n")
    (units / UNIT.name).write_text(unit_text(HOME), encoding="utf-8")
    # The tests' Python may stand where a service cannot look.
    places = " ".join(sorted({sys.prefix, sys.base_prefix, str(PROJECT)}))
    reachable = f"[Service]\nProtectHome=tmpfs\nBindReadOnlyPaths={places}\n"
    (units / f"{UNIT.name}.d" / "tests.conf").write_text(reachable + drop_in, encoding="utf-8")
    shutil.copytree(PROJECT / "config", folder / "home" / "config")
    (folder / "secrets").mkdir()
    for key, secret in secrets.items():
        (folder / "secrets" / key).write_text(secret, encoding="utf-8")
    for table, row in (("passwd", f"{USER}:x:990:990::{HOME}:/usr/sbin/nologin\n"), ("group", f"{USER}:x:990:\n")):
        (folder / table).write_text(Path("/etc", table).read_text() + row)


def _private_folders() -> set[Path]:
    """What systemd has made for PrivateTmp, and cannot take away when it is killed."""
    return {path for place in ("/tmp", "/var/tmp") for path in Path(place).glob(f"systemd-private-*-{UNIT.name}-*")}


def _sweep(cgroup: str) -> None:
    """Take away the cgroup that everything ran in; the last process may take a moment to go."""
    script = (
        f"mount --make-rprivate / && mount -t cgroup2 none /mnt && find /mnt/{cgroup} -depth -type d -exec rmdir {{}} +"
    )
    for _ in range(50):
        if (
            subprocess.run(["unshare", "--mount", "bash", "-c", script], capture_output=True, check=False).returncode
            == 0
        ):
            return
        time.sleep(0.1)


def _wait_until_up(process: subprocess.Popen[bytes], folder: Path) -> OwnSystemd:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if children:
            system = OwnSystemd(int(children[0]), folder)
            if system.run("systemctl", "is-active", "multi-user.target").stdout.strip() == "active":
                return system
        time.sleep(0.2)
    raise AssertionError((folder / "console").read_text(errors="replace"))
