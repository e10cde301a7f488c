import random
import unittest

from inkconf import ConfigError, dumps, loads, set_value


def value_of(text):
    return loads(f"[s]\nk = {text}\n")["s"]["k"]


class ReadTest(unittest.TestCase):
    def test_issue(self):
        self.assertEqual(value_of("team#printers"), "team#printers")
        self.assertEqual(value_of("team;printers"), "team;printers")
        self.assertEqual(value_of('"http://hall/#status"'), "http://hall/#status")
        self.assertEqual(value_of('"a;b"'), "a;b")

    def test_white_space_then_mark_in_quotes(self):
        self.assertEqual(value_of('"ab #cd" # comment'), "ab #cd")
        self.assertEqual(value_of('" # ; " ; x'), " # ; ")

    def test_comments_still_go(self):
        self.assertEqual(value_of("a b # c"), "a b")
        self.assertEqual(value_of("a\t;c"), "a")
        self.assertEqual(value_of("a#b #c"), "a#b")
        self.assertEqual(value_of("#fff"), "")
        self.assertEqual(loads("# x\n  ; y\n[s] # z\nk = v\n"), {"s": {"k": "v"}})

    def test_comment_without_space_after_equals(self):
        self.assertEqual(loads("[s]\nk=#fff\n"), {"s": {"k": "#fff"}})

    def test_escapes_before_the_closing_quote(self):
        self.assertEqual(value_of(r'"a\" # b" # c'), 'a" # b')
        self.assertEqual(value_of(r'"a\\" # b"'), "a\\")

    def test_quote_in_a_comment(self):
        self.assertEqual(value_of('"a" # the "old" one'), "a")
        self.assertEqual(value_of('a # the "old" one'), "a")

    def test_quote_elsewhere_is_ordinary(self):
        self.assertEqual(value_of('5" # wide'), '5"')
        self.assertEqual(value_of('say "x # y"'), 'say "x')

    def test_errors(self):
        for text in ('"a # b', '"a" b', '"a" b # "', '"a\\" # b'):
            with self.subTest(text), self.assertRaises(ConfigError):
                value_of(text)


class WriteTest(unittest.TestCase):
    VALUES = ["a #b", "a\t;b", "#fff", "; x", " #", '5" # wide', 'a" #"b', "a#b", "\\ #\\",
              'x\\" ; y', "a\n#b", "", '"', '""', "\u00a0#x"]

    def test_round_trip(self):
        config = {"s": {f"k{index}": value for index, value in enumerate(self.VALUES)}}
        self.assertEqual(loads(dumps(config)), config)

    def test_no_quotes_without_need(self):
        config = {"s": {"a": "team#printers", "b": "x;y", "c": 'say "x"', "d": "C:\\new"}}
        self.assertEqual(dumps(config),
                         '[s]\na = team#printers\nb = x;y\nc = say "x"\nd = C:\\new\n')

    def test_round_trip_by_chance(self):
        chance = random.Random(207)
        for _ in range(3000):
            value = "".join(chance.choices('ab #;"\\n\t\n=[]\r\u2028\u00a0', k=chance.randint(0, 7)))
            config = {"s": {"k": value, "z": "end"}}
            self.assertEqual(loads(dumps(config)), config)


class EditTest(unittest.TestCase):
    def check(self, before, value, after):
        text = f"# top\n[s]\n{before}\nz = 1  # one\n"
        edited = set_value(text, "s", "k", value)
        self.assertEqual(edited, f"# top\n[s]\n{after}\nz = 1  # one\n")
        self.assertEqual(loads(edited), {"s": {"k": value, "z": "1"}})

    def test_old_value_with_a_mark(self):
        self.check("k = team#printers", "new", "k = new")
        self.check("k = a;b  ; c", "new", "k = new  ; c")

    def test_old_value_quoted(self):
        self.check('k = "ab #cd"  # why', "new", "k = new  # why")
        self.check('k = "ab \\" #cd"', "new", "k = new")

    def test_new_value_with_a_mark(self):
        self.check("k = old # why", "a #b", 'k = "a #b" # why')
        self.check("k = old # why", "#fff", 'k = "#fff" # why')
        self.check("k = old # why", "a#b", "k = a#b # why")

    def test_comment_is_kept_to_the_byte(self):
        self.check('  k =   old\t;  a "b" # c', "new", '  k =   new\t;  a "b" # c')

    def test_old_value_empty(self):
        text = set_value("[s]\nk = # why\n", "s", "k", "new")
        self.assertEqual(loads(text), {"s": {"k": "new"}})
        self.assertIn("# why", text)

    def test_old_value_empty_without_comment(self):
        self.assertEqual(loads(set_value("[s]\nk =\n", "s", "k", "new")), {"s": {"k": "new"}})

    def test_added(self):
        text = set_value("[s] # here\nz = 1\n", "s", "k", "a ;b")
        self.assertEqual(loads(text), {"s": {"z": "1", "k": "a ;b"}})

    def test_commented_out_is_not_the_value(self):
        text = set_value("[s]\n# k = old\nk = mid\n", "s", "k", "new")
        self.assertEqual(text, "[s]\n# k = old\nk = new\n")


if __name__ == "__main__":
    unittest.main()
