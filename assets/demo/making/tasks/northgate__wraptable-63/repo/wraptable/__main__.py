"""Show a file with tab separated values."""

import sys

from .table import Table


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        head, *rows = (line.rstrip("\n").split("\t") for line in file)
    table = Table(head)
    for row in rows:
        table.add(*row)
    print(table.render())


if __name__ == "__main__":
    main()
