"""The cache itself."""

import time
from collections import OrderedDict

from .entry import Entry

DEFAULT = object()


class Shelf:
    """A cache with at most `max_entries` entries. The README says what holds."""

    def __init__(self, max_entries, ttl=None, clock=time.monotonic, on_evict=None):
        if max_entries < 1:
            raise ValueError("a shelf needs room for one entry")
        self.max_entries = max_entries
        self.ttl = ttl
        self._clock = clock
        self._on_evict = on_evict
        self._entries = OrderedDict()  # least recently used first

    # Reading

    def get(self, key, default=None):
        entry = self._live(key)
        if entry is None:
            return default
        self._entries.move_to_end(key)
        return entry.value

    def peek(self, key, default=None):
        entry = self._live(key)
        return default if entry is None else entry.value

    def __contains__(self, key):
        return self._live(key) is not None

    def keys(self):
        """The keys of the live entries, least recently used first."""
        now = self._clock()
        return [key for key, entry in self._entries.items() if not entry.expired(now)]

    def __len__(self):
        return len(self.keys())

    @property
    def stored(self):
        return len(self._entries)

    # Writing

    def set(self, key, value, ttl=DEFAULT):
        if len(self._entries) >= self.max_entries:
            self._evict()
        self._store(key, value, ttl)

    def update(self, items, ttl=DEFAULT):
        """Store all pairs of a mapping, as by `set` one after the other."""
        for key, value in items.items():
            self._store(key, value, ttl)
        while len(self._entries) > self.max_entries:
            self._evict()

    def pop(self, key, default=None):
        entry = self._live(key)
        if entry is None:
            return default
        del self._entries[key]
        return entry.value

    def clear(self):
        self._entries.clear()

    def resize(self, max_entries):
        """Change the room that there is; entries leave if it is too small for them."""
        if max_entries < 1:
            raise ValueError("a shelf needs room for one entry")
        self.max_entries = max_entries
        while len(self._entries) > self.max_entries:
            self._evict()

    # Inside

    def _live(self, key):
        """The entry of a key; an expired one is dropped."""
        entry = self._entries.get(key)
        if entry is not None and entry.expired(self._clock()):
            self._drop(key, "expired")
            return None
        return entry

    def _store(self, key, value, ttl):
        self._entries[key] = Entry(value, self._clock(), self.ttl if ttl is DEFAULT else ttl)
        self._entries.move_to_end(key)

    def _evict(self):
        key = next(iter(self._entries))
        self._drop(key, "capacity")

    def _drop(self, key, reason):
        entry = self._entries.pop(key)
        if self._on_evict is not None:
            self._on_evict(key, entry.value, reason)
