from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import names

digits = RegexValidator(r"^0\d{8,10}$", _("전화번호는 0으로 시작하는 숫자 9~11자리로 입력해 주세요."))


class UserQuerySet(models.QuerySet):
    def present(self) -> UserQuerySet:
        """People who may log in today."""
        return self.filter(is_active=True, withdrawn_at__isnull=True)

    def withdrawn(self) -> UserQuerySet:
        """Nameless rows of people who left; they stay only while a record refers to them."""
        return self.filter(withdrawn_at__isnull=False)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    use_in_migrations = True

    def create_user(self, email: str | None = None, password: str | None = None, **fields: Any) -> User:
        """Create a person who can log in by ``email`` or ``phone`` (digits only); one of them is needed."""
        user = self.model(email=email.lower() if email else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can log in: a guardian, a student with an account of their own, a teacher, staff.

    ``email`` and ``phone`` are stored only after their owner proved them with a code, so nobody can
    hold an address that is not theirs. What a person *is* follows from their records (guardianships,
    affiliations, a student, roles), not from a column.
    """

    class Leaving(models.TextChoices):
        DONE = "done", _("더 이용할 일이 없어요")
        MISSING = "missing", _("원하는 프로그램이 없어요")
        HARD = "hard", _("이용하기 불편해요")
        PRIVACY = "privacy", _("개인정보가 걱정돼요")
        OTHER = "other", _("그 밖의 이유")

    email = models.EmailField(_("이메일"), unique=True, null=True, blank=True)
    phone = models.CharField(_("휴대폰 번호"), max_length=11, unique=True, null=True, blank=True, validators=[digits])
    phone_verified_at = models.DateTimeField(_("휴대폰 확인 일시"), null=True, blank=True, editable=False)
    name = models.CharField(_("이름"), max_length=50, validators=[names.validate])
    birth_date = models.DateField(_("생년월일"), null=True, blank=True)
    is_staff = models.BooleanField("직원", default=False, help_text="업무 화면에 들어올 수 있습니다.")
    is_active = models.BooleanField("사용", default=True)
    date_joined = models.DateTimeField(_("가입 일시"), default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField(_("탈퇴 일시"), null=True, blank=True, editable=False)
    withdrawn_because = models.CharField(_("탈퇴 이유"), max_length=10, choices=Leaving, blank=True, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta:
        verbose_name = _("이용자")
        verbose_name_plural = _("이용자")
        constraints = [
            models.CheckConstraint(
                condition=Q(email__isnull=False) | Q(phone__isnull=False) | Q(withdrawn_at__isnull=False),
                name="user_can_be_reached",
                violation_error_message=_("이메일과 휴대폰 번호 가운데 하나는 있어야 합니다."),
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True)
                | Q(email__isnull=True, phone__isnull=True, birth_date__isnull=True, is_active=False),
                name="user_withdrawn_is_nameless",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("accounts:me")
