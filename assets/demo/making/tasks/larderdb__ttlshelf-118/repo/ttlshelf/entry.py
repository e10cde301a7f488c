"""What is kept for one key."""


class Entry:
    __slots__ = ("value", "expires")

    def __init__(self, value, now, ttl):
        self.value = value
        self.expires = None if ttl is None else now + ttl

    def expired(self, now):
        return self.expires is not None and now >= self.expires
