"""Reading of opening hours such as "Mon-Fri 08:00-12:00, 13:00-17:00"."""

import re

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
DAY_MINUTES = 24 * 60

SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


class ParseError(ValueError):
    """The text is not a list of opening hours."""


def parse_rules(text):
    """Give seven lists, Monday first, of the (start, end) spans in minutes of the day."""
    week = [[] for _ in DAYS]
    for rule in text.split(";"):
        if not rule.strip():
            continue
        days, _, spans = rule.strip().partition(" ")
        for span in spans.split(","):
            start, end = parse_span(span.strip())
            for day in parse_days(days):
                week[day].append((start, end))
    for spans in week:
        spans.sort()
    return week


def parse_days(text):
    first, dash, last = text.partition("-")
    try:
        start = DAYS.index(first)
        end = DAYS.index(last) if dash else start
    except ValueError:
        raise ParseError(f"unknown day in {text!r}") from None
    count = (end - start) % 7 + 1
    return [(start + step) % 7 for step in range(count)]


def parse_span(text):
    match = SPAN.fullmatch(text)
    if not match:
        raise ParseError(f"not a span: {text!r}")
    hour, minute, end_hour, end_minute = map(int, match.groups())
    start = hour * 60 + minute
    end = end_hour * 60 + end_minute
    if minute > 59 or end_minute > 59 or start >= DAY_MINUTES or end > DAY_MINUTES:
        raise ParseError(f"no such time: {text!r}")
    if start == end:
        raise ParseError(f"empty span: {text!r}")
    return start, end
