"""What an operation of the ERP does to purchases."""

from fnmatch import fnmatchcase

from rfm_service.kinds import Kind
from rfm_service.settings import Operations


class Kinds:
    """The operations of one ERP. Spaces, letter case and the dots of ё do not matter."""

    def __init__(self, operations: Operations) -> None:
        self._found: dict[str, Kind | None] = {}
        self._patterns = [
            (kind, _folded(pattern))
            for kind, patterns in (
                (Kind.OTHER, operations.ignored),
                (Kind.RETURN, operations.returns),
                (Kind.CORRECTION, operations.corrections),
                (Kind.SALE, operations.sales),
            )
            for pattern in patterns
        ]

    def of(self, operation: str) -> Kind | None:
        """The first that fits: neither, a return, a correction, a sale. None for an unknown operation."""
        if operation not in self._found:
            folded = _folded(operation)
            fitting = (kind for kind, pattern in self._patterns if fnmatchcase(folded, pattern))
            self._found[operation] = next(fitting, None)
        return self._found[operation]


def _folded(text: str) -> str:
    return "".join(text.split()).casefold().replace("ё", "е")
