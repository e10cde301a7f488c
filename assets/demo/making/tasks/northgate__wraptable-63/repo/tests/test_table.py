import unittest

from wraptable import Table, display_width
from wraptable.cells import cut, pad, wrap


class TableTest(unittest.TestCase):
    def test_readme(self):
        table = Table(["Town", "People"], align="lr", title="Lakes")
        table.add("Thun", 43568)
        table.add("Biel", 54456)
        self.assertEqual(table.render(), "    Lakes\n"
                                         "Town | People\n"
                                         "-----+-------\n"
                                         "Thun |  43568\n"
                                         "Biel |  54456")

    def test_wrapped_rows(self):
        table = Table(["a", "b"], limits={1: 5})
        table.add("x", "one two three")
        self.assertEqual(table.render(), "a | b    \n--+------\nx | one  \n  | two  \n  | three")

    def test_wrong_number_of_cells(self):
        with self.assertRaises(ValueError):
            Table(["a"]).add(1, 2)


class CellTest(unittest.TestCase):
    def test_pad(self):
        self.assertEqual([pad("ab", 5, align) for align in "lrc"], ["ab   ", "   ab", " ab  "])

    def test_cut(self):
        self.assertEqual(cut("abcdef", 6), "abcdef")
        self.assertEqual(cut("abcdefg", 6), "abcde…")

    def test_wrap(self):
        self.assertEqual(wrap("a bc  def", 4), ["a bc", "def"])
        self.assertEqual(wrap("x abcdefgh", 3), ["x", "abc", "def", "gh"])
        self.assertEqual(wrap("", 3), [""])

    def test_width_of_combining_mark(self):
        self.assertEqual(display_width("e\u0301"), 1)


if __name__ == "__main__":
    unittest.main()
