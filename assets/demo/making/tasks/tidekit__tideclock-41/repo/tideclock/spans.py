"""Small helpers for lists of (start, end) spans; a span does not hold its end."""


def merge(spans):
    """Sort spans and join those which touch or overlap."""
    merged = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def clip(spans, low, high):
    """The parts of the spans that lie between low and high."""
    clipped = ((max(start, low), min(end, high)) for start, end in spans)
    return [(start, end) for start, end in clipped if start < end]
