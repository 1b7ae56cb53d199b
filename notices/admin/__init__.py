"""The post room: what left, what did not, and the words it is said in."""

from __future__ import annotations

from notices.admin import mailings, outgoing, sandbox, wordings  # noqa: F401  (registers the pages)
