"""Colours that the workbook, the pictures and the page share, as #rrggbb. The segments bring their own."""

INK = "#222222"
MUTED = "#6b6b6b"
GRID = "#e3e3e3"
SHADE = "#f2f4f7"
ACCENT = "#2166ac"
PALE = "#a9c6e3"
HEAT = "#6ea4d6"
ALARM = "#fde9c9"
WHITE = "#ffffff"
BETTER = "#1b7837"
WORSE = "#b2182b"
WARNING = "#e08214"
ABSENT = "#d4d7dc"


LUMINANCE = (0.2126, 0.7152, 0.0722)


def readable_ink(color: str) -> str:
    """White or nearly black, whichever stands out more on `color`."""
    return max((WHITE, INK), key=lambda ink: _contrast(ink, color))


def _contrast(one: str, other: str) -> float:
    """1 to 21, as WCAG 2 defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    channels = (value / 255 for value in bytes.fromhex(color.removeprefix("#")))
    return sum(weight * _linear(channel) for weight, channel in zip(LUMINANCE, channels, strict=True))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
