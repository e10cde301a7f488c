"""Questions about the opening hours of one place."""

from datetime import datetime, time, timedelta

from .parse import DAY_MINUTES, parse_rules
from .spans import clip, merge

YEAR = 366


class Schedule:
    """The regular opening hours of a place, and the dates on which it stays closed."""

    def __init__(self, text, closed=()):
        self.week = parse_rules(text)
        self.closed = frozenset(closed)

    def is_open(self, at):
        """Is the place open at this moment?"""
        if at.date() in self.closed:
            return False
        minute = at.hour * 60 + at.minute
        return any(start <= minute < end for start, end in self.week[at.weekday()])

    def spans_of(self, day):
        """The spans that start on a date, as pairs of moments."""
        if day in self.closed:
            return []
        midnight = datetime.combine(day, time())
        return [
            (midnight + timedelta(minutes=start), midnight + timedelta(minutes=end))
            for start, end in self.week[day.weekday()]
        ]

    def next_change(self, at):
        """The first moment after `at` at which `is_open` gives another answer, or None."""
        now = self.is_open(at)
        for ahead in range(YEAR + 1):
            day = at.date() + timedelta(days=ahead)
            edges = sorted(edge for span in self.spans_of(day) for edge in span)
            for edge in edges:
                if edge > at and self.is_open(edge) != now:
                    return edge
        return None

    def open_minutes(self, since, until):
        """How many minutes between two moments the place is open."""
        spans = []
        day = since.date()
        while day <= until.date():
            spans += self.spans_of(day)
            day += timedelta(days=1)
        opened = clip(merge(spans), since, until)
        return sum((end - start) // timedelta(minutes=1) for start, end in opened)

    def weekly_minutes(self):
        """How many minutes the place is open in a regular week."""
        spans = [
            (day * DAY_MINUTES + start, day * DAY_MINUTES + end)
            for day, spans in enumerate(self.week)
            for start, end in spans
        ]
        return sum(end - start for start, end in merge(spans))
