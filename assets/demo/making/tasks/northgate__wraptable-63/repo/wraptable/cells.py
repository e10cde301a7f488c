"""Fit a text into a given width."""

from .width import display_width

ELLIPSIS = "…"


def pad(text, width, align="l"):
    """Fill a text with spaces up to a width."""
    if align == "r":
        return text.rjust(width)
    if align == "c":
        space = max(width - len(text), 0)
        return " " * (space // 2) + text + " " * (space - space // 2)
    return text.ljust(width)


def cut(text, limit):
    """Shorten a text to a width, with an ellipsis where something is missing."""
    if display_width(text) <= limit:
        return text
    return text[: limit - 1] + ELLIPSIS


def wrap(text, limit):
    """Break a text into lines, at spaces where that is possible."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if len(joined) <= limit:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        while len(word) > limit:
            lines[-1] = word[:limit]
            lines.append("")
            word = word[limit:]
        lines[-1] = word
    return lines
