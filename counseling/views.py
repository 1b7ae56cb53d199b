"""The family's pages: what there is, which times are free, and booking one in four steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.models import Student
from counseling import assignment, changing, clashes, finding, papers, questionnaires, rules, sensitive, taking
from counseling import booking as bookings
from counseling.calendar_file import calendar_file
from counseling.finding import MOST, Need, Time
from counseling.forms import ANYBODY, CancelForm, WishForm
from counseling.models import Booking, Mode, Slot, Topic, family_of
from counseling.rules import Offered
from intake import wording
from intake.admission import Person
from intake.rules import DEFAULT
from krds.calendar import Day
from krds.dates import kdatetime
from lifecycle.locks import Refused

State = Booking.State
NEXT_TIMES = 6  # offered at once when a time was lost


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "counseling/home.html", {"topics": Topic.objects.open()})


@login_not_required
@require_safe
def topic_rules(request: HttpRequest, slug: str) -> HttpResponse:
    """Who may book a topic, from when on, how often, and what follows a no-show: the rules in plain words."""
    topic = get_object_or_404(Topic.objects.open().select_related("rules"), slug=slug)
    said = wording.read_back(topic.rules.frozen() if topic.rules else DEFAULT)
    return render(request, "counseling/rules.html", {"topic": topic, "said": said})


@login_not_required
@require_safe
def times(request: HttpRequest) -> HttpResponse:
    """Free times by need: two queries and the footer's, however many times there are."""
    offered = rules.offered(request.user if request.user.is_authenticated else None)
    topics, need = offered.topics, Need.read(request.GET, offered.topics)
    child, now = offered.child(need.child), timezone.now()
    chosen = finding.month_of(request.GET.get("month", "")) or need.day
    found, more, per_day = finding.list_and_calendar(need, None if need.day else MOST, chosen)
    found = _judged(found, need, offered, child, now)
    today = timezone.localdate(now)
    month = chosen or (found[0].start.date() if found else today)
    horizon = max((topic.horizon_days for topic in ([need.topic] if need.topic else topics)), default=0)
    last = today + timedelta(days=horizon)
    return render(
        request,
        "counseling/times.html",
        {
            "topics": topics,
            "modes": Mode,
            "need": need,
            "family": offered.family,
            "child": child,
            "refusal": offered.refusal(need.topic, child, now=now) if child else None,
            "days": finding.by_day(found),
            "more": more,
            "month": month,
            "calendar": _calendar(need, per_day),
            "previous_url": _month_url(need, month, -1) if _first(month) > _first(today) else "",
            "next_url": _month_url(need, month, 32) if _first(month) < _first(last) else "",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def slot(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 2: who comes and for what. Going on keeps the time for some minutes."""
    if request.method == "POST":
        form = WishForm(request.POST, user=request.user)
        return _held(request, pk, form) if form.is_valid() else _slot_page(request, _published(pk), form)
    slot, now = _published(pk), timezone.now()
    standing = slot.bookings.filter(state__in=Booking.OCCUPYING).first()  # one at most: the index says so
    if standing and standing.state == State.HELD and standing.booked_by_id == request.user.pk:
        initial = {name: getattr(standing, name) for name in ("student", "topic", "mode", "question")}
        initial["counselor"] = str(pk)
    elif slot.starts_at <= now or (standing and not standing.has_lapsed(now)):
        return _lost(request, Need.read(request.GET, Topic.objects.open()), _("이미 예약되었거나 지난 시간입니다."))
    else:
        initial = _first_guess(request, slot)
    return _slot_page(request, slot, WishForm(initial=initial, user=request.user))


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 3: everything once more, and the button that books."""
    booking = _open(request, pk)
    refusal, asked = "", None
    if request.method == "POST":
        if booking.state == State.HELD:
            asked = consent_given(request, booking.student, booking.topic)
        try:
            bookings.confirm(booking, by=request.user)
        except taking.NeedsConsent as needs:
            refusal = str(needs)
        except bookings.Taken as taken:
            return _lost(request, Need(booking.topic, booking.mode), str(taken), booking)
        except bookings.NotNow as not_now:
            refusal = str(not_now)
        else:
            return redirect("counseling:done", pk)
    if booking.state == State.RELEASED:
        return _lost(request, Need(booking.topic, booking.mode), taking.gone(booking), booking)
    if booking.state != State.HELD:
        return redirect(booking)
    context = {
        "booking": booking,
        "refusal": refusal,
        "consent": asked or sensitive.question(booking.student, booking.topic, request.user),
        "now": timezone.now(),
        "clashes": clashes.of([booking.student], booking.period, user=request.user, leaving=booking),
    }
    return render(request, "counseling/review.html", context)


@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    booking = _open(request, pk)
    bookings.release(booking, by=request.user)
    return redirect(Need(booking.topic, booking.mode).url)


@require_safe
def done(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 4: it is booked, and what happens next."""
    booking = _open(request, pk)
    if booking.state != State.BOOKED:
        return redirect(booking)
    return render(request, "counseling/done.html", {"booking": booking, **_paper(request, booking)})


@require_safe
def my_bookings(request: HttpRequest) -> HttpResponse:
    mine = Booking.objects.of_family(request.user).for_page()
    lists = {"upcoming": mine.upcoming, "past": mine.past, "cancelled": mine.cancelled}
    shown = asked if (asked := request.GET.get("show")) in lists else "upcoming"
    page = Paginator(lists[shown](), 20).get_page(request.GET.get("page"))
    held = mine.filter(state=State.HELD, held_until__gt=timezone.now()).first()
    return render(request, "counseling/bookings.html", {"page": page, "shown": shown, "held": held})


@require_safe
def booking(request: HttpRequest, pk: int) -> HttpResponse:
    booking = _open(request, pk)
    if booking.state == State.HELD:
        return redirect("counseling:review", pk)
    ended = booking.trail().filter(to_state=State.CANCELLED).first() if booking.state == State.CANCELLED else None
    context = {
        "booking": booking,
        "cancelled": ended,
        "changes": booking.changes.for_page(),
        "question": booking.rearrangements.open(timezone.now()).first(),
        "refusal": changing.refusal(booking, timezone.now()) if booking.state == State.BOOKED else "",
        "changes_left": changing.left(booking),
        "can_confirm": papers.can_confirm(booking),
        "lacks_consent": booking.state == State.BOOKED and sensitive.is_missing(booking.student, booking.topic),
        **_paper(request, booking),
    }
    return render(request, "counseling/booking.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    booking = _open(request, pk)
    form = CancelForm(request.POST if request.method == "POST" else None, back=booking.get_absolute_url())
    if form.is_valid():
        try:
            bookings.cancel(booking, by=request.user, reason=form.sentence)
        except bookings.NotNow as not_now:
            messages.error(request, str(not_now))
        else:
            messages.success(request, _("예약을 취소했습니다."))
        return redirect(booking)
    if not booking.can_be_cancelled:
        return redirect(booking)
    return render(request, "counseling/cancel.html", {"booking": booking, "form": form})


@require_POST
def confirmation(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper that schools and employers ask for."""
    booking = _open(request, pk)
    try:
        return redirect(papers.confirm(booking, by=request.user))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect(booking)


@require_GET
def ics(request: HttpRequest, pk: int) -> HttpResponse:
    booking = _open(request, pk)
    if booking.state in {State.HELD, State.RELEASED}:
        return redirect(booking)
    response = HttpResponse(calendar_file(booking), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="counseling-{booking.pk}.ics"'
    return response


def _open(request: HttpRequest, pk: int) -> Booking:
    """A booking of one's own family, ready to be shown; anybody else's does not exist."""
    mine = Booking.objects.of_family(request.user).for_page()
    if request.method == "POST":
        mine = mine.select_related("slot__counselor__user")  # who is told
    return get_object_or_404(mine, pk=pk)


def consent_given(request: HttpRequest, student: Student, topic: Topic) -> sensitive.Question | None:
    """Keep the consent ticked beside the button; what is still to be asked."""
    ticked, seen = request.POST.get("consent") == "yes", request.POST.get("consent_text", "")
    return sensitive.answered(student, topic, request.user, ticked=ticked, seen=seen)


def _paper(request: HttpRequest, booking: Booking) -> dict[str, object]:
    """The form that goes with a booking, if this person may answer it; else whether the student does it alone."""
    paper = questionnaires.papers([booking], request.user).get(booking.pk)
    return {"paper": paper, "answers_alone": not paper and questionnaires.answers_alone(booking, request.user)}


def _held(request: HttpRequest, pk: int, form: WishForm) -> HttpResponse:
    entered = {**form.cleaned_data}
    chosen = entered.pop("counselor")
    try:
        if chosen == ANYBODY:
            booking = assignment.hold(_published(pk).starts_at, by=request.user, **entered)
        else:
            booking = bookings.hold(int(chosen or pk), by=request.user, **entered)
    except bookings.Taken as taken:
        return _lost(request, Need(entered["topic"], entered["mode"]), str(taken), Booking(**entered))
    except bookings.NotNow as not_now:
        form.add_error(None, str(not_now))
        return _slot_page(request, _published(pk), form)
    return redirect("counseling:review" if booking.state == State.HELD else "counseling:booking", booking.pk)


def _published(pk: int) -> Slot:
    offered = Slot.objects.of_the_house().filter(published=True)
    return get_object_or_404(offered.select_related("counselor", "room__venue"), pk=pk)


def _slot_page(request: HttpRequest, slot: Slot, form: WishForm) -> HttpResponse:
    beside, family = finding.beside(slot), list(form.fields["student"].queryset)
    form.offer(beside, finding.known_to(family) if len(beside) > 1 else ())
    context = {
        "slot": slot,
        "who": slot.counselor.name if len(beside) == 1 else "",
        "room": slot.room if len(beside) == 1 else None,
        "form": form,
        "has_family": bool(family),
        "clashes": clashes.of(family, slot.period, user=request.user) if family else [],
    }
    return render(request, "counseling/slot.html", context)


def _lost(request: HttpRequest, need: Need, sentence: str, wish: Booking | None = None) -> HttpResponse:
    """The time is gone: say so, keep what was entered, and offer the next free times."""
    context = {"sentence": sentence, "need": need, "times": _next_times(request, need, wish), "wish": wish}
    return render(request, "counseling/taken.html", context)


def _next_times(request: HttpRequest, need: Need, wish: Booking | None) -> list[Time]:
    """The next free times; for somebody's wish only those that the rules let this student have."""
    if wish is None:
        return finding.times(need, NEXT_TIMES)
    found, now = finding.times(need, MOST, student=wish.student), timezone.now()
    offered = rules.offered(request.user)
    person = offered.child(str(wish.student_id))
    if person is None or need.topic_id not in offered.rules:
        return found[:NEXT_TIMES]
    return [time for time in found if offered.at(need.topic, person, time.start, now=now).allowed][:NEXT_TIMES]


def _first_guess(request: HttpRequest, slot: Slot) -> dict[str, object]:
    """What was asked for on the page before; where there is only one answer, that."""
    need = Need.read(request.GET, Topic.objects.open())
    family = list(family_of(request.user)[:2])
    guess: dict[str, object] = {"topic": need.topic, "mode": need.mode}
    if len(family) == 1:
        guess["student"] = family[0]
    elif need.child:
        guess["student"] = family_of(request.user).filter(pk=need.child).first()
    if len(slot.modes) == 1:
        guess["mode"] = slot.modes[0]
    return guess


def _judged(found: list[Time], need: Need, offered: Offered, child: Person | None, now: datetime) -> list[Time]:
    """The same times, each with what the rules of the chosen topic say to ``child``, or to a reader without one."""
    if need.topic is None:
        return found
    if child is None:
        note = _("%(moment)s부터 누구나 예약할 수 있습니다.")
        opens = [offered.opens_to_all(need.topic, time.start) for time in found]
        return [
            replace(time, note=note % {"moment": kdatetime(at)}) if now < at else time
            for time, at in zip(found, opens, strict=True)
        ]
    verdicts = [offered.at(need.topic, child, time.start, now=now) for time in found]
    return [replace(time, refusal=verdict.sentence) for time, verdict in zip(found, verdicts, strict=True)]


def _calendar(need: Need, per_day: Mapping[date, int]) -> dict[date, Day]:
    """The days that have free times, each with a link that keeps the rest of the need."""
    rest = need.anyday.url
    link = f"{rest}{'&' if '?' in rest else '?'}day="
    note = _("%(number)d개")
    return {day: Day(f"{link}{day:%Y-%m-%d}", note % {"number": number}) for day, number in per_day.items()}


def _first(day: date) -> date:
    return day.replace(day=1)


def _month_url(need: Need, month: date, step: int) -> str:
    other = _first(_first(month) + timedelta(days=step))
    query = need.anyday.query
    return f"{query}{'&' if query else '?'}month={other:%Y-%m}"
