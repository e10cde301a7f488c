"""Text to dictionaries."""

import re

from .values import ConfigError, read_value, strip_comment

SECTION = re.compile(r"\[([^\]]+)\]")
PAIR = re.compile(r"([\w.-]+)\s*=\s*(.*)", re.DOTALL)


def loads(text):
    """Read a text; gives a dictionary of sections, each a dictionary of strings."""
    config = {}
    section = None
    for number, line in enumerate(text.split("\n"), 1):
        line = strip_comment(line)
        if not line:
            continue
        if match := SECTION.fullmatch(line):
            section = config.setdefault(match[1], {})
        elif match := PAIR.fullmatch(line):
            if section is None:
                raise ConfigError(f"line {number}: a value before the first section")
            try:
                section[match[1]] = read_value(match[2])
            except ConfigError as error:
                raise ConfigError(f"line {number}: {error}") from None
        else:
            raise ConfigError(f"line {number}: neither a section nor a value")
    return config
