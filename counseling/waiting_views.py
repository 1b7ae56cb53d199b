"""The family's pages of the queue: taking a place, seeing it, giving it back, and answering an offer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from counseling import answering, joining, sensitive, waiting
from counseling.booking import NotNow, Taken
from counseling.models import Booking, SlotOffer, Topic, Wish, family_of
from counseling.views import consent_given
from counseling.waiting_forms import JoinForm
from lifecycle.locks import Refused

ENDED_SHOWN = 10


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """내 대기: what is waited for, open offers first, and what came to an end."""
    standing = waiting.standing_of(request.user)
    ended = Wish.objects.of_family(request.user).for_page().exclude(pk__in=[one.wish.pk for one in standing])
    context = {"standing": standing, "ended": ended.order_by("-joined_at", "-pk")[:ENDED_SHOWN], "now": timezone.now()}
    return render(request, "counseling/waiting/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Take a place: ``?topic=`` for any time, ``?booking=`` for one earlier than that booking."""
    booking = _booking(request)
    topic = booking.topic if booking else Topic.objects.open().filter(slug=request.GET.get("topic", "")).first()
    if topic is None:
        return render(request, "counseling/waiting/topics.html", {"topics": Topic.objects.open()})
    form = JoinForm(
        request.POST if request.method == "POST" else None,
        user=request.user,
        topic=topic,
        booking=booking,
        initial=_guess(request, topic),
    )
    fitting = []
    if form.is_valid():
        try:
            wish = joining.join(form.wish(), by=request.user)
        except joining.Suits as suits:
            fitting = suits.slots
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("대기를 받았습니다. 자리가 나면 순서대로 알려 드립니다."))
            return redirect(wish)
    context = {
        "form": form,
        "topic": topic,
        "booking": booking,
        "fitting": fitting,
        "rules": waiting.settings(),
        "has_family": booking is not None or form.fields["student"].queryset.exists(),
    }
    return render(request, "counseling/waiting/join.html", context)


@require_safe
def wish(request: HttpRequest, pk: int) -> HttpResponse:
    """One place in the line: its number, what it means, and the way out."""
    now = timezone.now()
    mine = Wish.objects.of_family(request.user).for_page().with_position(now)
    wish = get_object_or_404(mine, pk=pk)
    offer = wish.offers.open(now).for_page().first()
    ended = wish.trail().last() if wish.state != Wish.State.WAITING else None
    context = {"wish": wish, "offer": offer, "waits": wish.is_waiting(now), "ended": ended, "rules": waiting.settings()}
    return render(request, "counseling/waiting/wish.html", context)


@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    wish = get_object_or_404(Wish.objects.of_family(request.user), pk=pk)
    try:
        joining.withdraw(wish, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(wish)
    messages.success(request, _("대기를 취소했습니다."))
    return redirect("counseling:waiting")


@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """An offered time: one button takes it, another says no. Opening the page answers nothing."""
    mine = SlotOffer.objects.of_family(request.user).for_page()
    offer, refusal, asked = get_object_or_404(mine, pk=pk), "", None
    if request.method == "POST":
        try:
            if request.POST.get("answer") == "accept":
                if _agrees_anew(offer):
                    asked = consent_given(request, offer.wish.student, offer.wish.topic)
                booking = answering.accept(offer, by=request.user)
                if not offer.wish.earlier:
                    return redirect("counseling:done", booking.pk)
                messages.success(request, _("예약을 제안된 시간으로 옮겼습니다."))
                return redirect(booking)
            if request.POST.get("answer") == "decline":
                answering.decline(offer, by=request.user)
                messages.success(request, _("제안을 거절했습니다. 이 시간은 기다리는 다음 분께 차례가 돌아갑니다."))
                return redirect(offer.wish)
        except (Taken, NotNow, answering.Gone) as refused:
            refusal = str(refused)
            offer = mine.get(pk=pk)
        except Refused as refused:
            refusal = str(refused)
    now, rules, wish = timezone.now(), waiting.settings(), offer.wish
    context = {
        "offer": offer,
        "wish": wish,
        "session": offer.slot.session(wish.topic),
        "place": Booking(slot=offer.slot, mode=offer.mode).place,
        "is_open": offer.is_open(now),
        "consent": asked or (_agrees_anew(offer) and sensitive.question(wish.student, wish.topic, request.user)),
        "refusal": refusal,
        "left": rules.passes - wish.passes,
    }
    return render(request, "counseling/waiting/offer.html", context)


def _agrees_anew(offer: SlotOffer) -> bool:
    """Whether taking the offer agrees to a counselling, not to another time of one."""
    return offer.is_open(timezone.now()) and not offer.wish.earlier


def _booking(request: HttpRequest) -> Booking | None:
    """The booking that is to be earlier; anybody else's does not exist."""
    asked = request.GET.get("booking", "")
    if not asked:
        return None
    mine = Booking.objects.of_family(request.user).for_page().filter(state=Booking.State.BOOKED, topic__at_fair=False)
    return get_object_or_404(mine, pk=asked if asked.isdecimal() and len(asked) < 18 else 0)


def _guess(request: HttpRequest, topic: Topic) -> dict[str, object]:
    family = list(family_of(request.user)[:2])
    mode = request.GET.get("mode")
    guess: dict[str, object] = {"modes": [mode] if mode in topic.modes else topic.modes}
    if len(family) == 1:
        guess["student"] = family[0]
    return guess
