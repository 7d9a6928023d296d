"""A 1C server in a process of its own that works out every answer once and then only repeats it."""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection

from rfm_service.demo.protocol import Answer, Fault, Request, Usual
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop

SPAWN = get_context("spawn")


@contextmanager
def served(last_day: int, customers: int, token: str) -> Iterator[str]:
    """The URL of a shop's server."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(theirs, last_day, customers, token), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(pipe: Connection, last_day: int, customers: int, token: str) -> None:
    server = ErpServer(make_shop(last_day, customers=customers), token, plan=_Remembering())
    pipe.send(server.url)
    server.run()


class _Remembering:
    """A plan that gives the first answer to a request again."""

    def __init__(self) -> None:
        self._answers: dict[Request, Answer] = {}

    def __call__(self, number: int, request: Request) -> Fault:
        def remembered(usual: Usual) -> Answer:
            if request not in self._answers:
                self._answers[request] = usual()
            return self._answers[request]

        return remembered
