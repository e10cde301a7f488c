"""The text of one value: quotes, escapes and comments."""

import re

ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}
COMMENT = re.compile(r"\s*[#;].*")


class ConfigError(ValueError):
    """The text is not in the format."""


def strip_comment(line):
    """A line without its comment and the white space around what is left."""
    return COMMENT.sub("", line, count=1).strip()


def read_value(text):
    """The string that the text of a value stands for."""
    if not text.startswith('"'):
        return text
    if len(text) < 2 or not text.endswith('"'):
        raise ConfigError(f"unterminated quote: {text}")
    return unescape(text[1:-1])


def unescape(text):
    def character(match):
        try:
            return ESCAPES[match[1]]
        except KeyError:
            raise ConfigError(f"unknown escape: {match[0]}") from None

    return re.sub(r"\\(.?)", character, text, flags=re.DOTALL)


def write_value(value):
    """The text that stands for a string, in quotes only where they are needed."""
    if needs_quotes(value):
        return quote(value)
    return value


def needs_quotes(value):
    return value != value.strip() or value.startswith('"') or "\n" in value or "\r" in value


def quote(value):
    for character, letter in (("\\", "\\"), ('"', '"'), ("\n", "n"), ("\r", "r"), ("\t", "t")):
        value = value.replace(character, "\\" + letter)
    return f'"{value}"'
