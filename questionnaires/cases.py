"""What forms are about: a room above registers its kind of case at start-up (``counseling.questionnaires``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.models import Student

if TYPE_CHECKING:
    from accounts.models import User
    from questionnaires.models import Questionnaire

NOBODY = Q(pk__in=[])


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of case, such as a booking. ``model`` may be a proxy: one row can be a case of two kinds then.

    ``code`` stands in the address. ``of_family`` and ``of_staff`` are the cases that somebody may open;
    ``form_of`` the form to fill in, if any; ``is_live`` whether it may be filled in at all, and ``closes_at``
    until when (that moment excluded). ``ended_at`` is when the case was over or will be, and ``over`` the
    cases that were over before a moment: from there the answers' time to be destroyed is counted. ``sent`` and
    ``reopened`` may refuse (``lifecycle.locks.Refused``); then nothing was sent or opened.
    """

    code: str
    label: str
    model: type[models.Model]
    of_family: Callable[[User], models.QuerySet]
    of_staff: Callable[[User], models.QuerySet]
    form_of: Callable[[Any], Questionnaire | None]
    student_of: Callable[[Any], Student]
    people: Callable[[Any], Iterable[Any]]  # to tell when something has to be done again
    title: Callable[[Any], str]
    url: Callable[[Any], str]
    staff_url: Callable[[Any], str]
    is_live: Callable[[Any], bool]
    closes_at: Callable[[Any], datetime]
    ended_at: Callable[[Any], datetime]
    over: Callable[[datetime], models.QuerySet]
    sent: Callable[[Any, User], None] | None = None  # what sending brings about, in the same transaction
    reopened: Callable[[Any, User], str] | None = None  # what opening it again brings about, likewise: for the family

    @property
    def content_type(self) -> ContentType:
        return content_type(self.model)

    def fill_url(self, case: models.Model) -> str:
        """Where the form about ``case`` is filled in and read."""
        return reverse("questionnaires:fill", args=[self.code, case.pk])


def content_type(model: type[models.Model] | models.Model) -> ContentType:
    """The type that stands in a response; a proxy has one of its own."""
    return ContentType.objects.get_for_model(model, for_concrete_model=False)


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Make a kind of case known.

    Raises:
        ValueError: another kind has this code.
    """
    if _kinds.setdefault(kind.code, kind) is not kind:
        raise ValueError(f"Two kinds of case are called {kind.code}.")
    return kind


def everything() -> list[Kind]:
    return list(_kinds.values())


def find(code: str) -> Kind | None:
    return _kinds.get(code)


def of(case: models.Model) -> Kind:
    """The kind of this very case.

    Raises:
        LookupError: nobody registered it.
    """
    for kind in _kinds.values():
        if type(case) is kind.model:
            return kind
    raise LookupError(f"No kind of case is registered for {case._meta.label}.")


def seen_by_staff(user: User) -> Q:
    """Responses to the cases that a member of staff may open, as a condition."""
    seen = NOBODY
    for kind in _kinds.values():
        seen |= Q(case_type=kind.content_type, case_id__in=kind.of_staff(user).values("pk"))
    return seen


def over(before: datetime) -> Q:
    """Responses to cases that were over before a moment, or that are gone."""
    ended = NOBODY
    for kind in _kinds.values():
        gone = ~Q(case_id__in=kind.model._base_manager.values("pk"))
        ended |= Q(case_type=kind.content_type) & (Q(case_id__in=kind.over(before).values("pk")) | gone)
    return ended


def writers_students(user: User) -> models.QuerySet[Student]:
    """The students for whom somebody answers."""
    return Student.objects.editable_by(user)
