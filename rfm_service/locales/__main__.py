"""Bring the catalogues up to date: `python -m rfm_service.locales`.

Collects every text of the program into `ru.po`, keeping what is translated, and compiles `ru.mo`.
"""

from collections.abc import Iterator
from io import BytesIO

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from rfm_service import errors
from rfm_service.locales import HERE

PACKAGE = HERE.parent
PO, MO = HERE / "ru.po", HERE / "ru.mo"


def collected() -> Catalog:
    """Every text of the program, untranslated: of gettext calls, of texts marked N_, of errors."""
    catalogue = Catalog(project="rfm_service")
    keywords = {"gettext": None, "N_": None, "ngettext": (1, 2)} | dict.fromkeys(_error_names())
    for file, line, message, *_ in extract_from_dir(PACKAGE, [("**.py", "python")], keywords=keywords):
        catalogue.add(message, locations=[(file, line)])
    return catalogue


def translated() -> Catalog:
    """The texts of `ru.po`."""
    with PO.open("rb") as file:
        return read_po(file, locale="ru")


def compiled(catalogue: Catalog) -> bytes:
    """What belongs into `ru.mo`."""
    target = BytesIO()
    write_mo(target, catalogue)
    return target.getvalue()


def _error_names() -> Iterator[str]:
    return (name for name, value in vars(errors).items() if isinstance(value, type))


if __name__ == "__main__":
    known = translated()
    known.update(collected(), no_fuzzy_matching=True, update_creation_date=False)
    with PO.open("wb") as target:
        write_po(target, known, width=120, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    MO.write_bytes(compiled(known))
