"""How much room text takes on a terminal."""

import unicodedata

NO_WIDTH = {"Mn", "Me", "Cf"}


def display_width(text):
    """The number of terminal cells that a text takes."""
    return sum(unicodedata.category(character) not in NO_WIDTH for character in text)
