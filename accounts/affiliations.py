"""Who works for which school or partner: asked by the person, confirmed and ended by staff."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import Affiliation, Partner, School, User
from lifecycle.locks import Refused, contended

MOST_WAITING = 3


def ask(user: User, role: str, *, school: School | None = None, partner: Partner | None = None) -> Affiliation:
    """Say that one works there; until staff confirm it, it opens nothing.

    Raises:
        Refused: said before, or too many wait for an answer.
    """
    if user.affiliations.filter(confirmed_at=None, ended_at=None).count() >= MOST_WAITING:
        raise Refused(_("확인을 기다리는 소속이 너무 많습니다. 센터로 문의해 주세요."))
    with contended(_("이미 등록한 소속입니다.")), transaction.atomic():
        return Affiliation.objects.create(user=user, role=role, school=school, partner=partner)


@transaction.atomic
def confirm(affiliation: Affiliation, *, by: User) -> bool:
    """Confirm what somebody asked for; ``False`` when it was confirmed or ended before."""
    waiting = Affiliation.objects.filter(pk=affiliation.pk, confirmed_at=None, ended_at=None)
    if not waiting.update(confirmed_at=timezone.now(), confirmed_by=by):
        return False
    notices.confirmed(affiliation)
    return True


def end(affiliation: Affiliation) -> bool:
    """End an affiliation, confirmed or not; ``False`` when it was over."""
    return bool(Affiliation.objects.filter(pk=affiliation.pk, ended_at=None).update(ended_at=timezone.now()))
