"""What a bad disk does to a file, by chance."""

from collections.abc import Callable
from pathlib import Path
from random import Random

PAGE = 4096


def flip_bytes(file: Path, rng: Random) -> None:
    """Up to 64 bytes change."""
    content = bytearray(file.read_bytes())
    for place in rng.sample(range(len(content)), rng.randint(1, 64)):
        content[place] ^= rng.randint(1, 255)
    file.write_bytes(content)


def flip_one_text(file: Path, rng: Random) -> None:
    """A letter inside some text changes: what no checker of pages sees."""
    content = bytearray(file.read_bytes())
    letters = [place for place, byte in enumerate(content) if chr(byte).isalnum()]
    content[rng.choice(letters)] ^= 1
    file.write_bytes(content)


def spoil_header(file: Path, rng: Random) -> None:
    """A byte of the first hundred changes."""
    content = bytearray(file.read_bytes())
    content[rng.randrange(100)] ^= rng.randint(1, 255)
    file.write_bytes(content)


def zero_page(file: Path, rng: Random) -> None:
    """A page is empty."""
    content = bytearray(file.read_bytes())
    start = rng.randrange(len(content) // PAGE) * PAGE
    content[start : start + PAGE] = bytes(PAGE)
    file.write_bytes(content)


def swap_pages(file: Path, rng: Random) -> None:
    """Two pages have changed places."""
    content = bytearray(file.read_bytes())
    one, other = (place * PAGE for place in rng.sample(range(len(content) // PAGE), 2))
    first, second = content[one : one + PAGE], content[other : other + PAGE]
    content[one : one + PAGE], content[other : other + PAGE] = second, first
    file.write_bytes(content)


def truncate(file: Path, rng: Random) -> None:
    """The file ends early, perhaps at once."""
    content = file.read_bytes()
    file.write_bytes(content[: rng.choice((0, rng.randrange(len(content))))])


def delete(file: Path, rng: Random) -> None:
    """The file is gone."""
    file.unlink()


def delete_journal(file: Path, rng: Random) -> None:
    """The journal of a transaction that was cut off is gone."""
    file.with_name(f"{file.name}-journal").unlink()


def garble_journal(file: Path, rng: Random) -> None:
    """The journal of a transaction that was cut off is not what was written."""
    flip_bytes(file.with_name(f"{file.name}-journal"), rng)


def alien_journal(file: Path, rng: Random) -> None:
    """A journal of chance."""
    file.with_name(f"{file.name}-journal").write_bytes(rng.randbytes(3 * PAGE))


DAMAGES: tuple[Callable[[Path, Random], None], ...] = (
    flip_bytes,
    flip_one_text,
    spoil_header,
    zero_page,
    swap_pages,
    truncate,
    delete,
    alien_journal,
)
CUT_OFF_DAMAGES: tuple[Callable[[Path, Random], None], ...] = (delete_journal, garble_journal)
