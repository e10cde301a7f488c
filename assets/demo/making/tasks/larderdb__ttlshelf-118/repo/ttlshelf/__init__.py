"""A small in-memory cache with a size and an age limit."""

from .memo import memo
from .shelf import Shelf

__all__ = ["Shelf", "memo"]
