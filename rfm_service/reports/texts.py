"""Titles of things that the code knows by a key."""


def N_(text: str) -> str:  # noqa: N802  the name that gettext tools look for
    """Mark a text for translation where it stands; it is translated where it is shown."""
    return text


WATERFALL_TITLES = {
    "gross": N_("All sales in the ERP"),
    "malformed": N_("Unreadable lines"),
    "incomplete": N_("Lines without a required field"),
    "own_company": N_("Own companies"),
    "anonymous": N_("Anonymous buyers"),
    "no_site_id": N_("Buyers without a site id"),
    "not_a_sale": N_("Other operations"),
    "gift": N_("Gifts"),
    "corrections": N_("Corrections of sales"),
    "returns": N_("Returns"),
    "returned_remainder": N_("Remainders of returned orders"),
    "analysed": N_("Analysed purchases"),
    "unmatched_corrections": N_("Corrections without a sale"),
    "unmatched_returns": N_("Returns without a sale"),
}

LINK_TITLES = {
    "row": N_("The return's line names it"),
    "header": N_("The return names it"),
    "receipt": N_("By the receipt"),
    "order": N_("By the order"),
    "inferred": N_("The customer's latest such purchase"),
}
