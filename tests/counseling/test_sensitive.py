"""A topic that may touch health or feelings waits for a consent of its own (개인정보 보호법 제23조)."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import consents
from accounts.models import Consent, ConsentText, User
from counseling import answering, changing, joining, sensitive, taking, walkin
from counseling import booking as bookings
from counseling.board import Board, View
from counseling.models import Booking, SlotOffer, Topic, Wish
from lifecycle.locks import Refused
from tests.counseling.conftest import grant

pytestmark = pytest.mark.django_db

State = Booking.State
SENSITIVE = ConsentText.Kind.SENSITIVE


@pytest.fixture
def topic(db):
    return Topic.objects.create(
        slug="psychology", name="학습심리 상담", minutes=50, modes=["visit", "phone"], sensitive=True
    )


@pytest.fixture
def held(slot, student, parent, topic):
    return bookings.hold(
        slot.pk, student=student, topic=topic, mode="visit", by=parent, question="요즘 집중이 어렵습니다."
    )


@pytest.fixture
def chief(client):
    user = User.objects.create_user("chief@example.com", name="박팀장", is_staff=True)
    client.force_login(grant(user, "팀장(승인)", "view_student", "add_student", "unmask_personal_data"))
    return user


def agree(student, by, given=True):
    return consents.answer(SENSITIVE, given, by=by, student=student)


def state_of(booking):
    return Booking.objects.get(pk=booking.pk).state


def words():
    return consents.text(SENSITIVE)


def review(booking):
    return reverse("counseling:review", args=[booking.pk])


# --- Families --------------------------------------------------------------------------------
def test_the_last_page_asks_and_loses_neither_the_time_nor_the_words(client, parent, held, student):
    client.force_login(parent)
    page = client.get(review(held)).content.decode()
    assert words().title in page and 'name="consent"' in page and "checked" not in page

    refused = client.post(review(held), {"consent_text": words().pk}).content.decode()

    assert "동의하시면 이 칸을 골라 주세요." in refused and "요즘 집중이 어렵습니다." in refused
    assert state_of(held) == State.HELD and not Consent.objects.filter(student=student).exists()

    answer = client.post(review(held), {"consent_text": words().pk, "consent": "yes"})

    assert answer.url == reverse("counseling:done", args=[held.pk]) and state_of(held) == State.BOOKED
    kept = Consent.objects.get(student=student)
    assert (kept.text, kept.given, kept.by, kept.channel, kept.verified) == (words(), True, parent, "web", "login")


def test_whoever_agreed_is_not_asked_again_until_it_is_taken_back(client, parent, held, student):
    client.force_login(parent)
    agree(student, parent)
    assert 'name="consent"' not in client.get(review(held)).content.decode()

    client.post(reverse("accounts:consent"), {"kind": SENSITIVE, "given": "no", "student": student.pk})

    assert 'name="consent"' in client.get(review(held)).content.decode()
    client.post(review(held))
    assert state_of(held) == State.HELD


def test_nobody_agrees_to_words_that_changed_meanwhile(client, parent, held, student):
    client.force_login(parent)
    seen = words().pk
    ConsentText.objects.create(
        kind=SENSITIVE, version=2, title="민감정보 처리", body="새 문안", valid_from=timezone.now()
    )

    page = client.post(review(held), {"consent": "yes", "consent_text": seen}).content.decode()

    assert "동의 문안이 바뀌었습니다" in page and "새 문안" in page
    assert state_of(held) == State.HELD and not Consent.objects.filter(student=student).exists()


@pytest.mark.parametrize(("born", "booked"), [(date(2012, 11, 24), False), (date(2012, 11, 23), True)])
def test_under_14_the_guardian_answers_and_not_the_child(client, slot, topic, student, make_parent, born, booked):
    child = make_parent("김하늘")
    student.user, student.birth_date = child, born
    student.save(update_fields=["user", "birth_date"])
    held = bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=child)
    client.force_login(child)

    client.post(review(held), {"consent": "yes", "consent_text": words().pk})

    assert (state_of(held) == State.BOOKED) is booked
    assert Consent.objects.filter(student=student).exists() is booked


def test_a_guardian_does_not_answer_for_a_student_who_keeps_the_data_alone(client, held, parent, student, make_parent):
    student.user, student.handed_over_at = make_parent("김하늘"), timezone.now()
    student.save(update_fields=["user", "handed_over_at"])
    client.force_login(parent)

    page = client.post(review(held), {"consent": "yes", "consent_text": words().pk}).content.decode()

    assert "학생이 ‘내 정보’의 ‘동의 관리’에서 동의하면" in page and 'name="consent"' not in page
    assert state_of(held) == State.HELD and not Consent.objects.exists()


def test_the_page_of_a_booking_says_that_the_consent_was_taken_back(client, held, parent, student):
    client.force_login(parent)
    agree(student, parent)
    bookings.confirm(held, by=parent)
    url = reverse("counseling:booking", args=[held.pk])
    assert "동의가 없습니다" not in client.get(url).content.decode()

    agree(student, parent, given=False)

    assert "민감정보 처리 동의가 없습니다." in client.get(url).content.decode()


def test_other_topics_ask_nothing(client, parent, held, topic):
    Topic.objects.update(sensitive=False)
    client.force_login(parent)

    assert 'name="consent"' not in client.get(review(held)).content.decode()
    assert client.post(review(held)).url == reverse("counseling:done", args=[held.pk])


def test_an_offer_is_taken_with_the_consent_and_stays_without(client, slot, topic, student, parent, make_student):
    other = make_student("이바다", parent)
    agree(other, parent)
    taken = bookings.book(slot.pk, student=other, topic=topic, mode="visit", by=parent)
    joining.join(Wish(student=student, topic=topic, modes=["visit"]), by=parent)
    bookings.cancel(taken, by=parent, reason="일정")
    offer = SlotOffer.objects.get()
    url = reverse("counseling:offer", args=[offer.pk])
    client.force_login(parent)

    with pytest.raises(taking.NeedsConsent):
        answering.accept(offer, by=parent)
    page = client.post(url, {"answer": "accept", "consent_text": words().pk}).content.decode()
    assert "동의하시면 이 칸을 골라 주세요." in page
    assert SlotOffer.objects.get().state == SlotOffer.State.OPEN

    client.post(url, {"answer": "accept", "consent": "yes", "consent_text": words().pk})

    assert SlotOffer.objects.get().state == SlotOffer.State.ACCEPTED
    assert consents.agreed(SENSITIVE, student=student)


def test_declining_an_offer_needs_no_consent(client, slot, topic, student, parent, make_student):
    other = make_student("이바다", parent)
    agree(other, parent)
    taken = bookings.book(slot.pk, student=other, topic=topic, mode="visit", by=parent)
    joining.join(Wish(student=student, topic=topic, modes=["visit"]), by=parent)
    bookings.cancel(taken, by=parent, reason="일정")
    client.force_login(parent)

    ticked = {"answer": "decline", "consent": "yes", "consent_text": words().pk}
    client.post(reverse("counseling:offer", args=[SlotOffer.objects.get().pk]), ticked)

    assert SlotOffer.objects.get().state == SlotOffer.State.DECLINED
    assert not consents.agreed(SENSITIVE, student=student)


# --- Staff -----------------------------------------------------------------------------------
def test_no_exception_stands_in_for_the_consent(slot, topic, student, chief):
    asked = {"student": student, "topic": topic, "mode": "visit", "by": chief, "on_behalf": True}

    with pytest.raises(taking.NeedsConsent):
        bookings.book(slot.pk, exception="급한 사정", **asked)

    assert not Booking.objects.exists()


@pytest.mark.parametrize(("how", "channel"), [("paper", "desk"), ("spoken", "call")])
def test_a_caller_s_consent_is_written_down_with_the_booking(client, slot, topic, student, chief, how, channel):
    url = f"{reverse('admin:counseling_caller')}?student={student.pk}&topic={topic.slug}"
    assert words().title in client.get(url).content.decode()
    typed = {"when": slot.pk, "question": "요즘 집중이 어렵습니다."}

    page = client.post(url, typed).content.decode()

    assert "동의 문안을 알려 드리고 받은 방법을 골라 주세요." in page and "요즘 집중이 어렵습니다." in page
    assert not Booking.objects.exists()

    unnamed = client.post(url, {**typed, "consent": how}).content.decode()
    assert "누가 동의했는지" in unnamed and "요즘 집중이 어렵습니다." in unnamed
    assert not Booking.objects.exists()

    client.post(url, {**typed, "consent": how, "consent_by": "김엄마(어머니)"})

    assert Booking.objects.get().state == State.BOOKED
    kept = Consent.objects.get(student=student)
    assert (kept.given, kept.by, kept.channel, kept.verified) == (True, chief, channel, how)
    assert kept.spoken_by == "김엄마(어머니)"
    assert words().title + " 동의 문안" not in client.get(url).content.decode()


@pytest.mark.parametrize("who", ["", "   "])
def test_nobody_s_word_is_written_down_as_nobody_s(topic, student, chief, who):
    with pytest.raises(Refused, match="동의하신 분을 적어 주세요"):
        sensitive.taken_down(student, topic, "paper", who=who, by=chief)
    assert not Consent.objects.filter(student=student).exists()


def test_the_family_reads_who_gave_a_consent_that_staff_wrote_down(client, topic, student, chief, parent):
    sensitive.taken_down(student, topic, "spoken", who="김엄마(어머니)", by=chief)
    client.force_login(parent)
    assert "동의하신 분 김엄마(어머니)" in client.get(reverse("accounts:consents")).content.decode()


def test_the_board_s_page_asks_too(client, slot, topic, student, chief):
    url = f"{reverse('admin:counseling_call', args=[slot.pk])}?q={student.name}"
    typed = {"student": student.pk, "topic": topic.pk, "mode": "visit", "question": "", "exception": ""}

    assert "받은 방법을 골라 주세요" in client.post(url, typed).content.decode()
    client.post(url, {**typed, "consent": "paper", "consent_by": "김엄마(어머니)"})

    assert Booking.objects.get().state == State.BOOKED


def test_a_refused_booking_leaves_no_consent_behind(slot, topic, student, chief, parent, make_student):
    bookings.book(slot.pk, student=make_student("이바다", parent), topic=topic, mode="visit", by=chief, on_behalf=True,
                  consent="paper", consent_by="김엄마(어머니)")  # fmt: skip

    with pytest.raises(bookings.Taken):
        bookings.book(
            slot.pk,
            student=student,
            topic=topic,
            mode="visit",
            by=chief,
            on_behalf=True,
            consent="paper",
            consent_by="김엄마(어머니)",
        )

    assert not Consent.objects.filter(student=student).exists()


def test_a_family_cannot_say_that_staff_took_the_consent(slot, topic, student, parent):
    with pytest.raises(taking.NeedsConsent):
        bookings.book(
            slot.pk, student=student, topic=topic, mode="visit", by=parent, consent="paper", consent_by="김엄마(어머니)"
        )


def test_a_visitor_is_asked_before_a_time_is_made(counselor, topic, student, chief):
    with pytest.raises(taking.NeedsConsent):
        walkin.open_and_begin(counselor, student=student, topic=topic, by=chief)
    assert not counselor.slots.exists()

    walkin.open_and_begin(
        counselor, student=student, topic=topic, by=chief, consent="paper", consent_by="김엄마(어머니)"
    )

    assert Booking.objects.get().state == State.ARRIVED


def test_a_sibling_takes_no_place_without_a_consent_of_its_own(slot, topic, student, parent, make_student, chief):
    agree(student, parent)
    booking = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    sibling = make_student("김바다", parent)

    with pytest.raises(taking.NeedsConsent):
        changing.swap(booking, sibling, by=chief)
    assert state_of(booking) == State.BOOKED

    agree(sibling, parent)
    assert changing.swap(booking, sibling, by=chief).student == sibling


def test_the_plan_marks_the_counselling_that_is_about_feelings(db):
    from django.core.management import call_command

    call_command("load_plan", verbosity=0)

    assert list(Topic.objects.filter(sensitive=True).values_list("name", flat=True)) == ["학습심리 상담"]


# --- Taken back ---------------------------------------------------------------------------------
def test_taking_it_back_cancels_nothing_and_tells_staff(client, slot, topic, student, parent, chief, counselor):
    agree(student, parent)
    booking = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    board = f"{reverse('admin:counseling_board')}?day=2026-11-25"
    own, duties = reverse("admin:counseling_booking_change", args=[booking.pk]), reverse("admin:index")
    for page in (board, own, duties):
        assert "민감정보" not in client.get(page).content.decode(), page
    was = Board.etag_of(View(date(2026, 11, 25)), chief)

    agree(student, parent, given=False)

    assert state_of(booking) == State.BOOKED
    assert "민감정보 동의 없음" in client.get(board).content.decode()
    assert Board.etag_of(View(date(2026, 11, 25)), chief) != was
    assert "민감정보 처리 동의가 없습니다" in client.get(own).content.decode()
    listed = f"{reverse('admin:counseling_booking_changelist')}?consent=missing"
    assert "민감정보 동의가 없는 상담 예약" in client.get(duties).content.decode()
    assert listed in client.get(duties).content.decode()
    assert "1:1" not in topic.name and topic.name in client.get(listed).content.decode()

    client.force_login(grant(counselor.user, "상담사"))
    assert "민감정보 동의 없음" in client.get(board).content.decode()
    assert "민감정보 동의가 없는 상담 예약" in client.get(duties).content.decode()

    agree(student, parent)
    assert "민감정보" not in client.get(board).content.decode()
    assert "민감정보 동의가 없는" not in client.get(duties).content.decode()


def test_the_duty_is_ones_own_and_ahead_only(slot, topic, student, parent, make_counselor, counselor, monday_morning):
    agree(student, parent)
    booking = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    agree(student, parent, given=False)
    colleague = make_counselor("최수아 상담사").user

    assert [list(sensitive.unagreed(user)) for user in (counselor.user, colleague)] == [[booking], []]
    monday_morning.move_to(booking.ends_at)
    assert not sensitive.unagreed(counselor.user).exists()
