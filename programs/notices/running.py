"""What is said when a run changes: moved, cancelled in part or whole, confirmed; and what staff have to decide.

Families are told by the machinery of ``applying.say``: one message for everybody about all that concerns them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from krds.dates import kdatetime, kperiod
from notices import outbox
from notices.kinds import EMAIL, SMS, Kind, register
from programs.models import Application, Run, Session
from programs.notices import applying, wording

MOVED = "○ 2026. 12. 12.(토) 10:00 ~ 12:00 → 2026. 12. 19.(토) 10:00 ~ 12:00"
LINES = "○ 2026. 12. 12.(토) 10:00 ~ 12:00 센터 3층 강의실"

RESCHEDULED = register(
    Kind(
        code="programs.rescheduled",
        label="프로그램 일정·장소 변경",
        channels=(SMS, EMAIL),
        urgent=True,
        variables={**wording.SAMPLE, "내용": MOVED, "사유": "강사 사정"},
        sms=_("[#{센터}] #{참가자} 참가 ‘#{프로그램}’ 일정이 바뀌었습니다.\n#{내용}\n사유: #{사유} 문의 #{전화}"),
        subject=_("[#{센터}] ‘#{프로그램}’ 일정이 바뀌었습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{참가자}님이 참가하는 ‘#{프로그램}’의 일정이 바뀌었습니다.\n\n"
            "#{내용}\n○ 사유: #{사유}\n\n"
            "이 일정이 어려우시면 나의 페이지에서 취소하시거나 전화로 알려 주세요.\n"
            "자세히 보기: #{링크}\n문의: #{전화}"
        ),
    )
)

SESSION_CANCELLED = register(
    Kind(
        code="programs.session_cancelled",
        label="프로그램 회기 취소",
        channels=(SMS, EMAIL),
        urgent=True,
        variables={**wording.SAMPLE, "내용": LINES, "사유": "강사 사정", "남은일정": "12. 19.(토) 10:00"},
        sms=_(
            "[#{센터}] 죄송합니다. #{참가자} 참가 ‘#{프로그램}’ 일정이 취소되었습니다.\n#{내용}\n"
            "다음 일정: #{남은일정}. 사유: #{사유} 문의 #{전화}"
        ),
        subject=_("[#{센터}] ‘#{프로그램}’ 일부 일정이 취소되었습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{참가자}님이 참가하는 ‘#{프로그램}’의 다음 일정이 취소되었습니다. 불편을 드려 죄송합니다.\n\n"
            "#{내용}\n○ 사유: #{사유}\n○ 다음 일정: #{남은일정}\n\n"
            "자세히 보기: #{링크}\n문의: #{전화}"
        ),
    )
)

RUN_CANCELLED = register(
    Kind(
        code="programs.run_cancelled",
        label="프로그램 취소(폐강)",
        channels=(SMS, EMAIL),
        urgent=True,
        variables={**wording.SAMPLE, "사유": "최소 인원 미달"},
        sms=_(
            "[#{센터}] 죄송합니다. #{참가자} 신청 ‘#{프로그램}’(#{시작})이 취소되었습니다. 사유: #{사유} 문의 #{전화}"
        ),
        subject=_("[#{센터}] ‘#{프로그램}’이 취소되었습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{참가자}님이 신청한 ‘#{프로그램}’을 열지 못하게 되었습니다. 불편을 드려 죄송합니다.\n\n"
            "○ 일시: #{일시}\n○ 접수 번호: #{번호}\n○ 사유: #{사유}\n\n"
            "신청은 취소되었고 따로 하실 일은 없습니다.\n"
            "신청 보기: #{링크}\n문의: #{전화}"
        ),
    )
)

RUN_CONFIRMED = register(
    Kind(
        code="programs.run_confirmed",
        label="프로그램 개설 확정",
        channels=(SMS, EMAIL),
        variables={**wording.SAMPLE, "내용": LINES},
        sms=_("[#{센터}] #{참가자} 참가 ‘#{프로그램}’이 예정대로 열립니다. #{시작}. 문의 #{전화}"),
        subject=_("[#{센터}] ‘#{프로그램}’이 예정대로 열립니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{참가자}님이 참가하는 ‘#{프로그램}’을 예정대로 엽니다.\n\n"
            "#{내용}\n\n"
            "자세히 보기: #{링크}\n문의: #{전화}"
        ),
    )
)

TO_DECIDE = register(
    Kind(
        code="programs.to_decide",
        label="직원: 개설을 결정할 회차",
        channels=(EMAIL,),
        valid_for=timedelta(days=7),
        variables={"프로그램": "대학생 멘토링 1회", "참가": "6", "최소": "10", "일시": "2026. 12. 12.(토) 10:00"},
        subject="[결정] #{프로그램}: 확정 #{참가}명, 최소 #{최소}명",
        email=(
            "개설 여부를 결정할 때가 되었습니다.\n\n"
            "○ 회차: #{프로그램}\n○ 일시: #{일시}\n○ 지금 자리: #{참가}명(최소 #{최소}명)\n\n"
            "업무 화면에서 결정하기: #{링크}"
        ),
    )
)


def rescheduled(run: Run, applications: Sequence[Application], lines: Sequence[str], *, reason: str) -> None:
    words = {"내용": "\n".join(lines), "사유": reason}
    applying.say(RESCHEDULED.code, _of(run, applications), "rescheduled", more=lambda _one: words)


def sessions_cancelled(
    run: Run, applications: Sequence[Application], sessions: Sequence[Session], *, reason: str, following: str
) -> None:
    words = {"내용": _lines(sessions), "사유": reason, "남은일정": following}
    applying.say(SESSION_CANCELLED.code, _of(run, applications), "session_cancelled", more=lambda _one: words)


def run_cancelled(run: Run, applications: Sequence[Application], *, reason: str) -> None:
    applying.say(RUN_CANCELLED.code, _of(run, applications), "run_cancelled", more=lambda _one: {"사유": reason})


def run_confirmed(run: Run, applications: Sequence[Application], sessions: Sequence[Session]) -> None:
    words = {"내용": _lines(sessions)}
    applying.say(RUN_CONFIRMED.code, _of(run, applications), "run_confirmed", more=lambda _one: words)


def to_decide(run: Run, taken: int) -> None:
    """To everybody whose work programmes are; once for each date of decision."""
    people = User.objects.filter(groups__name=roles.PROGRAMS, is_active=True, is_staff=True).order_by("pk")
    context = {
        "프로그램": f"{run.program} {run.title}",
        "참가": str(taken),
        "최소": str(run.min_participants),
        "일시": kdatetime(run.starts_at),
    }
    url, key = reverse("admin:programs_deciding"), f"run/{run.pk}/decide/{run.decide_at:%Y%m%dT%H%M%z}"
    outbox.post("programs.to_decide", to=list(people), key=key, context=context, url=url)


def _of(run: Run, applications: Sequence[Application]) -> list[Application]:
    """With the run as it is held, so that saying it asks for none of it again."""
    for one in applications:
        one.run = run
    return list(applications)


def _lines(sessions: Sequence[Session]) -> str:
    return "\n".join(f"○ {kperiod(one.starts_at, one.ends_at)} {one.where}".rstrip() for one in sessions)
