"""systemd's side of the conversation: we are ready, we are alive, we stop (sd_notify(3)). Elsewhere nobody listens."""

import os
import socket
import time
from contextlib import suppress

ADDRESS = "NOTIFY_SOCKET"
PATIENCE = "WATCHDOG_USEC"
OUR_PATIENCE = 0.5


class Watchdog:
    """Tells systemd how we are; silence of more than its patience means that we hang, and it starts us anew."""

    def __init__(self) -> None:
        address = os.environ.pop(ADDRESS, "")  # not for our workers
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._interval = int(os.environ.get(PATIENCE, "0")) / 2e6
        self._fed_at = 0.0

    def ready(self, status: str) -> None:
        """The service keeps its appointments from now on."""
        self._say("READY=1", f"STATUS={status}")

    def alive(self) -> None:
        """The loop has made a turn."""
        if self._interval and time.monotonic() - self._fed_at > self._interval / 2:
            self._fed_at = time.monotonic()
            self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """We were asked to stop, and do."""
        self._say("STOPPING=1")

    def _say(self, *words: str) -> None:
        if self._address:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.settimeout(OUR_PATIENCE)  # a listener who does not listen must not hold up the night
                line.sendto("\n".join(words).encode(), self._address)
