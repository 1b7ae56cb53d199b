"""How long people's data are kept, and how they go."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts import leaving, signup
from accounts.models import (
    Affiliation,
    Consent,
    GuardianConsentRequest,
    Guardianship,
    Invitation,
    RoleGrant,
    Student,
    User,
)
from lifecycle.retention import Kind, Period, register

PIPA_21 = "개인정보 보호법 제21조제1항, 표준 개인정보 보호지침 제10조"


def _unreferenced(rows: models.QuerySet) -> models.QuerySet:
    """Rows that no protected record speaks of any more."""
    for relation in rows.model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and getattr(relation, "on_delete", None) is models.PROTECT:
            records = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            rows = rows.filter(~Exists(records))
    return rows


def _erase(rows: models.QuerySet) -> int:
    """Delete the rows, and what hangs on them alone, but count the rows."""
    return rows.delete()[1].get(rows.model._meta.label, 0)


def _guardian_requests(before: datetime) -> models.QuerySet:
    return GuardianConsentRequest.objects.filter(asked_at__lte=before)


def _invitation_contacts(before: datetime) -> models.QuerySet:
    return Invitation.objects.filter(invited_at__lte=before).exclude(contact="")


def _forget_contacts(rows: models.QuerySet) -> int:
    return rows.update(contact="")


def _invitations(before: datetime) -> models.QuerySet:
    return Invitation.objects.filter(invited_at__lt=before)


def _withdrawn(before: datetime) -> models.QuerySet:
    return _unreferenced(User.objects.filter(withdrawn_at__lt=before))


def _students(before: datetime) -> models.QuerySet:
    return _unreferenced(Student.objects.filter(left_at__lt=before))


def _named_users(before: datetime) -> models.QuerySet:
    """Nobody, as long as leaving does its work: it forgets people at once."""
    return User.objects.filter(withdrawn_at__lt=before).exclude(name=leaving.GONE_USER)


def _named_students(before: datetime) -> models.QuerySet:
    return Student.objects.filter(left_at__lt=before).exclude(name=leaving.GONE_STUDENT)


def _consents(before: datetime) -> models.QuerySet:
    return Consent.objects.filter(Q(user__withdrawn_at__lt=before) | Q(student__left_at__lt=before))


def _guardianships(before: datetime) -> models.QuerySet:
    return Guardianship.objects.filter(ended_at__lt=before)


def _affiliations(before: datetime) -> models.QuerySet:
    return Affiliation.objects.filter(ended_at__lt=before)


def _role_grants(before: datetime) -> models.QuerySet:
    """Old steps, but never the last word on a person and a role: it may still be in force."""
    newer = RoleGrant.objects.filter(Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")))
    same = newer.filter(user=OuterRef("user"), role=OuterRef("role"))
    over = Exists(same) | ~Q(act=RoleGrant.Act.GRANT)
    return RoleGrant.objects.filter(over, at__lt=before)


register(
    Kind(
        code="accounts.guardian_request",
        label="답이 없는 보호자 동의 요청",
        basis="개인정보 보호법 제22조의2, 표준 개인정보 보호지침 제13조",
        period=Period(days=settings.GUARDIAN_CONSENT_DAYS),
        expired=_guardian_requests,
        born="asked_at",
        destroy=signup.forget_requests,
        automatic=True,
    )
)
register(
    Kind(
        code="accounts.invitation_contact",
        label="답이 없는 초대의 연락처",
        basis=PIPA_21,
        period=Period(days=settings.INVITATION_DAYS),
        expired=_invitation_contacts,
        born="invited_at",
        destroy=_forget_contacts,
        method="연락처를 지움(복구 불가)",
        automatic=True,
    )
)
register(
    Kind(
        code="accounts.invitation",
        label="초대 기록",
        basis=PIPA_21,
        period=Period(years=1),
        expired=_invitations,
        born="invited_at",
    )
)
register(
    Kind(
        code="accounts.consent",
        label="이용을 마친 사람의 동의 기록",
        basis="개인정보 보호법 제16조제1항·제22조(동의의 입증)",
        period=Period(years=3),
        expired=_consents,
        born="at",
    )
)
register(
    Kind(
        code="accounts.guardianship",
        label="끝난 보호자 관계",
        basis=PIPA_21,
        period=Period(years=3),
        expired=_guardianships,
        born="asked_at",
    )
)
register(
    Kind(
        code="accounts.affiliation",
        label="끝난 소속",
        basis=PIPA_21,
        period=Period(years=3),
        expired=_affiliations,
        born="asked_at",
    )
)
register(
    Kind(
        code="accounts.role_grant",
        label="권한 부여 이력",
        basis="개인정보의 안전성 확보조치 기준 제5조제3항(3년 이상)",
        period=Period(years=3),
        expired=_role_grants,
        born="at",
    )
)
register(
    Kind(
        code="accounts.withdrawn",
        label="탈퇴한 이용자(이름 없는 계정)",
        basis=PIPA_21,
        period=Period(days=5),
        expired=_withdrawn,
        born="date_joined",
        destroy=_erase,
    )
)
register(
    Kind(
        code="accounts.student",
        label="이용을 마친 학생(이름 없는 기록)",
        basis=PIPA_21,
        period=Period(days=5),
        expired=_students,
        born="registered_at",
        destroy=_erase,
    )
)
register(
    Kind(
        code="accounts.left_user",
        label="탈퇴한 이용자의 이름과 연락처",
        basis=PIPA_21,
        period=Period(days=5),
        expired=_named_users,
        born="date_joined",
        destroy=leaving.forget_users,
        method="이름과 연락처를 지움(복구 불가)",
        automatic=True,
    )
)
register(
    Kind(
        code="accounts.left_student",
        label="이용을 마친 학생의 이름",
        basis=PIPA_21,
        period=Period(days=5),
        expired=_named_students,
        born="registered_at",
        destroy=leaving.forget_students,
        method="이름과 생일을 지움(복구 불가)",
        automatic=True,
    )
)
