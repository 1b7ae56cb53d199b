"""What was said: a record of each counselling, its versions, who may read it, and what follows from it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Guardianship, Student
from counseling.models.bookings import Booking
from counseling.models.people import Topic
from lifecycle.append_only import append_only
from lifecycle.models import Lifecycle
from lifecycle.sealed import SealedJSONField, SealedTextField

if TYPE_CHECKING:
    from accounts.models import User

SUPERVISE, BREAK_GLASS = "counseling.supervise_records", "counseling.break_glass"
OWN_DECISION_AGE = 14  # 개인정보 보호법 제22조의2: from this age on a child decides without a guardian


def supervises(user: User) -> bool:
    """Whether a supervisor (팀장) asks: by role or a right of one's own, not by being allowed everything.

    A superuser breaks the glass like anybody else.
    """
    if not user.is_active or not user.is_superuser:
        return user.has_perm(SUPERVISE)
    app, codename = SUPERVISE.split(".")
    given = Permission.objects.filter(codename=codename, content_type__app_label=app)
    return given.filter(Q(group__user=user) | Q(user=user)).exists()


def turned_14_after(day: date) -> date:
    """Who was born later than this is under 14 on ``day`` (만 나이; 29 February counts as no 28th)."""
    try:
        return day.replace(year=day.year - OWN_DECISION_AGE)
    except ValueError:
        return day.replace(year=day.year - OWN_DECISION_AGE, day=28)


class RecordQuerySet(models.QuerySet):
    def of_counselor(self, user: User) -> RecordQuerySet:
        """Records of one's own counselling."""
        return self.filter(booking__slot__counselor__user=user)

    def readable_by(self, user: User) -> RecordQuerySet:
        """Staff who may open a record whole: its counsellor, supervisors, and who broke the glass just now."""
        if not user.is_staff:
            return self.none()
        if supervises(user):
            return self
        broken = BreakGlass.objects.standing(timezone.now()).filter(by=user, record=OuterRef("pk"))
        own = Q(booking__slot__counselor__user=user) if user.has_perm("counseling.view_booking") else Q(pk__in=[])
        return self.filter(own | Exists(broken))

    def shared_with(self, user: User) -> RecordQuerySet:
        """Families: the student always; guardians of children under 14; of older ones when the student allows it.

        A student with a login decides for all records (``GuardianAccess``, the latest answer). For one
        without, the counsellor asks in person and writes the answer down with the record that is shared.
        """
        children = Guardianship.objects.current().filter(guardian=user).values("student")
        answer = GuardianAccess.objects.filter(student=OuterRef("booking__student")).order_by("-pk")
        allowed = (
            Q(booking__student__birth_date__gt=turned_14_after(timezone.localdate()))
            | Q(booking__student__user__isnull=False, student_allows=True)
            | Q(booking__student__user__isnull=True, guardians_allowed=True)
        )
        mine = Q(booking__student__user=user) | (Q(booking__student__in=children) & allowed)
        found = self.filter(state=Record.State.SHARED, booking__student__left_at__isnull=True)
        return found.annotate(student_allows=Subquery(answer.values("allowed")[:1])).filter(mine)

    def for_page(self) -> RecordQuerySet:
        return self.select_related("booking__student", "booking__topic", "booking__slot__counselor")


class Record(Lifecycle):
    """The record of one booking. What it says stands in its versions; families see the one that was shared."""

    class State(models.TextChoices):
        PRIVATE = "private", "공유하지 않음"
        SHARED = "shared", "학생과 공유"

    MOVES = {
        State.PRIVATE: frozenset({State.SHARED}),
        State.SHARED: frozenset({State.PRIVATE}),
    }

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="record", verbose_name="상담 예약")
    state = models.CharField("공유", max_length=10, choices=State, default=State.PRIVATE)
    version = models.PositiveIntegerField("판", default=0, editable=False)
    shared_version = models.PositiveIntegerField("공유한 판", null=True, editable=False)
    guardians_allowed = models.BooleanField(
        "보호자 열람을 학생에게 물어 허락받음",
        default=False,
        help_text="계정이 없는 만 14세 이상 학생에게만 뜻이 있습니다.",
    )
    created_at = models.DateTimeField("작성 일시", default=timezone.now, editable=False)
    changed_at = models.DateTimeField("고친 일시", default=timezone.now, editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = "상담 기록"
        verbose_name_plural = "상담 기록"
        ordering = ["-created_at", "-pk"]
        permissions = [
            ("supervise_records", "모든 상담 기록을 열 수 있음(팀장)"),
            ("break_glass", "맡지 않은 상담 기록을 사유를 적고 열 수 있음"),
            ("view_record_openings", "누가 상담 기록을 열었는지 볼 수 있음"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="private", shared_version__isnull=True)
                | Q(state="shared", shared_version__isnull=False, shared_version__lte=F("version")),
                name="record_shares_a_version_it_has",
            )
        ]

    def __str__(self) -> str:
        return f"상담 기록 {self.pk}"

    @property
    def is_shared(self) -> bool:
        return self.state == self.State.SHARED

    @property
    def has_unshared_changes(self) -> bool:
        """Whether families see an older version than the counsellor."""
        return self.is_shared and self.shared_version < self.version

    def current(self) -> RecordVersion:
        return self.versions.get(number=self.version)

    def shown(self) -> RecordVersion:
        """The version that families see."""
        return self.versions.get(number=self.shared_version)


