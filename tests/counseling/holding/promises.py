"""What the centre promises, whatever anybody does: looked at after each step."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from hypothesis.stateful import invariant

from counseling import doctor
from counseling.models import Booking, BookingChange, Slot, SlotOffer, Wish
from intake.models import Appeal, Strike
from lifecycle.models import Lifecycle, Transition
from notices.models import Notice
from tests.counseling.holding.queueing import Line
from tests.counseling.holding.world import OPEN_MOST, YEAR_MOST, State, World, meet, year_of

CANCELLED = {"counseling.cancelled", "counseling.cancelled_by_centre"}
BEGINS: dict[type[Lifecycle], str] = {
    Booking: State.HELD,
    Wish: Wish.State.WAITING,
    SlotOffer: SlotOffer.State.OPEN,
    Strike: Strike.State.STANDING,
    Appeal: Appeal.State.WAITING,
}


class Promises(Line, World):
    @invariant()
    def nothing_overlaps(self) -> None:
        slots = list(Slot.objects.standing())
        for one, other in combinations(slots, 2):
            assert one.counselor_id != other.counselor_id or not meet(one, other), "a counsellor is in two places"
        living = list(Booking.objects.filter(state__in=Booking.OCCUPYING).select_related("slot"))
        for one, other in combinations(living, 2):
            assert one.slot_id != other.slot_id, f"slot {one.slot_id} is sold twice"
            assert one.student_id != other.student_id or not meet(one, other), "a student is in two places"
        for booking in living:
            unbooked = booking.state == State.HELD and booking.has_lapsed(timezone.now())
            assert unbooked or booking.slot.withdrawn_at is None, f"slot {booking.slot_id} was taken from its booking"

    @invariant()
    def caps_are_kept(self) -> None:
        """Holds that live count like bookings; what is only offered counts for nothing yet."""
        now = timezone.now()
        counted = [b for b in Booking.objects.occupying(now) if b.state != State.HELD or b.offer_id is None]
        ahead = Counter(b.student_id for b in counted if b.ends_at > now and b.state in {State.HELD, *Booking.AGREED})
        assert all(number <= OPEN_MOST for number in ahead.values()), f"too many ahead: {ahead}"
        years = Counter((b.student_id, year_of(b.starts_at)) for b in counted)
        over = [key for key, number in years.items() if number > YEAR_MOST and key[0] not in self.excused]
        assert not over, f"too many a year: {over}"

    @invariant()
    def every_state_has_its_trail(self) -> None:
        for model, begins in BEGINS.items():
            steps: dict[int, list[Transition]] = {}
            kind = ContentType.objects.get_for_model(model)
            for step in Transition.objects.filter(subject_type=kind).order_by("pk"):
                steps.setdefault(step.subject_id, []).append(step)
            for row in model.objects.all():
                trail = [begins, *(step.to_state for step in steps.get(row.pk, []))]
                left = [*(step.from_state for step in steps.get(row.pk, [])), row.state]
                assert trail == left, f"{row._meta.label} {row.pk}: {left} left no trail but {trail}"

    @invariant()
    def everybody_is_told(self) -> None:
        """Each agreed time, each cancellation, each change and each no-show has a message to the family."""
        said = set(Notice.objects.values_list("kind", "key"))
        given_on = dict(BookingChange.objects.filter(former__isnull=False).values_list("former", "booking"))
        taken_over = set(given_on.values())
        for step in Transition.objects.filter(subject_type=ContentType.objects.get_for_model(Booking)):
            key = f"booking/{step.subject_id}"
            if step.from_state == State.HELD and step.to_state == State.BOOKED:
                swapped = ("counseling.swapped", f"{key}/swapped")
                assert ("counseling.booked", f"{key}/booked") in said or (
                    step.subject_id in taken_over and swapped in said
                ), f"nobody was told of {key}"
            if step.to_state == State.CANCELLED:
                told = any(kind in CANCELLED and about == f"{key}/cancelled" for kind, about in said)
                instead = ("counseling.swapped", f"booking/{given_on.get(step.subject_id)}/swapped")
                assert told or instead in said, f"nobody was told that {key} is cancelled"
        moved = Booking.objects.filter(changes__former__isnull=True, changes__isnull=False).distinct()
        for booking in moved:
            about = f"booking/{booking.pk}/changed/"
            assert any(key.startswith(about) for _, key in said), f"nobody was told that {booking.pk} moved"
        for strike in Strike.objects.all():
            about = f"strike/{strike.pk}/missed/"
            assert any(key.startswith(about) for _, key in said), f"nobody was told of no-show {strike.pk}"

    def look_closely(self) -> None:
        self.the_doctor_finds_nothing()
        self.list_and_button_say_the_same()

    def the_doctor_finds_nothing(self) -> None:
        found = [sentence for sentence in doctor.check() if "하루 넘게" not in sentence]
        excused = {f"학생 {pk}:" for pk in self.excused}
        found = [sentence for sentence in found if not sentence.startswith(tuple(excused) or "\0")]
        assert not found, f"the doctor found {found}"

    def list_and_button_say_the_same(self) -> None:
        now, topic = timezone.now(), self.topics[0]
        offered = set(Slot.objects.free(topic=topic).values_list("pk", flat=True))
        taken = set(Booking.objects.occupying(now).values_list("slot", flat=True))
        for slot in Slot.objects.select_related("counselor"):
            bookable = slot.pk not in taken and slot.refusal(topic, "visit", now=now) is None
            assert (slot.pk in offered) is bookable, f"list and button disagree on {slot}"
