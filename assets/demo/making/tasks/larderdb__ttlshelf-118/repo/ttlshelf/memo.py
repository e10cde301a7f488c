"""Keep the results of a function on a shelf."""

from functools import wraps

MISSING = object()


def memo(shelf):
    """Decorator: look for the result on the shelf before calling the function."""

    def decorate(function):
        @wraps(function)
        def wrapped(*args):
            key = (function.__qualname__, args)
            result = shelf.get(key, MISSING)
            if result is MISSING:
                result = function(*args)
                shelf.set(key, result)
            return result

        return wrapped

    return decorate
