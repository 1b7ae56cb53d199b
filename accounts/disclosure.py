"""Everything the house keeps about a person, as data they can take away (개인정보 보호법 제35조).

Rooms above this one add their part::

    disclosure.register("상담 예약", bookings_of)  # bookings_of(user, students) -> list of plain dicts
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils import timezone

from accounts.models import Affiliation, Consent, Student, User
from notices.models import Addressee, Notice

Part = Callable[[User, Sequence[Student]], list[dict[str, Any]]]
_parts: dict[str, Part] = {}


def register(label: str, part: Part) -> Part:
    """Let ``part`` add rows under ``label``, a Korean heading."""
    _parts[label] = part
    return part


def disclose(user: User) -> dict[str, Any]:
    """All rows about ``user`` and the students they may speak for, under Korean headings.

    A student who manages their own data is told of to themselves alone.
    """
    students = list(Student.objects.editable_by(user).select_related("school", "neighbourhood").order_by("pk"))
    told: dict[str, Any] = {
        "만든 때": timezone.localtime().isoformat(timespec="seconds"),
        "회원 정보": {
            "이름": user.name,
            "휴대폰 번호": user.phone,
            "이메일": user.email,
            "생년월일": user.birth_date,
            "가입 일시": user.date_joined,
            "마지막 로그인": user.last_login,
        },
        "학생": [_student(student) for student in students],
        "소속": [_affiliation(row) for row in user.affiliations.select_related("school", "partner").order_by("pk")],
        "동의 기록": [_consent(row) for row in _consents(user, students)],
        "받은 알림": list(
            Notice.objects.filter(recipient=user)
            .order_by("pk")
            .values("created_at", "channel", "address", "subject", "body")
        ),
        "여럿과 함께 받은 알림": [
            {"sent_at": row.sent_at, "channel": row.channel, "address": row.address, "body": row.spoken_body()}
            for row in Addressee.objects.filter(recipient=user, sent_at__isnull=False)
            .select_related("mailing")
            .order_by("pk")
        ],
    }
    for label, part in _parts.items():
        told[label] = part(user, students)
    return told


def _student(student: Student) -> dict[str, Any]:
    return {
        "이름": student.name,
        "생년월일": student.birth_date,
        "재학 여부": student.get_status_display(),
        "학교": student.school_label,
        "학년": student.grade_label,
        "사는 동": str(student.neighbourhood or ""),
        "등록 일시": student.registered_at,
    }


def _affiliation(row: Affiliation) -> dict[str, Any]:
    return {
        "역할": row.get_role_display(),
        "기관": str(row.school or row.partner),
        "신청 일시": row.asked_at,
        "확인 일시": row.confirmed_at,
        "종료 일시": row.ended_at,
    }


def _consents(user: User, students: Sequence[Student]) -> list[Consent]:
    about_me = Consent.objects.filter(user=user) | Consent.objects.filter(student__in=students)
    return list(about_me.select_related("text", "student").order_by("at", "pk"))


def _consent(row: Consent) -> dict[str, Any]:
    return {
        "일시": row.at,
        "문안": str(row.text),
        "대상": row.student.name if row.student else "본인",
        "답": "동의" if row.given else "동의하지 않음",
        "방법": row.get_channel_display(),
        "확인": row.get_verified_display(),
        "동의하신 분": row.spoken_by,
    }
