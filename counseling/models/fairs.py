"""A fair (박람회): a day of a programme with booths, at each of which one visiting officer talks to one student at a time.

A booth is a counsellor without an account, a topic of its own and that counsellor's times, so that everything that
holds for counselling holds here: one booking per time, a student in one place, the locks, the trail, the notices.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Partner
from counseling.models.people import Counselor, Topic
from counseling.models.working import sessions
from krds.dates import ktime
from programs.models import Program, Run


class FairQuerySet(models.QuerySet):
    def published(self) -> FairQuerySet:
        """Those whose programme and run anybody may read of."""
        now = timezone.now()
        return self.filter(run__published_at__lte=now, run__program__published_at__lte=now)

    def for_page(self) -> FairQuerySet:
        return self.select_related("run__program", "run__rules")


class Fair(models.Model):
    """What a run's booths have in common. The day is the run's first, in KST."""

    run = models.OneToOneField(
        Run,
        on_delete=models.PROTECT,
        related_name="fair",
        verbose_name="회차",
        limit_choices_to={"program__kind": Program.Kind.FAIR},
        help_text="종류가 ‘박람회’인 프로그램의 회차입니다.",
    )
    opens_at = models.DateTimeField(_("예약 시작"), help_text="이 시각부터 부스 상담을 예약할 수 있습니다.")
    per_visitor = models.PositiveSmallIntegerField(
        _("한 학생의 상담 수"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="취소한 상담은 세지 않습니다. 같은 부스는 한 번만 예약할 수 있습니다.",
    )
    note = models.TextField(_("안내"), max_length=1000, blank=True, help_text="예: 학교생활기록부 사본을 가져오세요.")

    objects = FairQuerySet.as_manager()

    class Meta:
        verbose_name = _("박람회")
        verbose_name_plural = _("박람회")
        ordering = ["-run__starts_at", "-pk"]
        permissions = [("staff_fair", "박람회 현황판에서 도착과 불참을 적을 수 있음")]
        constraints = [
            models.CheckConstraint(
                condition=Q(per_visitor__range=(1, 20)),
                name="fair_cap_sane",
                violation_error_message="한 학생의 상담 수는 1~20으로 적어 주세요.",
            )
        ]

    def __str__(self) -> str:
        return str(self.run)

    def get_absolute_url(self) -> str:
        return reverse("counseling:fair", args=[self.pk])

    @property
    def day(self) -> date:
        return timezone.localdate(self.run.starts_at)


class Booth(models.Model):
    """One table of one university. ``counselor`` and ``topic`` are made with its times (``counseling.fairs``)."""

    fair = models.ForeignKey(Fair, on_delete=models.PROTECT, related_name="booths", verbose_name=_("박람회"))
    number = models.PositiveSmallIntegerField(_("부스 번호"), validators=[MinValueValidator(1)])
    partner = models.ForeignKey(
        Partner,
        on_delete=models.PROTECT,
        related_name="booths",
        verbose_name=_("대학"),
        limit_choices_to={"kind": Partner.Kind.UNIVERSITY},
    )
    officer = models.CharField(
        _("상담자"), max_length=30, help_text="이용자에게 보입니다. 이름을 밝히지 않으려면 ‘입학사정관’처럼 적습니다."
    )
    subject = models.CharField(_("상담 내용"), max_length=100, blank=True, help_text="예: 학생부종합전형, 논술전형")
    place = models.CharField(
        _("자리"), max_length=60, blank=True, help_text="예: 대강당 입구 왼쪽. 번호는 적지 않습니다."
    )
    starts = models.TimeField(_("첫 상담 시작"), default=time(10))
    ends = models.TimeField(_("마지막 상담 끝"), default=time(16))
    minutes = models.PositiveSmallIntegerField(_("상담 시간(분)"), default=20)
    pause = models.PositiveSmallIntegerField(_("상담 사이 간격(분)"), default=5)
    active = models.BooleanField(
        _("참가"), default=True, help_text="끄고 시간을 다시 만들면 예약이 없는 시간을 모두 거둡니다."
    )
    counselor = models.OneToOneField(
        Counselor, on_delete=models.PROTECT, null=True, editable=False, related_name="booth", verbose_name="상담사"
    )
    topic = models.OneToOneField(
        Topic, on_delete=models.PROTECT, null=True, editable=False, related_name="booth", verbose_name="상담 주제"
    )

    class Meta:
        verbose_name = _("부스")
        verbose_name_plural = _("부스")
        ordering = ["fair", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["fair", "number"],
                name="booth_number_once",
                violation_error_message="이 박람회에 같은 번호의 부스가 있습니다.",
            ),
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")),
                name="booth_times_in_order",
                violation_error_message="마지막 상담 끝은 첫 상담 시작보다 뒤여야 합니다.",
            ),
            models.CheckConstraint(
                condition=Q(minutes__range=(10, 120), pause__lte=120),
                name="booth_minutes_sane",
                violation_error_message="상담 시간은 10~120분, 간격은 120분까지 적을 수 있습니다.",
            ),
            models.CheckConstraint(
                condition=Q(counselor=None, topic=None) | Q(counselor__isnull=False, topic__isnull=False),
                name="booth_has_both_or_neither",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner} ({self.label})"

    @property
    def label(self) -> str:
        """``부스 3``"""
        return str(_("부스 %(number)d") % {"number": self.number})

    @property
    def called(self) -> str:
        """How bookings, notices and papers call it: ``한빛대학교 부스 3``, as long as a topic may be."""
        return f"{self.partner.name[:40]} 부스 {self.number}"

    @property
    def where(self) -> str:
        """``금천구청 대강당 입구 왼쪽 부스 3``"""
        return " ".join(part for part in (self.fair.run.place, self.place, f"부스 {self.number}") if part)

    def periods(self) -> Iterator[DateTimeTZRange]:
        """Its talks on the day of the fair; none when it takes no part."""
        if self.active:
            breaks = [(one.starts, one.ends) for one in self.breaks.all()]
            yield from sessions(
                self.fair.day, self.starts, self.ends, minutes=self.minutes, pause=self.pause, breaks=breaks
            )


class BoothBreak(models.Model):
    booth = models.ForeignKey(Booth, on_delete=models.CASCADE, related_name="breaks", verbose_name="부스")
    starts = models.TimeField("쉬는 시각", default=time(12))
    ends = models.TimeField("다시 시작", default=time(13))

    class Meta:
        verbose_name = "쉬는 시간"
        verbose_name_plural = "쉬는 시간"
        ordering = ["starts", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")),
                name="boothbreak_times_in_order",
                violation_error_message="쉬는 시간의 끝은 시작보다 뒤여야 합니다.",
            )
        ]

    def __str__(self) -> str:
        return f"{ktime(self.starts)}~{ktime(self.ends)}"
