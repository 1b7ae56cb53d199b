"""Rosters that leave the house: what a partner gets and why, who refused or agreed, and each time it was taken."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Affiliation, Partner, User
from lifecycle.append_only import append_only
from programs.models.applications import Application
from programs.models.runs import Run

ITEMS = _("이름, 학교급, 학년")  # never contacts


def partner_keys(user: User) -> models.QuerySet:
    """The partners that ``user`` works for, as staff confirmed."""
    return user.affiliations.current().filter(role=Affiliation.Role.PARTNER).values("partner")


class RosterShareQuerySet(models.QuerySet):
    def standing(self) -> RosterShareQuerySet:
        """Not taken back, and the partner still belongs to the run."""
        together = Run.partners.through.objects.filter(run=OuterRef("run"), partner=OuterRef("partner"))
        return self.filter(Exists(together), withdrawn_at=None)

    def visible_to(self, user: User) -> RosterShareQuerySet:
        """What a partner's people may know of: their own."""
        return self.standing().filter(partner__in=partner_keys(user)).exclude(run__state=Run.State.CANCELLED)


class RosterShare(models.Model):
    """That a partner of a run gets its roster: what families read (법 제17조제2항, 제26조제2항).

    Without a standing row no roster is handed over. Entrusted (위탁): the partner holds the run for the centre, and
    families are told. Provided (제공): the partner has a purpose of its own, and only who agreed is on the roster.
    """

    class Basis(models.TextChoices):
        ENTRUSTED = "entrusted", _("처리 위탁")
        PROVIDED = "provided", _("제3자 제공")

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="roster_shares", verbose_name=_("회차"))
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="roster_shares", verbose_name=_("받는 기관")
    )
    basis = models.CharField(
        _("구분"),
        max_length=10,
        choices=Basis,
        default=Basis.ENTRUSTED,
        help_text="센터의 일을 맡겨 운영하면 처리 위탁, 기관이 자기 목적으로 쓰면 제3자 제공(동의한 사람만)입니다.",
    )
    purpose = models.CharField(_("이용 목적"), max_length=200, help_text="예: 출석 확인과 조 편성")
    keep_days = models.PositiveSmallIntegerField(
        _("보유 기간(일)"), default=7, help_text="행사가 끝난 뒤 이 날수 안에 기관이 명단을 없앱니다. 0~30일"
    )
    created_at = models.DateTimeField("등록 일시", default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, verbose_name="등록한 직원"
    )
    withdrawn_at = models.DateTimeField("거둔 일시", null=True, blank=True, editable=False)

    objects = RosterShareQuerySet.as_manager()

    class Meta:
        verbose_name = "명단 제공 안내"
        verbose_name_plural = "명단 제공 안내"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "partner"],
                condition=Q(withdrawn_at=None),
                name="rostershare_one_standing",
                violation_error_message="이 회차에는 이 기관의 명단 제공 안내가 이미 있습니다.",
            ),
            models.CheckConstraint(
                condition=Q(keep_days__lte=30),
                name="rostershare_kept_briefly",
                violation_error_message="보유 기간은 행사가 끝난 뒤 30일까지입니다.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run} → {self.partner}"

    @property
    def kept_until(self) -> datetime:
        """When the partner has to have destroyed its copy."""
        return self.run.ends_at + timedelta(days=self.keep_days)

    @property
    def opens_at(self) -> datetime:
        """From when the roster can be opened: no earlier than the work with it begins."""
        return self.run.starts_at - timedelta(days=settings.PARTNER_ROSTER_DAYS)

    @property
    def closes_at(self) -> datetime:
        """From when it cannot be opened any more: with the time for which it may be kept."""
        return self.kept_until


class RosterAnswerQuerySet(models.QuerySet):
    def latest_of(self, share: RosterShare) -> models.Subquery:
        """As a subquery over applications: the last answer of each about this share."""
        rows = self.filter(share=share, application=OuterRef("pk")).order_by("-at", "-pk")
        return Subquery(rows.values("agreed")[:1])


class RosterAnswer(models.Model):
    """Whether a family agrees that a partner gets its names. Only ever added to; the latest holds."""

    share = models.ForeignKey(
        RosterShare, on_delete=models.CASCADE, related_name="answers", verbose_name="명단 제공 안내"
    )
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+", verbose_name="신청")
    agreed = models.BooleanField("동의")
    at = models.DateTimeField("일시", default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="답한 사람"
    )

    objects = RosterAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = "명단 제공 동의"
        verbose_name_plural = "명단 제공 동의"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["application", "share", "-at"], name="rosteranswer_latest")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.share} {'동의' if self.agreed else '동의하지 않음'}"


class HandOver(models.Model):
    """One opening or download of a roster by a partner. Only ever added to (안전성 확보조치 기준 제8조)."""

    class Act(models.TextChoices):
        VIEW = "view", "열람"
        FILE = "file", "내려받기"

    at = models.DateTimeField("일시", default=timezone.now, editable=False)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="hand_overs", verbose_name="회차")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", verbose_name="받은 기관")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="받은 사람"
    )
    act = models.CharField("방법", max_length=4, choices=Act)
    basis = models.CharField("구분", max_length=10, choices=RosterShare.Basis)
    purpose = models.CharField("이용 목적", max_length=200)
    items = models.CharField("항목", max_length=100)
    people = models.PositiveIntegerField("대상 인원")

    class Meta:
        verbose_name = "명단 제공 기록"
        verbose_name_plural = "명단 제공 기록"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["run", "partner", "-at"], name="handover_run")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.partner} {self.get_act_display()}"
