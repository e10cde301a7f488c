import unittest
from datetime import date, datetime

from tideclock import Schedule

# 1 December 2025 is a Monday.
HARBOUR = Schedule("Mon-Fri 08:00-12:00, 13:00-17:00; Sat 09:00-24:00",
                   closed=[date(2025, 12, 25)])


class ScheduleTest(unittest.TestCase):
    def test_is_open(self):
        self.assertTrue(HARBOUR.is_open(datetime(2025, 12, 1, 8, 0)))
        self.assertFalse(HARBOUR.is_open(datetime(2025, 12, 1, 12, 0)))
        self.assertTrue(HARBOUR.is_open(datetime(2025, 12, 6, 23, 59)))
        self.assertFalse(HARBOUR.is_open(datetime(2025, 12, 7, 0, 0)))

    def test_closed_date(self):
        self.assertFalse(HARBOUR.is_open(datetime(2025, 12, 25, 9, 0)))
        self.assertEqual(HARBOUR.next_change(datetime(2025, 12, 24, 18, 0)),
                         datetime(2025, 12, 26, 8, 0))

    def test_next_change(self):
        self.assertEqual(HARBOUR.next_change(datetime(2025, 12, 1, 9, 30)),
                         datetime(2025, 12, 1, 12, 0))
        self.assertEqual(HARBOUR.next_change(datetime(2025, 12, 6, 10, 0)),
                         datetime(2025, 12, 7, 0, 0))
        self.assertIsNone(Schedule("").next_change(datetime(2025, 12, 1)))

    def test_touching_spans_are_no_change(self):
        day = Schedule("Mon 08:00-12:00, 12:00-14:00")
        self.assertEqual(day.next_change(datetime(2025, 12, 1, 9, 0)),
                         datetime(2025, 12, 1, 14, 0))

    def test_minutes(self):
        self.assertEqual(HARBOUR.open_minutes(datetime(2025, 12, 1, 11, 0),
                                              datetime(2025, 12, 2, 9, 0)), 360)
        self.assertEqual(HARBOUR.weekly_minutes(), 5 * 480 + 900)
        self.assertEqual(Schedule("Mon 08:00-12:00, 10:00-13:00").weekly_minutes(), 300)


if __name__ == "__main__":
    unittest.main()
