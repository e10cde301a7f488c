"""Change one value in a text and leave the rest alone."""

import re

from .reader import SECTION
from .values import strip_comment, write_value

LINE = re.compile(r"(\s*([\w.-]+)\s*=\s*)([^#;]*?)(\s*(?:[#;].*)?)", re.DOTALL)


def set_value(text, section, key, value):
    """Replace or add a value; spacing, order and comments stay as they were."""
    lines = text.split("\n")
    current = None
    last = None  # the last line with something on it in the section
    for index, line in enumerate(lines):
        content = strip_comment(line)
        if match := SECTION.fullmatch(content):
            current = match[1]
        if current != section:
            continue
        if content:
            last = index
        match = LINE.fullmatch(line)
        if match and match[2] == key:
            lines[index] = match[1] + write_value(value) + match[4]
            return "\n".join(lines)
    new = f"{key} = {write_value(value)}"
    if last is None:
        while lines and not lines[-1].strip():
            lines.pop()
        lines += [""] if lines else []
        lines += [f"[{section}]", new, ""]
    else:
        lines.insert(last + 1, new)
    return "\n".join(lines)
