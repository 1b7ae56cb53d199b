"""Parts of a run's people that staff write to. A guardian with two children in it is one person."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Consent, ConsentText, User
from centre.models import Centre
from krds.dates import kperiod
from notices import audiences
from notices.audiences import Audience
from programs.models import Application, Mark, Run
from programs.notices import applying


class Segment(models.TextChoices):
    """Which of a run's applications."""

    ALL = "all", _("신청한 사람 모두")
    SELECTED = "selected", _("자리가 정해진 사람")
    WAITING = "waiting", _("기다리는 사람")
    ATTENDED = "attended", _("한 번이라도 온 사람")
    ABSENT = "absent", _("한 번도 오지 않은 사람")
    REJECTED = "rejected", _("선정되지 않은 사람")


def applications(run: int, segment: str) -> models.QuerySet[Application]:
    """The applications of ``segment``; nothing for a word that is none."""
    state, found = Application.State, Application.objects.filter(run=run)
    latest = Mark.objects.filter(session__run=run).current().values("pk")
    came = Exists(Mark.objects.filter(pk__in=latest, status__in=Mark.CAME, application=OuterRef("pk")))
    some = Exists(Mark.objects.filter(pk__in=latest, application=OuterRef("pk")).exclude(status=Mark.Status.CLEARED))
    seated = Q(state__in=Application.SEATED)
    chosen: dict[str, Q] = {
        Segment.ALL: Q(state__in=Application.LIVE),
        Segment.SELECTED: seated,
        Segment.WAITING: Q(state__in=[state.WAITING, state.OFFERED]),
        Segment.ATTENDED: seated & Q(came),
        Segment.ABSENT: seated & Q(some) & ~Q(came),
        Segment.REJECTED: Q(state=state.REJECTED),
    }
    return found.filter(chosen[segment]) if segment in chosen else found.none()


def _told(params: audiences.Params) -> models.QuerySet[User]:
    """Everybody with an account who is told of these applications, as of any other news about them."""
    some = list(applications(params["run"], params["segment"]).only("pk"))
    return User.objects.filter(pk__in=[user.pk for user in applying.people(some)] if some else [])


def _agreed(users: models.QuerySet[User]) -> models.QuerySet[User]:
    standing = Consent.objects.filter(text__kind=ConsentText.Kind.MARKETING, user__isnull=False).standing()
    given = Consent.objects.filter(pk__in=standing.values("pk"), given=True)
    return users.filter(pk__in=given.values("user_id"))


def _values(params: audiences.Params) -> dict[str, str]:
    run, centre = Run.objects.select_related("program").filter(pk=params["run"]).first(), Centre.objects.current()
    if run is None:  # taken out since; an old draft is still read
        return {}
    return {
        "프로그램": run.program.title,
        "회차": run.title,
        "일시": kperiod(run.starts_at, run.ends_at),
        "장소": run.place,
        "전화": centre.phone if centre else "",
        "링크": f"{settings.SITE_URL}{run.program.get_absolute_url()}",
    }


def _describe(params: audiences.Params) -> str:
    run = Run.objects.select_related("program").get(pk=params["run"])
    return f"{run.program} {run.title} · {Segment(params['segment']).label}"


def _same(user: Any) -> Any:
    return user


OF_A_RUN = audiences.register(
    Audience(
        code="programs.run",
        label="프로그램 회차의 사람들",
        rows=_told,
        recipient=_same,
        values=_values,
        describe=_describe,
        agreed=_agreed,
        permission="programs.change_run",
    )
)
