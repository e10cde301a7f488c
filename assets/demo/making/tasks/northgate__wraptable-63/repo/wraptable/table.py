"""The table."""

from .cells import cut, pad, wrap
from .width import display_width


class Table:
    def __init__(self, head, align="", title="", limits=None, overflow="wrap"):
        self.head = [str(cell) for cell in head]
        self.align = align or "l" * len(self.head)
        self.title = title
        self.limits = limits or {}
        self.overflow = overflow
        self.rows = []
        if len(self.align) != len(self.head):
            raise ValueError("one letter for each column is needed")
        if any(limit < 2 for limit in self.limits.values()):
            raise ValueError("limits are 2 or more")

    def add(self, *cells):
        if len(cells) != len(self.head):
            raise ValueError(f"{len(self.head)} cells are needed, not {len(cells)}")
        self.rows.append([str(cell) for cell in cells])

    def render(self):
        """The table as text, without a line feed at its end."""
        rows = [[self._lines(column, cell) for column, cell in enumerate(row)]
                for row in [self.head, *self.rows]]
        widths = [max(display_width(line) for row in rows for line in row[column])
                  for column in range(len(self.head))]
        lines = []
        for row in rows:
            for level in range(max(map(len, row))):
                lines.append(" | ".join(
                    pad(cell[level] if level < len(cell) else "", widths[column],
                        self.align[column])
                    for column, cell in enumerate(row)))
            if row is rows[0]:
                lines.append("-+-".join("-" * width for width in widths))
        if self.title:
            total = sum(widths) + 3 * (len(widths) - 1)
            space = max(total - len(self.title), 0)
            lines.insert(0, " " * (space // 2) + self.title)
        return "\n".join(lines)

    def _lines(self, column, cell):
        """The lines of a cell within the limit of its column."""
        if column not in self.limits:
            return [cell]
        if self.overflow == "cut":
            return [cut(cell, self.limits[column])]
        return wrap(cell, self.limits[column])
