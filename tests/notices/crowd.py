"""An audience that the workers of the drills know: everybody called ``crowd…``."""

from __future__ import annotations

from accounts.models import User
from notices import audiences
from notices.audiences import Audience

MANY = 6_000  # a dozen steps of the expansion

CROWD = audiences.register(
    Audience(
        code="test.crowd",
        label="많은 사람",
        rows=lambda params: User.objects.filter(email__startswith="crowd", is_active=True),
        recipient=lambda user: user,
        values=lambda params: {},
        describe=lambda params: "많은 사람",
    )
)
