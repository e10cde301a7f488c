"""Opening hours of places."""

from .parse import ParseError, parse_rules
from .schedule import Schedule

__all__ = ["ParseError", "Schedule", "parse_rules"]
