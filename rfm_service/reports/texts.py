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
    "gift": N_("Gifts"),
    "returns": N_("Returns"),
    "returned_remainder": N_("Remainders of returned orders"),
    "analysed": N_("Analysed purchases"),
    "unmatched_returns": N_("Returns without a sale"),
}
