"""The four ways in which a hand-over can fail. Which one it was decides whether it may be tried again."""

from __future__ import annotations


class Failed(Exception):
    """The message was not accepted. ``str()`` is a Korean sentence for staff, free of personal data."""


class TrySoon(Failed):
    """A hiccup before anything was handed over: a refused connection, a busy server."""


class TryLater(Failed):
    """Something a person has to put right, or a limit that passes: money, keys, throttling, a full mailbox."""


class Never(Failed):
    """This message will never be accepted: no such number, a refused sender."""


class InDoubt(Failed):
    """The line broke after the message had been handed over; it may have arrived."""
