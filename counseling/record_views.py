"""The family's side of the records: past counselling, what was agreed, and who may see it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Student
from counseling import openings, records, rules, sheets
from counseling.models import ActionTick, Booking, Proposal, Record, RecordVersion, Slot, family_of
from documents.models import IssuedDocument
from documents.pdf import RenderError
from lifecycle.locks import Refused

A_PAGE = 10
NEAREST = 6  # free times that are offered for what was proposed


@dataclass(frozen=True)
class Item:
    """Something agreed, and whether it is done."""

    key: str
    text: str
    done: bool


@dataclass(frozen=True)
class Session:
    """One counselling that took place, with what was shared of it."""

    booking: Booking
    record: Record | None = None
    version: RecordVersion | None = None
    items: tuple[Item, ...] = ()
    sheet: IssuedDocument | None = None


@never_cache
@require_safe
def timeline(request: HttpRequest) -> HttpResponse:
    """상담 이력: one student's past counselling, the latest first; the next step on top."""
    family = list(family_of(request.user).order_by("birth_date", "pk"))
    asked = request.GET.get("student", "")
    student = next((one for one in family if str(one.pk) == asked), family[0] if family else None)
    took_place = Booking.objects.of_family(request.user).filter(student=student, state=Booking.State.DONE).for_page()
    page = Paginator(took_place.order_by("-period__startswith", "-pk"), A_PAGE).get_page(request.GET.get("page"))
    seen = _sessions(request, page)
    proposals = Proposal.objects.open_for(request.user).filter(record__booking__student=student)
    context = {
        "family": family,
        "student": student,
        "page": page,
        "sessions": seen,
        "proposals": proposals,
        "own": student is not None and student.user_id == request.user.pk,
        "guardians_see": student is not None and not student.is_under_14 and records.guardians_see(student),
        "hidden": student is not None and _is_hidden(request, student),
    }
    return render(request, "counseling/records/timeline.html", context)


@never_cache
@require_safe
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """What was shared of one counselling."""
    mine = Record.objects.shared_with(request.user).for_page()
    shared = get_object_or_404(mine, booking=pk)
    session = _sessions(request, [shared.booking])[0]
    proposal = Proposal.objects.open_for(request.user).filter(record=shared).first()
    return render(request, "counseling/records/record.html", {"session": session, "proposal": proposal})


@never_cache
@require_safe
def following(request: HttpRequest, pk: int) -> HttpResponse:
    """Book what was proposed: free times of that topic with the same counsellor, those nearest to that day."""
    proposal = get_object_or_404(Proposal.objects.open_for(request.user), record__booking=pk)
    free = Slot.objects.free(topic=proposal.topic).filter(counselor=proposal.record.booking.slot.counselor_id)
    near = sorted(free, key=lambda slot: (abs(timezone.localdate(slot.starts_at) - proposal.on), slot.starts_at))
    offered, now = rules.offered(request.user), timezone.now()
    person = offered.child(str(proposal.record.booking.student_id))
    times = [
        (slot, offered.at(proposal.topic, person, slot.starts_at, now=now).sentence if person else "")
        for slot in sorted(near[:NEAREST], key=lambda slot: slot.starts_at)
    ]
    return render(request, "counseling/records/next.html", {"proposal": proposal, "times": times})


@require_POST
def tick(request: HttpRequest, pk: int) -> HttpResponse:
    """했어요 / 되돌리기 for one thing that was agreed."""
    shared = get_object_or_404(Record.objects.shared_with(request.user).for_page(), booking=pk)
    try:
        records.tick(shared, request.POST.get("item", ""), done=request.POST.get("done") == "1", by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    if request.POST.get("back") == "timeline":
        return redirect(f"{reverse('counseling:timeline')}?student={shared.booking.student_id}")
    return redirect("counseling:record", pk)


@require_POST
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The result sheet; it was issued when the record was shared, unless the press failed then."""
    shared = get_object_or_404(Record.objects.shared_with(request.user).for_page(), booking=pk)
    try:
        return redirect(sheets.give_out(shared, by=request.user))
    except (Refused, RenderError) as refused:
        messages.error(request, str(refused))
        return redirect("counseling:record", pk)


@require_POST
def guardians(request: HttpRequest) -> HttpResponse:
    """The student's own answer: may my guardians see it?"""
    student = get_object_or_404(Student, user=request.user, left_at=None)
    allowed = request.POST.get("allowed") == "1"
    try:
        records.allow_guardians(student, allowed, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        said = _("이제 보호자도 공유된 상담 결과를 볼 수 있습니다.") if allowed else _("이제 나만 볼 수 있습니다.")
        messages.success(request, said)
    return redirect(f"{reverse('counseling:timeline')}?student={student.pk}")


def _sessions(request: HttpRequest, bookings: Page | list[Booking]) -> list[Session]:
    """In so many queries, however many bookings; what is shown to a guardian is written down."""
    bookings = list(bookings)
    shared = {r.booking_id: r for r in Record.objects.shared_with(request.user).filter(booking__in=bookings)}
    for booking in bookings:
        if booking.pk in shared:
            shared[booking.pk].booking = booking
    asked = list(shared.values())
    numbers = {record.pk: record.shared_version for record in asked}
    versions = {
        version.record_id: version
        for version in RecordVersion.objects.filter(record__in=asked)
        if numbers[version.record_id] == version.number
    }
    ticks = set(ActionTick.objects.filter(record__in=asked).values_list("record", "item"))
    papers = {paper.subject_id: paper for paper in sheets.of(asked).filter(print__isnull=False)}
    openings.opened_by_family(request, asked)
    return [
        Session(
            booking,
            found,
            versions[found.pk],
            tuple(Item(i["key"], i["text"], (found.pk, i["key"]) in ticks) for i in versions[found.pk].items),
            papers.get(found.pk),
        )
        if (found := shared.get(booking.pk))
        else Session(booking)
        for booking in bookings
    ]


def _is_hidden(request: HttpRequest, student: Student) -> bool:
    """Whether a guardian should be told that the student's results are the student's to show."""
    return not student.is_under_14 and student.user_id is not None and student.user_id != request.user.pk
