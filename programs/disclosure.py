"""What this room keeps about a person, for the copy of their own data that they may take away (법 제35조)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts import disclosure
from accounts.models import Student, User
from programs import invitations
from programs.models import Application, Mark, Participant


def _applications(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    """One's own, and those of the students one may speak for; of others in them only the number."""
    own = {student.pk for student in students}
    parts = Participant.objects.filter(Q(student__in=own) | Q(user=user), application=OuterRef("pk"))
    mine = Application.objects.filter(Q(applicant=user, on_behalf=False) | Exists(parts))
    return [
        {
            "프로그램": str(application.run),
            "일시": application.run.starts_at,
            "참가자": [
                part.called for part in application.participants.all() if part.student_id in own or part.user == user
            ],
            "자리 수": application.places,
            "학급": application.class_name,
            "상태": application.get_state_display(),
            "접수 번호": application.number_label,
            "접수 일시": application.applied_at,
            "남긴 말": application.remark if application.applicant_id == user.pk else "",
            **_chosen(application),
            "받은 제안": [
                {"기한": offer.deadline, "답": offer.get_state_display()} for offer in application.offers.all()
            ],
        }
        for application in mine.for_page()
        .select_related("draw_entry", "decision", "run__review")
        .prefetch_related("offers", "scores__criterion")
        .order_by("pk")
    ]


def _chosen(application: Application) -> dict[str, Any]:
    """How a draw or an announced review saw it: one's own line of the list; points without who gave them."""
    told: dict[str, Any] = {}
    if entry := getattr(application, "draw_entry", None):
        told["추첨"] = {
            "추첨표 코드": entry.code,
            "확인 열쇠": entry.key,
            "추첨권 수": entry.weight,
            "추첨 순서": entry.place,
            "결과": entry.get_outcome_display(),
        }
    review = getattr(application.run, "review", None)
    if review and review.announced_at:
        decision = getattr(application, "decision", None)
        told["심사"] = {
            "결과": decision.get_state_display() if decision else "",
            "점수": [
                {"기준": one.criterion.name, "점수": one.points, "만점": one.criterion.most}
                for one in application.scores.all()
            ],
        }
    return told


disclosure.register("프로그램 참가 신청", _applications)


def _attendance(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    """What holds of each session; who wrote it is staff's, and what it said before stands in the trail."""
    own = Participant.objects.filter(Q(student__in=students) | Q(user=user))
    marks = Mark.objects.filter(participant__in=own).current().select_related("session__run__program")
    return [
        {
            "프로그램": str(mark.session.run),
            "회기": mark.session.starts_at,
            "출석": mark.get_status_display(),
            "입력": mark.get_source_display(),
            "표시한 때": mark.at,
        }
        for mark in marks
        if mark.status != Mark.Status.CLEARED
    ]


disclosure.register("프로그램 출석", _attendance)


def _invitations(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    """Links that were sent to a proven address of one's own, and those that one has answered."""
    return [
        {
            "행사": str(one.run),
            "보낸 곳": one.contact,
            "이름": one.name,
            "초대 일시": one.invited_at,
            "기한": one.expires_at,
            "상태": one.get_state_display(),
            "답한 일시": one.answered_at,
        }
        for one in invitations.to(user).select_related("run__program").order_by("pk")
    ]


disclosure.register("행사 초대", _invitations)
