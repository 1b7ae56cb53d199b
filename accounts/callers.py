"""Finding the student of somebody who calls: by the full name, or by the end of a phone number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Prefetch, Q, QuerySet

from accounts.models import Guardianship, Student
from lifecycle.masking import mask_name, mask_phone

if TYPE_CHECKING:
    from accounts.models import User

MOST = 10
SHORTEST_NUMBER = 4  # digits; callers give the last four


@dataclass(frozen=True)
class Caller:
    """One student as staff see them before they know that it is the right one: masked."""

    student: Student
    phones: list[str]

    @property
    def name(self) -> str:
        return mask_name(self.student.name)


def students(user: User) -> QuerySet[Student]:
    """Whom ``user`` may book for."""
    return Student.objects.visible_to(user).filter(left_at__isnull=True)


def find(query: str, user: User) -> list[Caller]:
    """At most ``MOST`` students whose name is ``query``, or whose own or guardian's number ends in it."""
    digits = re.sub(r"\D", "", query)
    wanted = Q(name=query)
    if len(digits) >= SHORTEST_NUMBER:
        by_guardian = Guardianship.objects.current().filter(guardian__phone__endswith=digits)
        wanted |= Q(user__phone__endswith=digits) | Q(pk__in=by_guardian.values("student"))
    links = Prefetch("guardianships", Guardianship.objects.current().select_related("guardian"), to_attr="cared_by")
    found = students(user).filter(wanted).select_related("user", "school").prefetch_related(links)
    return [Caller(student, _phones(student)) for student in found.order_by("name", "pk")[:MOST]]


def _phones(student: Student) -> list[str]:
    people = [link.guardian for link in student.cared_by] + ([student.user] if student.user else [])
    return [mask_phone(person.phone) for person in people if person.phone]
