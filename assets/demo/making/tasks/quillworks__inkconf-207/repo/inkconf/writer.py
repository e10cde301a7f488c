"""Dictionaries to text."""

from .values import write_value


def dumps(config):
    """Write a dictionary of sections, each a dictionary of strings."""
    blocks = []
    for section, pairs in config.items():
        lines = [f"[{section}]"]
        lines += [f"{key} = {write_value(value)}" for key, value in pairs.items()]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)
