import random
import unicodedata
import unittest

from wraptable import Table, display_width
from wraptable.cells import cut, pad, wrap


def cells(text):
    """Width as the README defines it."""
    return sum(0 if unicodedata.category(c) in ("Mn", "Me", "Cf")
               else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


class WidthTest(unittest.TestCase):
    def test_widths(self):
        for text, width in (("東京", 4), ("ab", 2), ("Ａ", 2), ("ｱ", 1), ("e\u0301", 1),
                            ("か\u3099", 2), ("a\u200db", 2), ("…", 1), ("αβ", 2), ("", 0)):
            with self.subTest(text):
                self.assertEqual(display_width(text), width)


class TableTest(unittest.TestCase):
    def check_lines(self, text):
        lines = text.split("\n")
        self.assertEqual(len({cells(line) for line in lines}), 1, text)
        bars = [[cells(line[:i]) for i, c in enumerate(line) if c in "|+"] for line in lines]
        self.assertEqual(bars, [bars[0]] * len(bars), text)

    def test_issue(self):
        table = Table(["駅", "line"])
        table.add("東京", "Yamanote")
        table.add("Ueno", "Yamanote")
        self.assertEqual(table.render(), "駅   | line    \n"
                                         "-----+---------\n"
                                         "東京 | Yamanote\n"
                                         "Ueno | Yamanote")

    def test_right_and_centre(self):
        table = Table(["駅", "x", "mark"], align="rcr")
        table.add("東京駅", "東", "e\u0301")
        table.add("a", "abcde", "é")
        self.check_lines(table.render())

    def test_title(self):
        table = Table(["abcdef", "b"], title="東京")
        table.add("x", "y")
        self.assertEqual(table.render().split("\n")[0], "   東京")

    def test_title_with_marks(self):
        table = Table(["abcdefg"], title="e\u0301e\u0301")
        self.assertEqual(table.render().split("\n")[0], "  e\u0301e\u0301")

    def test_limits(self):
        for overflow in ("wrap", "cut"):
            for limit in range(2, 9):
                table = Table(["駅", "z"], limits={0: limit}, overflow=overflow)
                table.add("東京 うえの", "1")
                table.add("a東京b e\u0301e\u0301e\u0301", "2")
                text = table.render()
                with self.subTest(overflow=overflow, limit=limit):
                    self.check_lines(text)
                    self.assertLessEqual(cells(text.split("\n")[0]), limit + 4)


class PadTest(unittest.TestCase):
    def test_pad(self):
        self.assertEqual([pad("東", 5, align) for align in "lrc"], ["東   ", "   東", " 東  "])
        self.assertEqual(pad("e\u0301", 3), "e\u0301  ")
        self.assertEqual(pad("東京", 3), "東京")


class CutTest(unittest.TestCase):
    def test_fits(self):
        self.assertEqual(cut("東京", 4), "東京")
        self.assertEqual(cut("e\u0301" * 4, 4), "e\u0301" * 4)

    def test_cut(self):
        self.assertEqual(cut("東京駅", 5), "東京…")
        self.assertEqual(cut("東京駅", 4), "東…")
        self.assertEqual(cut("東京", 2), "…")
        self.assertEqual(cut("東京", 3), "東…")

    def test_marks(self):
        self.assertEqual(cut("e\u0301" * 5, 4), "e\u0301" * 3 + "…")
        self.assertEqual(cut("abe\u0301d", 3), "ab…")
        self.assertEqual(cut("abe\u0301de", 4), "abe\u0301…")


class WrapTest(unittest.TestCase):
    def test_wide(self):
        self.assertEqual(wrap("東京 駅", 4), ["東京", "駅"])
        self.assertEqual(wrap("東京 駅", 7), ["東京 駅"])
        self.assertEqual(wrap("東京駅前", 4), ["東京", "駅前"])

    def test_half_a_character_does_not_fit(self):
        self.assertEqual(wrap("東京駅", 3), ["東", "京", "駅"])
        self.assertEqual(wrap("a東京", 4), ["a東", "京"])
        self.assertEqual(wrap("東京", 2), ["東", "京"])

    def test_rest_of_a_broken_word_takes_more(self):
        self.assertEqual(wrap("abcd e", 3), ["abc", "d e"])
        self.assertEqual(wrap("東京駅 a", 4), ["東京", "駅 a"])

    def test_marks(self):
        self.assertEqual(wrap("e\u0301" * 5, 2), ["e\u0301" * 2, "e\u0301" * 2, "e\u0301"])
        self.assertEqual(wrap("abe\u0301", 3), ["abe\u0301"])

    def test_rules_by_chance(self):
        chance = random.Random(63)
        for _ in range(2000):
            text = "".join(chance.choices("ab東京e ", k=chance.randint(0, 14)))
            text = text.replace("e", "e\u0301")
            limit = chance.randint(2, 7)
            lines = wrap(text, limit)
            with self.subTest(text=text, limit=limit):
                self.assertEqual("".join(lines).replace(" ", ""), text.replace(" ", ""))
                for line in lines:
                    self.assertLessEqual(cells(line), limit)
                    self.assertFalse(unicodedata.combining((line or "x")[0]))
                shortened = cut(text, limit)
                self.assertLessEqual(cells(shortened), limit)
                if cells(text) <= limit:
                    self.assertEqual(shortened, text)
                else:
                    self.assertTrue(text.startswith(shortened[:-1]))
                    self.assertGreaterEqual(cells(shortened), limit - 1)


if __name__ == "__main__":
    unittest.main()
