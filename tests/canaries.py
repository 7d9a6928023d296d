"""Secrets and customers must not turn up where they do not belong: looked for after every test that has a home."""

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote


def forms(secret: str) -> set[bytes]:
    """A secret as it is, quoted, escaped, and inside Base64 at each of its three offsets."""
    raw = secret.encode()
    plain = {secret, quote(secret, safe=""), secret.encode("unicode_escape").decode()}
    hidden = {base64.b64encode(b" " * offset + raw)[4 if offset else 0 :][:-4] for offset in range(3)}
    return (
        {text.encode() for text in plain}
        | {raw.decode().encode("utf-16-le")}
        | {form for form in hidden if len(form) > 8}
    )


def found(folder: Path, canaries: Iterable[str]) -> Iterator[str]:
    """Which of them stand in which files below a folder."""
    wanted = {form: canary for canary in canaries for form in forms(canary)}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        yield from (f"{file}: {canary}" for form, canary in wanted.items() if form in content)
