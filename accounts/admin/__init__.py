"""People as the staff see them: masked lists, logged looks, and verbs that go through the use cases."""

from __future__ import annotations

from accounts.admin import (  # noqa: F401  (they register their pages)
    consents,
    families,
    organisations,
    people,
    replaced,
    staff,
)
