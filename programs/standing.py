"""How an application stands, in plain words and with what happens next: for its page, lists and my page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from krds.dates import kdatetime
from programs.models import Application, Run, RunOffer

State = Application.State
Admission = Run.Admission

BADGES = {
    State.APPLIED: "information",
    State.WAITING: "warning",
    State.OFFERED: "primary",
    State.ACCEPTED: "primary",
    State.CONFIRMED: "success",
}


ENDED = {
    State.REJECTED: gettext_lazy("이번에는 선정되지 않았습니다."),
    State.DECLINED: gettext_lazy("자리 제안을 거절하셨습니다."),
    State.LAPSED: gettext_lazy("기한이 지나 신청이 끝났습니다."),
    State.CANCELLED: gettext_lazy("취소한 신청입니다."),
}


@dataclass(frozen=True)
class Standing:
    """``label`` is the badge, ``sentence`` how it is, ``following`` what happens next (may be empty)."""

    label: str
    badge: str
    sentence: str
    following: str = ""


def of(
    application: Application,
    now: datetime,
    *,
    position: int | None = None,
    offer: RunOffer | None = None,
    reason: str = "",
) -> Standing:
    """Needs ``application.run``. ``offer`` is the standing one, ``reason`` the last word of the trail."""
    run = application.run
    over = application.state in Application.SEATED and run.ends_at <= now
    if application.state == State.APPLIED:
        sentence, following = _applied(run, now)
    elif application.state == State.WAITING:
        sentence, following = _waiting(application, position)
    elif application.state == State.OFFERED:
        sentence, following = _offered(offer, now)
    elif application.state == State.ACCEPTED:
        sentence, following = _accepted(application)
    elif application.state == State.CONFIRMED:
        sentence, following = _confirmed(run, now)
    else:
        sentence, following = str(ENDED[application.state]), reason
    label = _("종료") if over else application.get_state_display()
    return Standing(str(label), "" if over else BADGES.get(application.state, ""), sentence, following)


def _confirmed(run: Run, now: datetime) -> tuple[str, str]:
    if run.ends_at <= now:
        return _("끝난 프로그램입니다."), ""
    return _("참여가 확정되었습니다."), _("전날 한 번 더 안내해 드립니다.") if run.starts_at > now else ""


def _offered(offer: RunOffer | None, now: datetime) -> tuple[str, str]:
    if offer is None or not offer.is_open(now):
        return _("답할 기한이 지난 자리 제안이 있습니다."), _("자리는 기다리는 다음 분께 차례가 돌아갑니다.")
    until = kdatetime(offer.deadline)
    return _("기다리시던 자리가 났습니다."), _("%(until)s까지 참여하실지 알려 주세요.") % {"until": until}


def _applied(run: Run, now: datetime) -> tuple[str, str]:
    if run.admission == Admission.DRAW:
        if run.closes_at and now < run.closes_at:
            said = _("접수가 끝나는 %(moment)s 뒤에 추첨하고 결과를 알려 드립니다.")
            return _("추첨을 기다리고 있습니다."), said % {"moment": kdatetime(run.closes_at)}
        return _("추첨을 기다리고 있습니다."), _("곧 추첨하고 결과를 알려 드립니다.")
    if run.admission == Admission.REVIEW:
        return _("심사를 기다리고 있습니다."), _("신청 내용을 살펴본 뒤 결과를 알려 드립니다.")
    return _("접수되었습니다."), _("센터에서 확인한 뒤 결과를 알려 드립니다.")


def _waiting(application: Application, position: int | None) -> tuple[str, str]:
    following = _("자리가 나면 순서대로 알려 드리고 답을 기다립니다.")
    if position is None:
        return _("자리를 기다리고 있습니다."), following
    if application.reserve_rank is not None:
        words = _("예비 %(rank)d번입니다. 지금 대기 순서는 %(position)d번째입니다.")
        return words % {"rank": application.reserve_rank, "position": position}, following
    return _("대기 %(position)d번째입니다.") % {"position": position}, following


def _accepted(application: Application) -> tuple[str, str]:
    if application.run.second_form_id is None or application.form_until is None:
        return _("선정되셨습니다."), _("센터에서 참여를 확정하면 알려 드립니다.")
    words = _("%(until)s까지 아래 서류를 내 주셔야 참여가 확정됩니다. 기한이 지나면 자리를 다른 분께 드립니다.")
    return _("선정되셨습니다. 아직 낼 서류가 있습니다."), words % {"until": kdatetime(application.form_until)}


def offers(applications: Iterable[Application], now: datetime) -> dict[int, RunOffer]:
    """The standing offer of each application that has one, by application."""
    keys = [one.pk for one in applications if one.state == State.OFFERED]
    return (
        {offer.application_id: offer for offer in RunOffer.objects.open(now).filter(application__in=keys)}
        if keys
        else {}
    )


def names(application: Application) -> str:
    """Who takes part, as the family calls them: ``하늘·바다``, or the school class. Needs ``for_page()``."""
    if application.headcount:
        return f"{application.school} {application.class_name} {application.headcount}{_('명')}"
    return "·".join(one.called for one in application.participants.all())
