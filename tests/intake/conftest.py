"""The smallest centre of the counselling tests serves here, too."""

from __future__ import annotations

from tests.counseling.conftest import (  # noqa: F401
    counselor,
    make_counselor,
    make_parent,
    make_slot,
    make_student,
    monday_morning,
    one_factor_is_enough,
    parent,
    rule,
    slot,
    student,
    topic,
)
