"""Counts the calls of a client of Kraken to the simulated exchange, and says which answers were not as expected."""

import json
import os
import re
import sys
import time
import traceback
import urllib.request

URL = os.environ["EXCHANGE_URL"]
KEY = os.environ["EXCHANGE_KEY"]
SECRET = os.environ["EXCHANGE_SECRET"]


def steer(path, **params):
    """Sends a command of the operator, such as `advance` with `seconds`."""
    request = urllib.request.Request(f"{URL}/admin/{path}", json.dumps(params).encode())
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class Calls:
    """The calls of one library. `errors` maps an exception or an answer to the error text in it, or None."""

    def __init__(self, library, errors):
        self.library = library
        self.errors = errors
        self.made = 0
        self.failed = 0

    def ok(self, name, call, holds=lambda answer: True):
        """Makes a call that has to succeed, with an answer of which `holds` is true. Returns the answer."""
        answer, error = self._make(call)
        if error is not None:
            return self._fail(name, f"was refused: {error}")
        try:
            held = holds(answer)
        except Exception as fault:
            return self._fail(name, f"answered {answer!r:.300}: {fault!r}", answer)
        return answer if held else self._fail(name, f"answered {answer!r:.300}", answer)

    def refused(self, name, call, pattern):
        """Makes a call that has to end in an error that matches a pattern."""
        answer, error = self._make(call)
        if error is None:
            self._fail(name, f"went through: {answer!r:.300}")
        elif not re.search(pattern, error):
            self._fail(name, f"ended in {error!r}, not in {pattern!r}")

    def end(self):
        """Prints the counts as the last line, and ends the program."""
        print(json.dumps({"library": self.library, "calls": self.made, "passed": self.made - self.failed}))
        sys.exit(1 if self.failed else 0)

    def _make(self, call):
        self.made += 1
        # Some clients take their nonces from the clock in milliseconds.
        time.sleep(0.002)
        try:
            answer = call()
            return answer, self.errors(answer)
        except Exception as fault:
            error = self.errors(fault)
            if error is None:
                traceback.print_exc()
            return None, error or repr(fault)

    def _fail(self, name, text, answer=None):
        self.failed += 1
        print(f"{self.library}: {name} {text}", file=sys.stderr)
        return answer


def only(answer):
    """Returns the one value of a dictionary, whatever its key."""
    [value] = answer.values()
    return value
