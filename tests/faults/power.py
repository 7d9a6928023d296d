"""A power cut, played: the writes of a real run, of which only those survive that were flushed, and some others.

Between two flushes of a file the disk may keep any of the writes to it, in any order. So a state after a cut is: what
was there before, every write that was flushed before the cut, and a random choice of the later ones.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import NamedTuple

EVENT = re.compile(r'(pwrite64|ftruncate|fdatasync|fsync)\(\d+<([^>]*)>(?:, "([^"]*)")?(?:, (\d+))?(?:, (\d+))?\) += ')


class Event(NamedTuple):
    """A write of `data` at `offset`, a cut to `offset` bytes (no data), or a flush (neither)."""

    call: str
    path: str
    data: bytes
    offset: int


def events_of(trace: Path) -> list[Event]:
    """What a process did to its files, as `strace -y -xx` wrote it down."""
    return [_event(found) for row in trace.read_text().splitlines() if (found := EVENT.match(row))]


def states_after_cut(events: list[Event], before: Mapping[str, bytes], cut: int, rng: Random) -> dict[str, bytes]:
    """The files as they are found after a cut that came before the event number `cut`."""
    done = events[:cut]
    flushed = {event.path: place for place, event in enumerate(done) if event.call in {"fsync", "fdatasync"}}
    files = defaultdict(bytearray, {path: bytearray(content) for path, content in before.items()})
    for place, event in enumerate(done):
        if place < flushed.get(event.path, -1) or rng.random() < 0.5:
            _apply(event, files[event.path])
    return {path: bytes(content) for path, content in files.items()}


def _apply(event: Event, content: bytearray) -> None:
    if event.call == "pwrite64":
        content.extend(bytes(max(0, event.offset - len(content))))
        content[event.offset : event.offset + len(event.data)] = event.data
    elif event.call == "ftruncate":
        del content[event.offset :]


def _event(found: re.Match[str]) -> Event:
    call, path, data, first, second = found.groups()
    offset = int((second if call == "pwrite64" else first) or 0)
    return Event(call, _unescaped(path).decode(), _unescaped(data or ""), offset)


def _unescaped(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
