from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models.organisations import School
from accounts.schoolyear import GRADES, LAST_GRADE, Level, age, is_under_14, level_of, school_year

if TYPE_CHECKING:
    from accounts.models.users import User


class Neighbourhood(models.Model):
    """A 행정동, or the row that stands for living outside the district."""

    name = models.CharField(_("동"), max_length=20, unique=True)
    in_district = models.BooleanField("관내", default=True)
    position = models.PositiveSmallIntegerField("순서", default=0)

    class Meta:
        verbose_name = _("거주 동")
        verbose_name_plural = _("거주 동")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


# Written by hand: every page of a family asks it, and the ORM takes longer to write it than PostgreSQL to answer it.
_FAMILY = """
    SELECT child.id
    FROM accounts_guardianship care JOIN accounts_student child ON child.id = care.student_id
    WHERE care.guardian_id = %s AND care.confirmed_at IS NOT NULL AND care.ended_at IS NULL AND child.left_at IS NULL
    UNION ALL
    SELECT id FROM accounts_student WHERE user_id = %s AND left_at IS NULL
"""
_PEOPLE_TO_TELL = """
    SELECT person.*
    FROM accounts_guardianship care JOIN accounts_user person ON person.id = care.guardian_id
    WHERE care.student_id = %s AND care.confirmed_at IS NOT NULL AND care.ended_at IS NULL AND person.is_active
    ORDER BY care.id
"""


def family_keys(user: User) -> RawSQL:
    """One's own children and oneself, for ``student__in=``; nobody who has left."""
    return RawSQL(_FAMILY, [user.pk, user.pk])  # noqa: S611 - a constant and two parameters


class StudentQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> StudentQuerySet:
        """Oneself, one's own children, and everyone for staff who work with families."""
        if user.is_staff and user.has_perm("accounts.view_student"):
            return self
        return self.of_family(user)

    def cared_for_by(self, user: User) -> StudentQuerySet:
        """One's own children, oneself not counted."""
        mine = Guardianship.objects.current().filter(guardian=user).values("student")
        return self.filter(pk__in=mine, left_at__isnull=True)

    def of_family(self, user: User) -> StudentQuerySet:
        """One's own children and oneself; unlike ``visible_to`` it does not widen for staff, who have families too."""
        return self.filter(pk__in=family_keys(user))

    def editable_by(self, user: User) -> StudentQuerySet:
        """Oneself, and one's own children until they take their data into their own hands."""
        mine = Guardianship.objects.current().filter(guardian=user).values("student")
        return self.filter(Q(pk__in=mine, handed_over_at__isnull=True) | Q(user=user), left_at__isnull=True)

    def in_grade(self, grade: int) -> StudentQuerySet:
        """Students who are in ``grade`` (1 = 초1 … 12 = 고3) today."""
        return self.filter(status=Student.Status.ENROLLED, grade=grade - school_year() + F("grade_year"))


