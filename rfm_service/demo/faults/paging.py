"""Faults of pages and of rights, which the standard interface alone has."""

from rfm_service.demo import pages
from rfm_service.demo.faults.kinds import ONLY_ODATA, FaultKind, Harm
from rfm_service.demo.faults.rows import with_rows
from rfm_service.demo.protocol import Answer, Fault, Usual


def short_page(usual: Usual) -> Answer:
    """A page without its last row, as if the rest had been fewer."""
    return with_rows(usual, lambda rows: rows[:-1])


def rights_cut(usual: Usual) -> Answer:
    """Every second row has vanished: the user may not see them any more."""
    return with_rows(usual, lambda rows: rows[::2])


def repeated_row(usual: Usual) -> Answer:
    """A page whose last row stands there twice, as if a row had slipped in before it."""
    return with_rows(usual, lambda rows: rows + rows[-1:])


def poison(key: str) -> Fault:
    """Any answer that would tell of this key is an error: one document is broken."""

    def spoilt(usual: Usual) -> Answer:
        answer = usual()
        return pages.platform(BROKEN_DOCUMENT) if key.encode() in answer.body else answer

    return spoilt


BROKEN_DOCUMENT = "Ошибка SDBL: Неверный формат хранения данных. Поле: Data1C._Document311X1._Fld7604"

PAGING = {
    "short_page": FaultKind(short_page, Harm.UNSEEN, ONLY_ODATA),
    "rights_cut": FaultKind(rights_cut, Harm.UNSEEN, ONLY_ODATA),
    "repeated_row": FaultKind(repeated_row, Harm.SOME_ROWS, ONLY_ODATA),
}
