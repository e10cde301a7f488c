"""Read, write and edit small configuration files."""

from .edit import set_value
from .reader import loads
from .values import ConfigError
from .writer import dumps

__all__ = ["ConfigError", "dumps", "loads", "set_value"]
