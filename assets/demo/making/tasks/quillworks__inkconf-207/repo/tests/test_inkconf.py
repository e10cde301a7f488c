import unittest

from inkconf import ConfigError, dumps, loads, set_value

TEXT = """\
; the printer in the hall
[printer]
name = hall             # shown in the menu
motto = "two\\nlines"

[paper]
size=A4
"""


class ReadTest(unittest.TestCase):
    def test_read(self):
        self.assertEqual(loads(TEXT), {"printer": {"name": "hall", "motto": "two\nlines"},
                                       "paper": {"size": "A4"}})

    def test_escapes(self):
        self.assertEqual(loads('[a]\nb = "\\"\\\\\\t"')["a"]["b"], '"\\\t')

    def test_errors(self):
        for text in ("a = b", "[a]\nb", '[a]\nb = "c', '[a]\nb = "\\x"'):
            with self.subTest(text), self.assertRaises(ConfigError):
                loads(text)


class WriteTest(unittest.TestCase):
    def test_quotes_only_where_needed(self):
        self.assertEqual(dumps({"a": {"b": "two words", "c": " x", "d": ""}}),
                         '[a]\nb = two words\nc = " x"\nd = \n')

    def test_round_trip(self):
        config = {"a": {"b": 'say "x"', "c": '"x"', "d": "1\n2\\"}, "e": {}}
        self.assertEqual(loads(dumps(config)), config)


class EditTest(unittest.TestCase):
    def test_replace(self):
        self.assertEqual(set_value(TEXT, "printer", "name", "cellar"),
                         TEXT.replace("= hall ", "= cellar "))

    def test_add(self):
        self.assertEqual(set_value(TEXT, "paper", "weight", "80"), TEXT + "weight = 80\n")
        self.assertEqual(set_value(TEXT, "ink", "left", "3"), TEXT + "\n[ink]\nleft = 3\n")


if __name__ == "__main__":
    unittest.main()
