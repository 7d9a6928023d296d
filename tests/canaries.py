"""Secrets and customers must not turn up where they do not belong.

After every test that has a home its files are searched for its own (`found`). Whatever any test sends, prints or logs
is searched for the secrets of all tests and for the customers of the demo shop (`leaks`): the fakes overhear, the rest
lies in files.
"""

import base64
import gzip
import io
import json
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, quote_plus, unquote_plus

from rfm_service.demo import names

SECRET = re.compile(
    "token-of-the-tests|canary-of-the-(?:bot|mail|share|switch)|AAcanaryDoNotShowThisToAnybody|canary-7f3a|p@ss:word"
)
CUSTOMER = re.compile(
    "|".join(
        (
            rf'(?:{"|".join(set(names.FORMS))}) "(?:{"|".join(names.FIRST_PARTS)})-(?:{"|".join(names.SECOND_PARTS)})"',
            rf"ИП (?:{'|'.join(names.SURNAMES)})а? (?:{'|'.join(names.MEN + names.WOMEN)}) ",
            r"zakaz@[a-z0-9-]+\.example",
            *map(re.escape, names.AWKWARD),
        )
    )
)
HIDDEN = re.compile("[A-Za-z0-9+/]{16,}")
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
LOGS = ("logs/*", "service.log*")


class Heard(NamedTuple):
    """What has left the program: by whom it was heard, in which test."""

    by: str
    test: str
    content: bytes


heard: list[Heard] = []
"""In this process, since its tests began. People are Telegram and mail: they must not hear of customers either."""

PEOPLE = ("Telegram", "mail")


def overhear(by: str, content: bytes) -> None:
    """Remember what a fake has received, or a command has printed, until the tests are done."""
    heard.append(Heard(by, os.environ.get("PYTEST_CURRENT_TEST", ""), content))


def unpacked(content: bytes) -> bytes:
    """What a packed log or a workbook says; anything else as it is."""
    if content.startswith(b"\x1f\x8b"):
        return gzip.decompress(content)
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return b"\n".join(map(book.read, book.namelist()))
    return content


def leaks(folder: Path) -> Iterator[str]:
    """Secrets, and customers where they must not be, in what was heard and in the logs below a folder."""
    for by, test, content in heard:
        yield from (f"{by}, {test}: {leak}" for leak in standing_in(content, SECRET))
        if by in PEOPLE:
            yield from (f"{by}, {test}: {leak}" for leak in standing_in(content, CUSTOMER))
    for file in sorted({path for pattern in LOGS for path in folder.rglob(pattern) if path.is_file()}):
        content = unpacked(file.read_bytes())
        yield from (f"{file}: {leak}" for kind in (SECRET, CUSTOMER) for leak in standing_in(content, kind))


def standing_in(content: bytes, kind: re.Pattern[str]) -> set[str]:
    """What of this kind stands in it, in any of its readings."""
    return {leak for reading in readings(content.decode(errors="replace")) for leak in kind.findall(reading)}


def readings(text: str) -> Iterator[str]:
    """A text as it stands; with what is quoted or escaped in it undone; and what its Base64 hides."""
    yield text
    if "%" in text:
        yield unquote_plus(text)
    if "\\" in text:
        yield ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text).replace("\\", "")
    hidden = (_decoded(run[0]) for run in HIDDEN.finditer(text))
    yield "\n".join(filter(None, hidden))


def _decoded(run: str) -> str:
    whole = run if len(run) % 4 != 1 else run[:-1]
    return base64.b64decode(whole + "=" * (-len(whole) % 4)).decode(errors="ignore")


def forms(secret: str) -> set[bytes]:
    """A secret as it is, quoted, escaped by Python or JSON, and inside Base64 at each of its three offsets."""
    raw = secret.encode()
    plain = {secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1], ascii(secret)[1:-1]}
    for _ in range(2):  # JSON, and JSON inside of it
        plain |= {json.dumps(text, ensure_ascii=latin)[1:-1] for text in plain for latin in (True, False)}
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
