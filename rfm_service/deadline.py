"""Connections that hang up when an answer does not begin in time, even if its headers trickle in."""

from contextlib import suppress
from functools import partial
from socket import SHUT_RDWR
from threading import Timer
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection


class DeadlineAdapter(HTTPAdapter):
    """Gives an answer's headers `seconds` altogether; a read time-out begins anew with every byte."""

    def __init__(self, seconds: float) -> None:
        super().__init__(max_retries=0)
        self._connections = {"http": partial(_Impatient, seconds), "https": partial(_ImpatientHttps, seconds)}

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool, its connections impatient."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = self._connections[pool.scheme]
        return pool


class _Impatient(HTTPConnection):
    def __init__(self, seconds: float, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seconds = seconds

    def getresponse(self) -> Any:
        timer = Timer(self._seconds, self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            return super().getresponse()
        finally:
            timer.cancel()

    def _hang_up(self) -> None:
        with suppress(OSError, AttributeError):
            self.sock.shutdown(SHUT_RDWR)


class _ImpatientHttps(_Impatient, HTTPSConnection): ...
