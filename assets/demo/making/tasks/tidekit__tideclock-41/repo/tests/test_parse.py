import unittest

from tideclock import ParseError, parse_rules


class ParseTest(unittest.TestCase):
    def test_days_and_spans(self):
        week = parse_rules("Mon-Tue 13:00-17:00, 08:00-12:00; Sun 10:00-24:00")
        self.assertEqual(week[0], [(480, 720), (780, 1020)])
        self.assertEqual(week[1], week[0])
        self.assertEqual(week[6], [(600, 1440)])
        self.assertEqual(week[2], [])

    def test_range_over_the_end_of_the_week(self):
        week = parse_rules("Sat-Mon 10:00-11:00")
        self.assertEqual([bool(spans) for spans in week],
                         [True, False, False, False, False, True, True])

    def test_errors(self):
        for text in ("Fry 10:00-11:00", "Fri 10:00", "Fri 10:00-25:00",
                     "Fri 10:00-10:00", "Fri 10:61-11:00"):
            with self.subTest(text), self.assertRaises(ParseError):
                parse_rules(text)


if __name__ == "__main__":
    unittest.main()
