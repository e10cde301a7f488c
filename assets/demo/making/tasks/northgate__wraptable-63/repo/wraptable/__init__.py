"""Text tables for terminals."""

from .table import Table
from .width import display_width

__all__ = ["Table", "display_width"]
