import unittest

from ttlshelf import Shelf, memo


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class ShelfTest(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()
        self.left = []
        self.shelf = Shelf(3, ttl=10, clock=self.clock,
                           on_evict=lambda *what: self.left.append(what))

    def test_get_and_default(self):
        self.shelf.set("a", None)
        self.assertIsNone(self.shelf.get("a", 1))
        self.assertEqual(self.shelf.get("b", 1), 1)

    def test_age(self):
        self.shelf.set("a", 1)
        self.clock.now += 9.9
        self.assertIn("a", self.shelf)
        self.clock.now = 110.0
        self.assertEqual(len(self.shelf), 0)
        self.assertEqual(self.shelf.stored, 1)
        self.assertNotIn("a", self.shelf)
        self.assertEqual(self.left, [("a", 1, "expired")])

    def test_least_recently_used_leaves(self):
        for key in "abc":
            self.shelf.set(key, key)
        self.shelf.get("a")
        self.shelf.peek("b")
        self.shelf.set("d", "d")
        self.assertEqual(self.shelf.keys(), ["c", "a", "d"])
        self.assertEqual(self.left, [("b", "b", "capacity")])

    def test_update_and_resize(self):
        self.shelf.update({"a": 1, "b": 2, "c": 3, "d": 4})
        self.assertEqual(self.shelf.keys(), ["b", "c", "d"])
        self.shelf.resize(1)
        self.assertEqual(self.shelf.keys(), ["d"])

    def test_memo(self):
        calls = []

        @memo(self.shelf)
        def half(number):
            calls.append(number)
            return number / 2

        self.assertEqual([half(4), half(4)], [2, 2])
        self.assertEqual(calls, [4])


if __name__ == "__main__":
    unittest.main()
