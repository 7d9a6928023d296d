"""Faults of the way that an answer takes. All are played over both protocols."""

import gzip
import time
from functools import cache

from msgspec.structs import replace

from rfm_service.demo.faults.kinds import FaultKind, Harm
from rfm_service.demo.protocol import Answer, Fault, HangUp, Usual

MEBIBYTE = 1 << 20


def refuse(_: Usual) -> Answer:
    """The connection closes before any answer."""
    raise HangUp


def hang(seconds: float) -> Fault:
    """No answer, for so long; then the connection closes."""

    def silent(_: Usual) -> Answer:
        time.sleep(seconds)
        raise HangUp

    return silent


def slow(seconds: float) -> Fault:
    """The usual answer, after a while."""

    def delayed(usual: Usual) -> Answer:
        time.sleep(seconds)
        return usual()

    return delayed


def drip(pause: float) -> Fault:
    """The usual answer in eight pieces, each after a pause."""
    return lambda usual: replace(usual(), pause=pause)


def reset(usual: Usual) -> Answer:
    """The connection is reset after half of the body."""
    whole = usual()
    return replace(whole, cut=len(whole.body) // 2)


def truncated(usual: Usual) -> Answer:
    """Half of the body, after a Content-Length that promises all of it."""
    whole = usual()
    return replace(whole, body=whole.body[: len(whole.body) // 2], length=len(whole.body))


def short_length(usual: Usual) -> Answer:
    """The whole body, but a Content-Length of half of it."""
    whole = usual()
    return replace(whole, length=len(whole.body) // 2)


def chunked(usual: Usual) -> Answer:
    """The usual answer in chunks."""
    return replace(usual(), chunked=True)


def broken_chunks(usual: Usual) -> Answer:
    """Chunks that end half-way with a reset."""
    return chunked(lambda: reset(usual))


def zipped(usual: Usual) -> Answer:
    """The usual answer, gzip-compressed."""
    whole = usual()
    return replace(whole, body=gzip.compress(whole.body)).with_header("Content-Encoding", "gzip")


def not_zipped(usual: Usual) -> Answer:
    """The usual answer under a header that says it is compressed."""
    return usual().with_header("Content-Encoding", "gzip")


def gzip_bomb(mebibytes: int) -> Fault:
    """Blanks without end in a small compressed body."""
    return lambda usual: replace(usual(), body=_blanks() * mebibytes).with_header("Content-Encoding", "gzip")


@cache
def _blanks() -> bytes:
    return gzip.compress(b" " * MEBIBYTE)


def moved(status: int) -> Fault:
    """Sent on to https, where nobody is."""
    answer = Answer(status, b"").with_header("Location", "https://127.0.0.1:9/")
    return lambda _: answer


TRANSPORT = {
    "refuse": FaultKind(refuse),
    "hang": FaultKind(hang(5)),
    "slow": FaultKind(slow(2), Harm.NONE),
    "drip": FaultKind(drip(0.05), Harm.NONE),
    "reset": FaultKind(reset),
    "truncated": FaultKind(truncated),
    "short_length": FaultKind(short_length),
    "chunked": FaultKind(chunked, Harm.NONE),
    "broken_chunks": FaultKind(broken_chunks),
    "gzip": FaultKind(zipped, Harm.NONE),
    "not_gzip": FaultKind(not_zipped),
    "gzip_bomb": FaultKind(gzip_bomb(300)),
    "redirect_301": FaultKind(moved(301)),
    "redirect_302": FaultKind(moved(302)),
}