class RecordVersion(models.Model):
    """What the record said from one saving to the next. Only ever added to."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="versions", verbose_name="상담 기록")
    number = models.PositiveIntegerField("판")
    at = models.DateTimeField("저장 일시", default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="저장한 사람"
    )
    memo = SealedTextField("상담사만 보는 메모", bound_to=["record_id", "number"])
    shared = SealedJSONField("학생과 나누는 내용", bound_to=["record_id", "number"])

    class Meta:
        verbose_name = "상담 기록의 판"
        verbose_name_plural = "상담 기록의 판"
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["record", "number"], name="recordversion_number_once")]
        triggers = append_only(sealed=["memo", "shared"])

    def __str__(self) -> str:
        return f"{self.number}판"

    @property
    def summary(self) -> str:
        return self.shared["summary"]

    @property
    def items(self) -> list[dict[str, str]]:
        """What was agreed to do: ``key`` stays while the words stay."""
        return self.shared["items"]

    @property
    def next(self) -> dict[str, Any]:
        """The counselling that is proposed next: ``topic`` (pk and name), ``on`` (a date), ``note``."""
        return self.shared["next"]

    @property
    def next_on(self) -> date | None:
        return date.fromisoformat(self.next["on"]) if self.next["on"] else None


class ActionTick(models.Model):
    """Something agreed that the student or the family says is done."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="ticks", verbose_name="상담 기록")
    item = models.CharField("할 일", max_length=12)
    at = models.DateTimeField("표시한 일시", default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="표시한 사람"
    )

    class Meta:
        verbose_name = "한 일 표시"
        verbose_name_plural = "한 일 표시"
        constraints = [models.UniqueConstraint(fields=["record", "item"], name="actiontick_once")]

    def __str__(self) -> str:
        return self.item


class ProposalQuerySet(models.QuerySet):
    def with_booked(self) -> ProposalQuerySet:
        """Say for each whether the student has booked since: ``booked``."""
        since = Booking.objects.filter(
            student=OuterRef("record__booking__student"),
            topic=OuterRef("topic"),
            state__in=[*Booking.AGREED, Booking.State.DONE],
            booked_at__gt=OuterRef("at"),
        )
        return self.annotate(booked=Exists(since))

    def open_for(self, user: User) -> ProposalQuerySet:
        """Proposals that a family sees and has not taken up, the nearest first: a next step on its pages."""
        seen = Record.objects.shared_with(user).filter(shared_version__gte=OuterRef("version"), pk=OuterRef("record"))
        waiting = self.with_booked().filter(Exists(seen), booked=False)
        return waiting.select_related("topic", "record__booking__student", "record__booking__slot__counselor").order_by(
            "on", "pk"
        )


class Proposal(models.Model):
    """The next counselling that a counsellor proposes: topic and day, scheduling data like a booking's.

    ``version`` is the first version of the record that says so; families see it once that was shared.
    """

    record = models.OneToOneField(Record, on_delete=models.CASCADE, related_name="proposal", verbose_name="상담 기록")
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="+", verbose_name=_("상담 주제"))
    on = models.DateField(_("제안한 날"))
    version = models.PositiveIntegerField("판")
    at = models.DateTimeField("제안 일시", default=timezone.now)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = "다음 상담 제안"
        verbose_name_plural = "다음 상담 제안"
        ordering = ["on", "pk"]
        indexes = [models.Index(fields=["on"], name="proposal_on")]

    def __str__(self) -> str:
        return f"{self.on} {self.topic}"

    def get_absolute_url(self) -> str:
        """Where a family books it: that topic, that counsellor, around that day."""
        return reverse("counseling:record_next", args=[self.record.booking_id])


class GuardianAccess(models.Model):
    """A student's answer: may my guardians see what is shared with me? The latest one holds."""

    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+", verbose_name="학생")
    allowed = models.BooleanField("보호자가 볼 수 있음")
    at = models.DateTimeField("일시", default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="정한 사람"
    )

    class Meta:
        verbose_name = "보호자 열람 허락"
        verbose_name_plural = "보호자 열람 허락"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["student", "-id"], name="guardianaccess_latest")]
        triggers = append_only()

    def __str__(self) -> str:
        return "허락" if self.allowed else "허락하지 않음"


class BreakGlassQuerySet(models.QuerySet):
    def standing(self, now: datetime) -> BreakGlassQuerySet:
        """Those that still open their record: ``until`` is excluded."""
        return self.filter(at__lte=now, until__gt=now)


class BreakGlass(models.Model):
    """Somebody opened a record that is not theirs, said why, and two others were told. Only ever added to."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+", verbose_name="상담 기록")
    at = models.DateTimeField("연 일시", default=timezone.now)
    until = models.DateTimeField("이때까지 열림")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="연 사람")
    reason = models.CharField("사유", max_length=500)

    objects = BreakGlassQuerySet.as_manager()

    class Meta:
        verbose_name = "상담 기록 긴급 열람"
        verbose_name_plural = "상담 기록 긴급 열람"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="breakglass_says_why",
                violation_error_message="왜 열어야 하는지 적어 주세요.",
            ),
            models.CheckConstraint(condition=Q(until__gt=F("at")), name="breakglass_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["by", "record", "until"], name="breakglass_standing")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.record} {self.by}"
