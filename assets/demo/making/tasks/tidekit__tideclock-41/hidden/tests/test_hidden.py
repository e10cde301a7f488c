import random
import unittest
from datetime import date, datetime, timedelta

from tideclock import Schedule

BAR = "Thu 18:00-23:00; Fri 22:00-02:00"


def at(day, hour, minute=0):
    """A moment in December 2025; the 1st is a Monday."""
    return datetime(2025, 12, day, hour, minute)


class IsOpenTest(unittest.TestCase):
    def test_issue(self):
        bar = Schedule(BAR)
        self.assertTrue(bar.is_open(at(5, 23)))
        self.assertTrue(bar.is_open(at(6, 1)))

    def test_edges(self):
        bar = Schedule(BAR)
        self.assertFalse(bar.is_open(at(5, 21, 59)))
        self.assertTrue(bar.is_open(at(5, 22)))
        self.assertTrue(bar.is_open(at(6, 0)))
        self.assertTrue(bar.is_open(at(6, 1, 59)))
        self.assertFalse(bar.is_open(at(6, 2)))

    def test_not_on_the_morning_of_its_own_day(self):
        self.assertFalse(Schedule(BAR).is_open(at(5, 1)))
        self.assertFalse(Schedule(BAR).is_open(at(6, 23)))

    def test_over_the_end_of_the_week(self):
        bar = Schedule("Sun 22:00-02:00")
        self.assertTrue(bar.is_open(at(8, 1)))
        self.assertFalse(bar.is_open(at(7, 1)))

    def test_closed_date_ends_nothing_that_runs(self):
        bar = Schedule("Fri-Sat 22:00-02:00", closed=[date(2025, 12, 6)])
        self.assertTrue(bar.is_open(at(6, 1)))
        self.assertFalse(bar.is_open(at(6, 23)))
        self.assertFalse(bar.is_open(at(7, 1)))

    def test_closed_evening_has_no_morning(self):
        bar = Schedule("Fri 22:00-02:00", closed=[date(2025, 12, 5)])
        self.assertFalse(bar.is_open(at(5, 23)))
        self.assertFalse(bar.is_open(at(6, 1)))


class NextChangeTest(unittest.TestCase):
    def test_opening_and_closing(self):
        bar = Schedule(BAR)
        self.assertEqual(bar.next_change(at(5, 12)), at(5, 22))
        self.assertEqual(bar.next_change(at(5, 23)), at(6, 2))
        self.assertEqual(bar.next_change(at(6, 1)), at(6, 2))
        self.assertEqual(bar.next_change(at(6, 2)), at(11, 18))

    def test_touching_at_the_end(self):
        bar = Schedule("Fri 22:00-02:00; Sat 02:00-05:00")
        self.assertEqual(bar.next_change(at(5, 23)), at(6, 5))
        self.assertEqual(bar.next_change(at(6, 1)), at(6, 5))

    def test_closed_dates(self):
        bar = Schedule("Fri-Sat 22:00-02:00", closed=[date(2025, 12, 6)])
        self.assertEqual(bar.next_change(at(5, 23)), at(6, 2))
        self.assertEqual(bar.next_change(at(6, 0, 30)), at(6, 2))
        self.assertEqual(bar.next_change(at(6, 2)), at(12, 22))

    def test_always_open_never_changes(self):
        self.assertIsNone(Schedule("Mon-Sun 12:00-00:00, 00:00-12:00").next_change(at(1, 5)))


class MinutesTest(unittest.TestCase):
    def test_range_beginning_inside(self):
        bar = Schedule(BAR)
        self.assertEqual(bar.open_minutes(at(6, 1), at(6, 12)), 60)
        self.assertEqual(bar.open_minutes(at(6, 0), at(7, 0)), 120)
        self.assertEqual(bar.open_minutes(at(5, 0), at(6, 0)), 120)
        self.assertEqual(bar.open_minutes(at(5, 23), at(6, 1)), 120)

    def test_overlap_with_the_next_day(self):
        bar = Schedule("Fri 22:00-04:00; Sat 02:00-06:00")
        self.assertEqual(bar.open_minutes(at(5, 0), at(7, 0)), 480)
        self.assertEqual(bar.weekly_minutes(), 480)

    def test_weekly(self):
        self.assertEqual(Schedule(BAR).weekly_minutes(), 300 + 240)
        self.assertEqual(Schedule("Sun 22:00-02:00").weekly_minutes(), 240)

    def test_weekly_overlap_at_the_end_of_the_week(self):
        bar = Schedule("Sun 22:00-04:00; Mon 02:00-06:00")
        self.assertEqual(bar.weekly_minutes(), 480)
        self.assertEqual(Schedule("Mon-Sun 20:00-19:00").weekly_minutes(), 7 * 23 * 60)

    def test_all_agree_with_is_open(self):
        chance = random.Random(41)
        days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        for _ in range(12):
            rules = []
            for _ in range(chance.randint(1, 5)):
                start, end = chance.sample(range(24), 2)
                rules.append(f"{chance.choice(days)} {start:02}:00-{end:02}:00")
            place = Schedule("; ".join(rules), closed=[date(2025, 12, 4)])
            hours = [at(1, 0) + timedelta(hours=hour) for hour in range(10 * 24)]
            answers = [place.is_open(hour) for hour in hours]
            with self.subTest(rules):
                self.assertEqual(place.open_minutes(hours[5], hours[200]),
                                 60 * sum(answers[5:200]))
                for index in range(0, 100, 7):
                    later = [h for h, a in zip(hours[index:], answers[index:])
                             if a != answers[index]]
                    if later:
                        self.assertEqual(place.next_change(hours[index]), later[0])
                free = Schedule("; ".join(rules))
                self.assertEqual(free.weekly_minutes(),
                                 60 * sum(free.is_open(hour) for hour in hours[:168]))


if __name__ == "__main__":
    unittest.main()
