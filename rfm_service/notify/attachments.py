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
    """A file as it is sent: a long log packed, of a very long one the end. None: it cannot be read, or is too long."""
    is_log = path.suffix == ".log"
    try:
        with path.open("rb") as file:
            left_out = max(0, path.stat().st_size - LONGEST_FILE)
            file.seek(left_out)
            content = file.read(LONGEST_FILE)
    except OSError:
        return None
    if left_out and not is_log:  # half a workbook is none
        return None
    if is_log and len(content) > LONGEST_PLAIN_FILE:
        return Document(f"{path.name}.gz", gzip.compress(content))
    return Document(path.name, content)
