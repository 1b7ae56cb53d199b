"""Who wants a place in a run, who has one, and what was offered to whom."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import School, Student, family_keys
from intake.models import Offer
from lifecycle.models import Lifecycle
from programs.models.groups import Group
from programs.models.runs import Run

if TYPE_CHECKING:
    from accounts.models import User

MOST_TOGETHER = 10  # people in one application; a school class counts heads instead
MOST_HEADS = 400


class ApplicationQuerySet(models.QuerySet):
    def occupying(self, now: datetime) -> ApplicationQuerySet:
        """Those whose places nobody else can have at ``now``: offers whose deadline is past do not count."""
        lapsed = Q(state=Application.State.OFFERED) & ~Exists(
            RunOffer.objects.open(now).filter(application=OuterRef("pk"))
        )
        return self.filter(Q(state__in=Application.OCCUPYING) & ~lapsed)

    def live(self) -> ApplicationQuerySet:
        """Not given up by anybody: applied, waiting, offered, accepted or confirmed."""
        return self.filter(state__in=Application.LIVE)

    def in_line(self) -> ApplicationQuerySet:
        """Who waits, and whoever is to be asked first, first: by rank of the draw, then by who came first."""
        return self.filter(state=Application.State.WAITING).order_by(
            F("reserve_rank").asc(nulls_last=True), "waiting_since", "pk"
        )

    def places_taken(self) -> int:
        """The sum of places of these rows; 0 of none."""
        return self.order_by().aggregate(places=Sum("places"))["places"] or 0

    def of_family(self, user: User) -> ApplicationQuerySet:
        """What somebody applied for, or is part of, or what one's children are part of.

        What staff entered for a caller or for somebody invited is not their own; a class is its teacher's.
        """
        mine = Participant.objects.filter(Q(student__in=family_keys(user)) | Q(user=user), application=OuterRef("pk"))
        applied = Q(applicant=user) & (Q(on_behalf=False) | Q(headcount__isnull=False))
        return self.filter(applied | Exists(mine))

    def visible_to(self, user: User) -> ApplicationQuerySet:
        """What somebody may open: staff by their rights, everybody else their own and their children's."""
        if user.is_staff and user.has_perm("programs.view_application"):
            return self
        return self.of_family(user)

    def for_page(self) -> ApplicationQuerySet:
        """With everything that a page or a notice says of an application, in two queries."""
        return self.select_related("run__program", "group", "school", "applicant").prefetch_related(
            "participants__student__school", "participants__user"
        )


class Application(Lifecycle):
    """People who stand or fall together in one run: one child, a child and a parent, a class.

    ``places`` is what it takes of the run's capacity; ``number`` names it on a result page without names.
    """

    class State(models.TextChoices):
        APPLIED = "applied", _("접수")  # a draw or a review will decide
        WAITING = "waiting", _("대기")
        OFFERED = "offered", _("자리 제안")
        ACCEPTED = "accepted", _("선정(서류 제출 전)")
        CONFIRMED = "confirmed", _("참여 확정")
        REJECTED = "rejected", _("미선정")
        DECLINED = "declined", _("참여 안 함")
        LAPSED = "lapsed", _("기한 지남")
        CANCELLED = "cancelled", _("취소")

    OCCUPYING = frozenset({State.OFFERED, State.ACCEPTED, State.CONFIRMED})
    SEATED = frozenset({State.ACCEPTED, State.CONFIRMED})
    LIVE = frozenset({State.APPLIED, State.WAITING, State.OFFERED, State.ACCEPTED, State.CONFIRMED})
    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.APPLIED: frozenset({State.WAITING, State.ACCEPTED, State.CONFIRMED, State.REJECTED, State.CANCELLED}),
        State.WAITING: frozenset(
            {State.OFFERED, State.ACCEPTED, State.CONFIRMED, State.REJECTED, State.LAPSED, State.CANCELLED}
        ),
        State.OFFERED: frozenset(
            {State.ACCEPTED, State.CONFIRMED, State.DECLINED, State.LAPSED, State.WAITING, State.CANCELLED}
        ),
        State.ACCEPTED: frozenset({State.CONFIRMED, State.LAPSED, State.CANCELLED}),
        State.CONFIRMED: frozenset({State.ACCEPTED, State.CANCELLED}),  # back: the form has to be done again
        State.REJECTED: frozenset({State.WAITING, State.ACCEPTED, State.CONFIRMED}),  # put right by staff, trail kept
        State.DECLINED: frozenset(),
        State.LAPSED: frozenset({State.WAITING}),
        State.CANCELLED: frozenset(),
    }

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="applications", verbose_name=_("회차"))
    number = models.PositiveIntegerField(_("접수 번호"), editable=False)
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="program_applications",
        verbose_name=_("신청한 사람"),
    )
    state = models.CharField(_("상태"), max_length=10, choices=State)
    places = models.PositiveSmallIntegerField(_("자리 수"), default=1, validators=[MinValueValidator(1)])
    group = models.ForeignKey(
        Group, on_delete=models.PROTECT, null=True, blank=True, related_name="applications", verbose_name=_("그룹")
    )
    # a school class: a headcount, no names
    school = models.ForeignKey(
        School, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("학교")
    )
    class_name = models.CharField(_("학급"), max_length=40, blank=True, help_text=_("예: 2학년 3반"))
    headcount = models.PositiveSmallIntegerField(
        _("인원(명)"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MOST_HEADS)]
    )
    remark = models.TextField(_("남길 말"), max_length=500, blank=True)
    on_behalf = models.BooleanField("대신 신청", default=False, editable=False)
    applied_at = models.DateTimeField(_("접수 일시"), default=timezone.now, editable=False)
    waiting_since = models.DateTimeField(_("대기 시작"), null=True, blank=True, editable=False)
    reserve_rank = models.PositiveIntegerField(_("예비 순위"), null=True, blank=True, editable=False)
    form_until = models.DateTimeField(_("서류 마감"), null=True, blank=True, editable=False)
    confirmed_at = models.DateTimeField(_("확정 일시"), null=True, blank=True, editable=False)
    reminded_at = models.DateTimeField("전날 안내 일시", null=True, blank=True, editable=False)
    sequence = models.PositiveIntegerField("바뀐 횟수", default=0, editable=False, help_text="RFC 5545 SEQUENCE")

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("참가 신청")
        verbose_name_plural = _("참가 신청")
        ordering = ["-applied_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="application_number_once"),
            models.UniqueConstraint(
                fields=["run", "reserve_rank"],
                condition=Q(reserve_rank__isnull=False),
                name="application_reserve_rank_once",
            ),
            models.CheckConstraint(
                condition=Q(places__gte=1, places__lte=MOST_HEADS), name="application_takes_a_place"
            ),
            models.CheckConstraint(
                condition=Q(headcount=None, school=None)
                | Q(headcount__isnull=False, school__isnull=False, headcount=F("places")),
                name="application_class_has_school_and_heads",
                violation_error_message=_("단체 신청에는 학교와 인원을 적어 주세요."),
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(waiting_since__isnull=False), name="application_waits_since"
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(confirmed_at__isnull=False), name="application_confirmed_when"
            ),
        ]
        indexes = [
            models.Index(fields=["run", "state"], include=["places", "group"], name="application_counted"),
            models.Index(fields=["applicant"], name="application_applicant"),
        ]

    def __str__(self) -> str:
        return f"{self.run} {self.number_label}"

    def get_absolute_url(self) -> str:
        return reverse("programs:application", args=[self.pk])

    @property
    def number_label(self) -> str:
        """The number as people read it out: ``0042``."""
        return f"{self.number:04d}"

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE

    @property
    def is_seated(self) -> bool:
        return self.state in self.SEATED


