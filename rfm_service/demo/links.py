"""How a return in the demo shop knows the sale it takes back: by its rows, by its header, or not at all."""

from random import Random

from msgspec.structs import replace

from rfm_service.demo.documents import Document

BY_ROW = 0.7
BY_HEADER = 0.15


def linked(back: Document, sales: list[Document], rng: Random) -> Document:
    """A return with the keys of the sales that its rows come from.

    Mostly in each row, and in the header if it is one sale; sometimes in the header only; sometimes nowhere, so that
    at best the order is known.
    """
    rows = tuple(replace(line, base_key=_base(line.product, line.feature, sales)) for line in back.lines)
    bases = {line.base_key for line in rows}
    header = bases.pop() if len(bases) == 1 else ""
    chance = rng.random()
    if chance < BY_ROW:
        return replace(back, lines=rows, base_key=header)
    return replace(back, base_key=header) if chance < BY_ROW + BY_HEADER else back


def _base(product: str, feature: str, sales: list[Document]) -> str:
    goods = product, feature
    return next((sale.key for sale in sales for line in sale.lines if (line.product, line.feature) == goods), "")
