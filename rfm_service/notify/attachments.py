"""Files that go with a message."""

import gzip
from pathlib import Path
from typing import NamedTuple

LONGEST_FILE = 20 << 20
LONGEST_PLAIN_FILE = 1 << 20


class Document(NamedTuple):
    """What is sent of a file."""

    name: str
    content: bytes


def document_of(path: Path) -> Document | None:
    """A file as it is sent: packed when it is long text, of a very long one the end. None when it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LONGEST_FILE))
            content = file.read(LONGEST_FILE)
    except OSError:
        return None
    if path.suffix == ".log" and len(content) > LONGEST_PLAIN_FILE:
        return Document(f"{path.name}.gz", gzip.compress(content))
    return Document(path.name, content)
