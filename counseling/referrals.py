"""Which topics take referrals from teachers, for ``intake.referring``."""

from __future__ import annotations

from counseling.missed import AREA
from counseling.models import Topic
from intake import referring


def _subjects() -> list[referring.Subject]:
    topics = Topic.objects.open().filter(rules__takes_referrals=True)
    return [referring.Subject(AREA, topic.pk, topic.name) for topic in topics]


referring.register(AREA, _subjects)