class Student(models.Model):
    """A child or young person whom the centre serves, with or without a login of their own.

    ``grade`` counts years of school from 1 (초1) to 12 (고3) and was true in the school year
    ``grade_year``; what it is today follows from the calendar (grades move up on 1 March).
    """

    class Status(models.TextChoices):
        ENROLLED = "enrolled", _("재학")
        GRADUATE = "graduate", _("졸업생(N수생)")
        OUT_OF_SCHOOL = "out_of_school", _("학교 밖 청소년")

    name = models.CharField(_("학생 이름"), max_length=50, validators=[names.validate])
    birth_date = models.DateField(_("생년월일"))
    status = models.CharField(_("재학 여부"), max_length=15, choices=Status, default=Status.ENROLLED)
    school = models.ForeignKey(School, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("학교"))
    school_name = models.CharField(_("학교 이름(목록에 없을 때)"), max_length=100, blank=True)
    grade = models.PositiveSmallIntegerField(
        _("학년"),
        choices=GRADES,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LAST_GRADE)],
    )
    grade_year = models.PositiveSmallIntegerField("학년 기준 학년도", default=school_year, editable=False)
    neighbourhood = models.ForeignKey(
        Neighbourhood, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("사는 동")
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="student",
        verbose_name=_("학생 계정"),
    )
    guardians = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="Guardianship",
        through_fields=("student", "guardian"),
        related_name="children",
    )
    registered_at = models.DateTimeField(_("등록 일시"), default=timezone.now, editable=False)
    # From 14 on students may take their data into their own hands; guardians then book but no longer edit.
    handed_over_at = models.DateTimeField(_("본인 관리 시작 일시"), null=True, blank=True, editable=False)
    left_at = models.DateTimeField(_("이용 종료 일시"), null=True, blank=True, editable=False)

    objects = StudentQuerySet.as_manager()

    class Meta:
        verbose_name = _("학생")
        verbose_name_plural = _("학생")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="enrolled") | Q(grade__isnull=False),
                name="student_enrolled_has_grade",
                violation_error_message=_("재학생은 학년을 골라 주세요."),
            ),
            models.CheckConstraint(
                condition=Q(grade__isnull=True) | Q(grade__range=(1, LAST_GRADE)), name="student_grade_in_range"
            ),
            models.CheckConstraint(
                condition=Q(handed_over_at__isnull=True) | Q(user__isnull=False) | Q(left_at__isnull=False),
                name="student_handed_over_has_login",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def current_grade(self) -> int | None:
        """Today's grade, 1 to 12; ``None`` out of school or once 고3 is over."""
        if self.status != self.Status.ENROLLED or self.grade is None:
            return None
        grade = self.grade + school_year() - self.grade_year
        return grade if grade <= LAST_GRADE else None

    @property
    def age(self) -> int:
        """만 나이 today."""
        return age(self.birth_date)

    @property
    def is_under_14(self) -> bool:
        return is_under_14(self.birth_date)

    @property
    def school_label(self) -> str:
        """The school as the family knows it; nothing when there is none."""
        return self.school.name if self.school else self.school_name

    @property
    def level(self) -> Level | None:
        """학교급 today; ``None`` out of school."""
        return level_of(self.current_grade) if self.current_grade else None

    @property
    def grade_label(self) -> str:
        """What to call this student today: ``중3``, ``졸업생(N수생)``, ``학교 밖 청소년``."""
        if grade := self.current_grade:
            return dict(GRADES)[grade]
        status = self.Status.GRADUATE if self.status == self.Status.ENROLLED else self.Status(self.status)
        return str(status.label)

    def people_to_tell(self) -> list[User]:
        """Every guardian who still cares for this student, and the student's own login."""
        people = list(Guardianship.guardian.field.related_model.objects.raw(_PEOPLE_TO_TELL, [self.pk]))
        if self.user is not None and self.user.is_active:
            people.append(self.user)
        return people


class GuardianshipQuerySet(models.QuerySet):
    def current(self) -> GuardianshipQuerySet:
        """Confirmed and not ended."""
        return self.filter(confirmed_at__isnull=False, ended_at__isnull=True)


class Guardianship(models.Model):
    """One guardian's care of one student; a student may have several, who need not share anything else."""

    class Relation(models.TextChoices):
        MOTHER = "mother", _("어머니")
        FATHER = "father", _("아버지")
        GRANDPARENT = "grandparent", _("조부모")
        OTHER = "other", _("그 밖의 보호자")

    guardian = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="guardianships")
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="guardianships")
    relation = models.CharField(_("관계"), max_length=12, choices=Relation)
    asked_at = models.DateTimeField(_("신청 일시"), default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(_("확인 일시"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("종료 일시"), null=True, blank=True, editable=False)

    objects = GuardianshipQuerySet.as_manager()

    class Meta:
        verbose_name = _("보호자 관계")
        verbose_name_plural = _("보호자 관계")
        constraints = [
            models.UniqueConstraint(
                fields=["guardian", "student"],
                condition=Q(ended_at__isnull=True),
                name="guardianship_once",
                violation_error_message=_("이미 등록된 보호자입니다."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_relation_display()} {self.pk or ''}".strip()
