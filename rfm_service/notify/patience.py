"""Patience with others: a time-out of a socket begins anew with every byte, this one does not."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, act: Callable[[], T]) -> T:
    """What `act` gives or raises; TimeoutError when it takes longer, whatever it waits for: a name, TLS, a byte.

    Then it is left behind in its thread: for worker processes, which end soon.
    """
    future: Future[T] = Future()
    Thread(target=_fulfil, args=(future, act), daemon=True).start()
    return future.result(seconds)


def _fulfil(future: Future[T], act: Callable[[], T]) -> None:
    try:
        future.set_result(act())
    except Exception as error:  # noqa: BLE001  it is raised where somebody waits
        future.set_exception(error)
