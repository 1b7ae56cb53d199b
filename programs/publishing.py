"""Before a run is shown: what is missing, what is odd; and taking it off again.

``gaps`` is one list for the page and for ``publish``: what blocks is refused there, what is odd is only said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone

from centre.calendar import Calendar
from krds.dates import kdate, kdatetime
from lifecycle.locks import Refused, contended, lock
from programs.models import Program, Run, Session
from questionnaires.models import Questionnaire

if TYPE_CHECKING:
    from accounts.models import User
    from intake.models import RuleSet

BUSY = "같은 회차를 다른 사람이 함께 바꾸고 있습니다. 다시 시도해 주세요."


@dataclass(frozen=True)
class Gap:
    """Something missing (``blocks``) or odd, as a sentence that says what to do."""

    code: str
    sentence: str
    blocks: bool = True


class NotReady(Refused):
    """Something that families need is missing."""


class StillApplied(Refused):
    """People have applied: taking the run off hides it from them; a warning that staff may pass."""


def gaps(run: Run, now: datetime, *, groups: Iterable[int] | None = None) -> list[Gap]:
    """What blocks first. Five queries at most, fewer after ``fetch`` and with the places of the groups at hand."""
    fetch(run)
    standing = [session for session in run.sessions.all() if session.cancelled_at is None]
    found = [
        *_of_sessions(run, standing, now),
        *_of_window(run, standing, now),
        *_of_places(run, groups),
        *_of_people(run),
        *_of_forms(run, now),
        *_of_decision(run),
    ]
    return sorted(found, key=lambda gap: not gap.blocks)


def fetch(run: Run) -> None:
    """Sessions in order with their rooms; once for everything that a page says of them."""
    meetings = Session.objects.select_related("room__venue").order_by("starts_at", "pk")
    prefetch_related_objects([run], Prefetch("sessions", meetings))


def publish(run_id: int, *, by: User, at: datetime | None = None) -> Run:
    """Show the run from ``at`` on (now without).

    Raises:
        NotReady: something that blocks is missing; the sentence names all of it.
        Refused: it is cancelled or shown already.
    """
    now = timezone.now()
    with contended(BUSY), transaction.atomic():
        run = lock(Run.objects.select_related("program", "rules"), run_id)
        if run.state == Run.State.CANCELLED:
            raise Refused("취소된 회차는 공개할 수 없습니다. 베껴서 새 회차를 만들어 주세요.")
        if run.published_at and run.published_at <= now:
            raise Refused("이미 공개한 회차입니다.")
        if missing := [gap for gap in gaps(run, now) if gap.blocks]:
            raise NotReady("아직 공개할 수 없습니다. " + " ".join(gap.sentence for gap in missing))
        run.published_at = max(at or now, now)
        run.save(update_fields=["published_at"])
    return run


def take_down(run_id: int, *, by: User, even_so: bool = False) -> Run:
    """Hide the run again. Nobody is told and no application changes.

    Raises:
        StillApplied: there are live applications and ``even_so`` was not said.
        Refused: it is not shown.
    """
    with contended(BUSY), transaction.atomic():
        run = lock(Run.objects, run_id)
        if run.published_at is None:
            raise Refused("공개하지 않은 회차입니다.")
        live = run.applications.live().count()
        if live and not even_so:
            raise StillApplied(
                f"신청 {live}건이 살아 있습니다. 공개를 멈추면 누리집에서 사라지지만 신청은 그대로이고 "
                "아무에게도 알리지 않습니다. 열지 않을 것이라면 ‘회차 취소’를 해 주세요."
            )
        run.published_at = None
        run.save(update_fields=["published_at"])
    return run


def _of_sessions(run: Run, standing: list[Session], now: datetime) -> Iterator[Gap]:
    if not standing:
        yield Gap("no-session", "회기가 없습니다. 회기를 만들어 주세요.")
        return
    if standing[0].starts_at <= now:
        yield Gap("past", f"첫 회기({kdatetime(standing[0].starts_at)})가 이미 지났습니다. 날짜를 고쳐 주세요.")
    if any(not session.where for session in standing):
        yield Gap("no-place", "장소가 없는 회기가 있습니다. 방을 고르거나 장소를 적어 주세요.")
    days = [timezone.localdate(session.starts_at) for session in standing]
    calendar = Calendar.load(days[0], days[-1])
    for day, session in zip(days, standing, strict=True):
        if reason := calendar.closed_reason(day, session.room.venue_id if session.room else None):
            yield Gap("holiday", f"{kdate(day)}은 쉬는 날입니다({reason}).", blocks=False)
        if session.room and run.capacity and session.room.capacity < run.capacity:
            yield Gap(
                "small-room",
                f"{session.number}회기의 방({session.room})은 {session.room.capacity}명까지인데 정원은 {run.capacity}명입니다.",
                blocks=False,
            )


def _of_window(run: Run, standing: list[Session], now: datetime) -> Iterator[Gap]:
    if not run.opens_at or not run.closes_at:
        return
    if run.closes_at <= now:
        yield Gap("window-over", "접수 마감이 이미 지났습니다. 접수 기간을 고쳐 주세요.")
    if standing and run.opens_at >= standing[0].starts_at:
        yield Gap("window-after-start", "접수 시작이 첫 회기보다 뒤입니다. 접수 기간을 고쳐 주세요.")
    elif standing and run.closes_at > standing[0].starts_at:
        yield Gap("window-into-start", "접수 마감이 첫 회기 시작보다 뒤입니다.", blocks=False)


def _of_places(run: Run, known: Iterable[int] | None) -> Iterator[Gap]:
    deciding = run.admission in {Run.Admission.DRAW, Run.Admission.REVIEW}
    if run.applies and run.capacity is None:
        sentence = "정원이 없습니다. 정원을 적어 주세요." if deciding else "정원이 없어 신청을 끝없이 받습니다."
        yield Gap("no-capacity", sentence, blocks=deciding)
    if deciding and not run.applies:
        yield Gap("no-window", "뽑거나 심사하려면 접수 기간이 있어야 합니다. 접수 시작과 마감을 적어 주세요.")
    groups = sum(known if known is not None else run.groups.values_list("capacity", flat=True))
    if run.capacity and groups > run.capacity:
        yield Gap("groups", f"그룹 정원의 합({groups}명)이 정원({run.capacity}명)보다 많습니다.", blocks=False)


def _of_people(run: Run) -> Iterator[Gap]:
    program = run.program
    if program.published_at is None:
        yield Gap("program-hidden", "프로그램이 공개되지 않아 회차도 보이지 않습니다.", blocks=False)
    audience = set(program.audience)
    needed = {
        Run.Party.PAIR: {Program.Audience.STUDENT, Program.Audience.GUARDIAN},
        Run.Party.CLASS: {Program.Audience.SCHOOL},
    }.get(run.party, set())
    if needed - audience and not (run.party == Run.Party.CLASS and Program.Audience.TEACHER in audience):
        labels = "·".join(str(Program.Audience(one).label) for one in sorted(needed))
        yield Gap(
            "party",
            f"신청 단위가 ‘{run.get_party_display()}’인데 프로그램 대상에 {labels}이(가) 다 있지 않습니다.",
            blocks=False,
        )
    if run.rules and run.rules.enrolled and not _overlap(program, run.rules):
        yield Gap(
            "rules",
            f"이용 규칙 ‘{run.rules}’의 학년과 프로그램 대상 학년({program.grades_label})이 겹치지 않아 "
            "아무도 신청할 수 없습니다.",
        )
    if run.rules and Program.Audience.STUDENT not in audience:
        yield Gap("rules-nobody", "이용 규칙은 학생에게만 적용되는데 학생 대상이 아닙니다.", blocks=False)


def _overlap(program: Program, rules: RuleSet) -> bool:
    first, last = program.first_grade or 1, program.last_grade or 12
    return (rules.first_grade or 1) <= last and first <= (rules.last_grade or 12)


def _of_forms(run: Run, now: datetime) -> Iterator[Gap]:
    chosen = {key for key in (run.questionnaire_id, run.second_form_id) if key}
    if chosen:
        ready = set(Questionnaire.objects.answerable().filter(pk__in=chosen).values_list("pk", flat=True))
        if chosen - ready:
            yield Gap("form", "공개된 판이 없는 질문지가 있습니다. 질문지를 먼저 공개해 주세요.")
    if run.second_form_id and run.second_form_until is None:
        yield Gap("second-form-end", "선정된 사람이 내는 질문지의 마감을 적어 주세요.")
    elif run.second_form_id and run.second_form_until <= now:
        yield Gap("second-form-over", "선정된 사람이 내는 질문지의 마감이 이미 지났습니다.")
    elif run.second_form_id and run.second_form_until > run.starts_at:
        yield Gap("second-form-late", "선정된 사람이 내는 질문지의 마감이 첫 회기보다 뒤입니다.", blocks=False)


def _of_decision(run: Run) -> Iterator[Gap]:
    if run.min_participants and run.decide_at is None:
        yield Gap("no-decision", "최소 인원은 있는데 개설을 결정할 일시가 없습니다.", blocks=False)
    if run.decide_at and run.decide_at >= run.starts_at:
        yield Gap("late-decision", "개설 결정 일시가 첫 회기보다 뒤입니다.", blocks=False)
