import random
import unittest

from ttlshelf import Shelf


class Clock:
    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now


class EvictionTest(unittest.TestCase):
    def make(self, room=3, **more):
        self.clock = Clock()
        self.left = []
        more.setdefault("on_evict", lambda *what: self.left.append(what))
        return Shelf(room, clock=self.clock, **more)

    def hot_and_dead(self):
        shelf = self.make()
        shelf.set("hot", 0)
        shelf.set("x", 1, ttl=5)
        shelf.set("y", 2, ttl=5)
        self.clock.now = 60
        return shelf

    def reasons(self):
        return sorted((key, reason) for key, _, reason in self.left)

    def test_issue(self):
        shelf = self.hot_and_dead()
        shelf.set("z", 3, ttl=5)
        self.assertEqual(shelf.get("hot"), 0)
        self.assertEqual(shelf.get("z"), 3)

    def test_no_more_than_the_room_in_memory(self):
        shelf = self.hot_and_dead()
        for key in "klmnop":
            shelf.set(key, key)
            self.assertLessEqual(shelf.stored, 3)

    def test_reason_is_expired(self):
        shelf = self.hot_and_dead()
        shelf.set("z", 3)
        self.assertTrue(self.left)
        self.assertEqual({reason for _, _, reason in self.left}, {"expired"})
        self.assertNotIn("hot", [key for key, _, _ in self.left])

    def test_reason_is_expired_even_if_it_is_the_least_recently_used(self):
        shelf = self.make(2)
        shelf.set("old", 1, ttl=5)
        shelf.set("live", 2)
        self.clock.now = 5
        shelf.set("new", 3)
        self.assertEqual(self.left, [("old", 1, "expired")])
        self.assertEqual(shelf.keys(), ["live", "new"])

    def test_live_entries_leave_in_order_when_nothing_is_expired(self):
        shelf = self.make(2)
        for key in "abc":
            shelf.set(key, key)
        self.assertEqual(self.left, [("a", "a", "capacity")])

    def test_exact_age(self):
        shelf = self.make(2)
        shelf.set("a", 1)
        shelf.set("b", 2, ttl=5)
        self.clock.now = 5
        shelf.set("c", 3)
        self.assertEqual(shelf.keys(), ["a", "c"])

    def test_replacing_takes_no_room(self):
        shelf = self.make(2)
        shelf.set("a", 1)
        shelf.set("b", 2)
        shelf.set("b", 3)
        self.assertEqual(shelf.keys(), ["a", "b"])
        self.assertEqual(shelf.get("b"), 3)
        self.assertEqual(self.left, [])

    def test_replacing_the_oldest(self):
        shelf = self.make(2)
        shelf.set("a", 1)
        shelf.set("b", 2)
        shelf.set("a", 3)
        self.assertEqual(shelf.keys(), ["b", "a"])
        self.assertEqual(self.left, [])

    def test_update(self):
        shelf = self.hot_and_dead()
        shelf.update({"z": 3, "w": 4})
        self.assertEqual(shelf.keys(), ["hot", "z", "w"])
        self.assertEqual(self.reasons(), [("x", "expired"), ("y", "expired")])

    def test_update_of_more_than_the_room(self):
        shelf = self.hot_and_dead()
        shelf.update(dict.fromkeys("klmn", 1))
        self.assertEqual(shelf.keys(), ["l", "m", "n"])
        self.assertEqual(self.reasons(), [("hot", "capacity"), ("k", "capacity"),
                                          ("x", "expired"), ("y", "expired")])

    def test_resize(self):
        shelf = self.hot_and_dead()
        shelf.resize(1)
        self.assertEqual(shelf.keys(), ["hot"])
        self.assertEqual(self.reasons(), [("x", "expired"), ("y", "expired")])

    def test_resize_takes_live_ones_if_necessary(self):
        shelf = self.make(4)
        shelf.set("a", 1)
        shelf.set("b", 2, ttl=5)
        shelf.set("c", 3)
        shelf.set("d", 4)
        self.clock.now = 9
        shelf.resize(2)
        self.assertEqual(shelf.keys(), ["c", "d"])
        self.assertEqual(self.reasons(), [("a", "capacity"), ("b", "expired")])

    def test_callback_may_use_the_shelf(self):
        seen = []

        def on_evict(key, value, reason):
            seen.append((key, reason, key in shelf, len(shelf), shelf.get("x"), shelf.get("y")))

        shelf = self.make(3, on_evict=on_evict)
        shelf.set("hot", 0)
        shelf.set("x", 1, ttl=5)
        shelf.set("y", 2, ttl=5)
        self.clock.now = 60
        shelf.set("z", 3)
        shelf.resize(1)
        self.assertEqual(shelf.keys(), ["z"])
        self.assertEqual(sorted(what[:2] for what in seen),
                         [("hot", "capacity"), ("x", "expired"), ("y", "expired")])
        self.assertFalse(any(what[2] for what in seen))

    def test_all_rules_by_chance(self):
        chance = random.Random(118)
        for _ in range(30):
            shelf = self.make(4)
            model = {}  # key: (value, expires), least recently used first
            for step in range(120):
                self.clock.now += chance.choice((0, 1, 1, 4))
                key = chance.choice("abcdefgh")
                if chance.random() < 0.3:
                    live = {k for k, (_, end) in model.items() if end > self.clock.now}
                    self.assertEqual(shelf.get(key), model[key][0] if key in live else None)
                    if key in live:
                        model[key] = model.pop(key)
                    continue
                ttl = chance.choice((3, 8, 1000))
                if chance.random() < 0.5:
                    shelf.set(key, step, ttl=ttl)
                else:
                    shelf.update({key: step}, ttl=ttl)
                model = {k: e for k, e in model.items() if e[1] > self.clock.now and k != key}
                model[key] = (step, self.clock.now + ttl)
                if len(model) > 4:
                    del model[next(iter(model))]
                self.assertEqual(shelf.keys(), list(model))
                self.assertLessEqual(shelf.stored, 4)


if __name__ == "__main__":
    unittest.main()
