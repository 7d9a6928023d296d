"""Compile the catalogues: `python -m rfm_service.locales` after every change of a `.po` file."""

from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from rfm_service.locales import HERE


def compiled(code: str) -> bytes:
    """The `.mo` bytes of `<code>.po`."""
    with (HERE / f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    target = BytesIO()
    write_mo(target, catalogue)
    return target.getvalue()


if __name__ == "__main__":
    (HERE / "ru.mo").write_bytes(compiled("ru"))
