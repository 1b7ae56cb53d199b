"""The roles of the staff: which there are, what each may do, and who was given which by whom.

A role is a Django group. Each room names in its own ``<app>/roles.py`` what it lets a role do::

    ROLE_PERMISSIONS = {"상담사": ["counseling.view_booking"]}

and ``sync()`` (``manage.py sync_roles``, after every migrate) makes the groups agree with that.
"""

from __future__ import annotations

from datetime import date
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils import timezone

from accounts.models import RoleGrant, User
from lifecycle.locks import Refused, contended, lock

COUNSELOR, PROGRAMS, BUDGET, NEWSLETTER = "상담사", "프로그램 담당", "예산 담당", "소식지 담당"
APPROVER, PRIVACY, AUDITOR = "팀장(승인)", "개인정보 담당", "감사(열람)"
ROLES = (COUNSELOR, PROGRAMS, BUDGET, NEWSLETTER, APPROVER, PRIVACY, AUDITOR)

ROLE_PERMISSIONS = {
    COUNSELOR: ["accounts.view_student", "accounts.view_guardianship", "accounts.view_school"],
    PROGRAMS: [
        "accounts.view_student",
        "accounts.add_student",
        "accounts.change_student",
        "accounts.add_guardianship",
        "accounts.add_user",
        "accounts.add_consent",
        "accounts.view_consent",
        "accounts.view_guardianship",
        "accounts.view_school",
        "accounts.change_school",
        "accounts.add_school",
        "accounts.view_partner",
        "accounts.add_partner",
        "accounts.change_partner",
        "accounts.view_affiliation",
        "accounts.change_affiliation",
        "accounts.view_user",
    ],
    APPROVER: [
        "accounts.view_user",
        "accounts.view_student",
        "accounts.view_guardianship",
        "accounts.view_affiliation",
        "accounts.change_affiliation",
        "accounts.view_rolegrant",
        "accounts.grant_role",
        "auth.view_group",
        "accounts.view_school",
        "accounts.view_partner",
    ],
    PRIVACY: [
        "accounts.view_user",
        "accounts.change_user",
        "accounts.view_student",
        "accounts.change_student",
        "accounts.view_guardianship",
        "accounts.change_guardianship",
        "accounts.view_consent",
        "accounts.add_consent",
        "accounts.view_consenttext",
        "accounts.add_consenttext",
        "accounts.change_consenttext",
        "accounts.view_invitation",
        "accounts.view_guardianconsentrequest",
        "accounts.view_rolegrant",
        "accounts.view_school",
        "accounts.view_neighbourhood",
        "auth.view_group",
    ],
    AUDITOR: ["accounts.view_rolegrant", "accounts.view_consenttext", "auth.view_group"],
}


class UnknownPermission(LookupError):
    """A room promises a role something that does not exist."""


def grant_refusal(user: User, role: str, *, by: User | None, reason: str, until: date | None) -> str:
    """Why this role cannot be given; empty when it can."""
    if role not in ROLES:
        return "없는 역할입니다."
    if not reason.strip():
        return "사유를 적어 주세요."
    if until and until < timezone.localdate():
        return "마지막 날은 오늘이거나 오늘보다 뒤여야 합니다."
    if by is not None and by.pk == user.pk and not by.is_superuser:
        return "자기 자신에게 역할을 줄 수 없습니다."
    if user.withdrawn_at or not user.is_active:
        return "쓰지 않는 계정입니다."
    return ""


def revoke_refusal(user: User, role: str, *, reason: str) -> str:
    """Why this role cannot be taken away; empty when it can."""
    if not reason.strip():
        return "사유를 적어 주세요."
    if not user.groups.filter(name=role).exists():
        return "갖고 있지 않은 역할입니다."
    return ""


def grant(user: User, role: str, *, by: User | None, reason: str, until: date | None = None) -> RoleGrant:
    """Give ``user`` a role, through the last day ``until``; ``by=None`` is the system (set-up, demo).

    Raises:
        Refused: ``grant_refusal`` says why.
    """
    with contended("잠시 뒤에 다시 시도해 주세요."), transaction.atomic():
        user = lock(User.objects, user.pk)
        if refusal := grant_refusal(user, role, by=by, reason=reason, until=until):
            raise Refused(refusal)
        user.groups.add(Group.objects.get(name=role))
        User.objects.filter(pk=user.pk).update(is_staff=True)
        return RoleGrant.objects.create(
            user=user, role=role, act=RoleGrant.Act.GRANT, by=by, reason=reason.strip(), until=until
        )


def revoke(
    user: User, role: str, *, by: User | None, reason: str, act: RoleGrant.Act = RoleGrant.Act.REVOKE
) -> RoleGrant:
    """Take a role away; whoever has none left is no longer staff.

    Raises:
        Refused: ``revoke_refusal`` says why.
    """
    with contended("잠시 뒤에 다시 시도해 주세요."), transaction.atomic():
        user = lock(User.objects, user.pk)
        if refusal := revoke_refusal(user, role, reason=reason):
            raise Refused(refusal)
        user.groups.remove(Group.objects.get(name=role))
        if not user.is_superuser and not user.groups.filter(name__in=ROLES).exists():
            User.objects.filter(pk=user.pk).update(is_staff=False)
        return RoleGrant.objects.create(user=user, role=role, act=act, by=by, reason=reason.strip())


def expire() -> int:
    """Take away every role whose last day is over; return how many."""
    today = timezone.localdate()
    over = [
        row
        for row in RoleGrant.objects.latest().select_related("user")
        if row.act == RoleGrant.Act.GRANT and row.until and row.until < today
    ]
    for row in over:
        revoke(row.user, row.role, by=None, reason=f"{row.until}까지 준 역할", act=RoleGrant.Act.EXPIRE)
    return len(over)


@transaction.atomic
def sync() -> dict[str, int]:
    """Give every role exactly the permissions that the rooms promise it; return how many each has.

    Raises:
        UnknownPermission: a room names a permission or a role that does not exist.
    """
    promised: dict[str, set[str]] = {role: set() for role in ROLES}
    for config in apps.get_app_configs():
        if find_spec(f"{config.name}.roles") is None:
            continue
        for role, permissions in getattr(import_module(f"{config.name}.roles"), "ROLE_PERMISSIONS", {}).items():
            if role not in promised:
                raise UnknownPermission(f"{config.name}.roles names the role {role!r}, which does not exist.")
            promised[role].update(permissions)
    named = Permission.objects.annotate(label=Concat("content_type__app_label", Value("."), "codename"))
    known = {permission.label: permission for permission in named}
    if missing := sorted(set().union(*promised.values()) - known.keys()):
        raise UnknownPermission(f"No such permission: {', '.join(missing)}.")
    for role, labels in promised.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([known[label] for label in labels])
    return {role: len(labels) for role, labels in promised.items()}