class ParticipantQuerySet(models.QuerySet):
    def seated(self) -> ParticipantQuerySet:
        """Those who have a place."""
        return self.filter(application__state__in=Application.SEATED)


class Participant(models.Model):
    """One person of an application: a student, a guardian or a teacher with a login, or somebody by name alone.

    ``run`` repeats the application's, and ``left_at`` is set together with the application's leaving
    ``Application.LIVE``, so that the database can refuse the same person twice in one run.
    """

    class Role(models.TextChoices):
        STUDENT = "student", _("학생")
        GUARDIAN = "guardian", _("보호자")
        TEACHER = "teacher", _("교사")
        GUEST = "guest", _("초대 손님")
        COMPANION = "companion", _("동반인")

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="participants", verbose_name=_("신청")
    )
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="participants", verbose_name=_("회차"))
    role = models.CharField(_("역할"), max_length=10, choices=Role)
    student = models.ForeignKey(
        Student,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="program_places",
        verbose_name=_("학생"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="program_places",
        verbose_name=_("회원"),
    )
    name = models.CharField(
        _("이름"), max_length=50, blank=True, validators=[names.validate], help_text="계정이 없는 사람의 이름입니다."
    )
    left_at = models.DateTimeField("빠진 일시", null=True, blank=True, editable=False)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = _("참가자")
        verbose_name_plural = _("참가자")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "student"],
                condition=Q(left_at=None, student__isnull=False),
                name="participant_student_once",
                violation_error_message=_("이미 신청한 학생입니다. 나의 페이지에서 확인해 주세요."),
            ),
            models.UniqueConstraint(
                fields=["run", "user"],
                condition=Q(left_at=None, user__isnull=False),
                name="participant_user_once",
                violation_error_message=_("이미 신청하셨습니다. 나의 페이지에서 확인해 주세요."),
            ),
            models.CheckConstraint(
                condition=Q(role="student", student__isnull=False, user=None)
                | Q(role__in=["guardian", "teacher", "guest"], student=None, user__isnull=False)
                | Q(role__in=["guest", "companion"], student=None, user=None),
                name="participant_is_somebody",
            ),
        ]
        indexes = [models.Index(fields=["student"], name="participant_student")]
        triggers = [
            pgtrigger.Trigger(
                name="gives_its_bed_back",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("left_at"),
                condition=pgtrigger.Q(new__left_at__isnull=False),
                func="DELETE FROM programs_stay WHERE participant_id = NEW.id; RETURN NULL;",
            )
        ]

    def __str__(self) -> str:
        return self.called

    @property
    def called(self) -> str:
        """The name as the family knows it."""
        who = self.student or self.user
        return str(who.name) if who else self.name


class RunOffer(Offer):
    """A place of a run kept for the application that was first in line."""

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="offers", verbose_name=_("신청")
    )

    class Meta:
        verbose_name = _("자리 제안")
        verbose_name_plural = _("자리 제안(프로그램)")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["application"], condition=Q(state="open"), name="runoffer_one_standing")
        ]
        indexes = [models.Index(fields=["deadline"], condition=Q(state="open"), name="runoffer_standing")]

    def __str__(self) -> str:
        return f"{self.application} ~{timezone.localtime(self.deadline):%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("programs:application", args=[self.application_id])
