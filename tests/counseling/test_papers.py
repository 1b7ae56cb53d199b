"""확인서 and 통계 on paper: who gets which, and what becomes of one whose booking changed."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from counseling import booking as bookings
from counseling import changing, papers
from counseling.models import Booking
from documents import making
from documents.models import IssuedDocument
from lifecycle.locks import Refused

State = Booking.State


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def booking(slot, student, topic, parent):
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)


@pytest.mark.django_db(transaction=True)
class TestConfirmation:
    def test_a_family_takes_its_paper_and_asking_again_gives_the_same(self, booking, parent, log_in):
        client = log_in(parent)
        address = reverse("counseling:confirmation", args=[booking.pk])

        first, second = client.post(address), client.post(address)

        paper = IssuedDocument.objects.get()
        assert first.url == second.url == paper.get_absolute_url()
        assert paper.title == "상담 예약 확인서"
        assert "2026. 11. 25.(수) 14:00 ~ 14:50" in paper.figures
        assert client.get(reverse("documents:file", args=[paper.pk])).getvalue().startswith(b"%PDF-")

    def test_it_does_not_say_what_the_counselling_is_about(self, booking, parent):
        assert booking.topic.name not in papers.confirm(booking, by=parent).figures

    def test_a_stranger_gets_neither_button_nor_paper(self, booking, parent, make_parent, log_in):
        paper = papers.confirm(booking, by=parent)
        client = log_in(make_parent())

        assert client.post(reverse("counseling:confirmation", args=[booking.pk])).status_code == 404
        assert client.get(paper.get_absolute_url()).status_code == 404

    def test_get_issues_nothing(self, booking, parent, log_in):
        assert log_in(parent).get(reverse("counseling:confirmation", args=[booking.pk])).status_code == 405

    def test_cancelling_takes_the_paper_back(self, booking, parent):
        paper = papers.confirm(booking, by=parent)

        bookings.cancel(booking, by=parent, reason="일정이 생겼어요")

        assert IssuedDocument.objects.get(pk=paper.pk).is_withdrawn
        with pytest.raises(Refused, match="취소"):
            papers.confirm(Booking.objects.for_page().get(pk=booking.pk), by=parent)

    def test_moving_takes_the_paper_back_and_the_new_one_says_the_new_time(self, booking, parent, make_slot):
        old = papers.confirm(booking, by=parent)

        moved = changing.move(booking, make_slot("2026-11-26 10:00").pk, by=parent)
        new = papers.confirm(moved, by=parent)

        assert IssuedDocument.objects.get(pk=old.pk).is_withdrawn
        assert not new.is_withdrawn
        assert "2026. 11. 26.(목) 10:00 ~ 10:50" in new.figures

    def test_a_sibling_in_the_same_place_leaves_no_paper_for_the_first(self, booking, parent, make_student, counselor):
        paper = papers.confirm(booking, by=parent)

        changing.swap(booking, make_student("김바다", parent), by=counselor.user)

        assert IssuedDocument.objects.get(pk=paper.pk).is_withdrawn

    def test_a_slip_that_is_put_right_takes_the_paper_back(self, booking, parent, counselor, monday_morning):
        monday_morning.move_to("2026-11-25 15:00+09:00")
        done = bookings.mark(booking, State.DONE, by=counselor.user)
        paper = papers.confirm(done, by=parent)
        assert paper.title == "상담 이용 확인서"

        bookings.mark(booking, State.NO_SHOW, by=counselor.user)

        assert IssuedDocument.objects.get(pk=paper.pk).is_withdrawn

    def test_another_familys_paper_stays(self, booking, parent, make_slot, make_student, topic):
        other = bookings.book(
            make_slot("2026-11-26 10:00").pk,
            student=make_student("이바다", parent),
            topic=topic,
            mode="visit",
            by=parent,
        )
        paper = papers.confirm(other, by=parent)

        bookings.cancel(booking, by=parent, reason="일정이 생겼어요")

        assert not IssuedDocument.objects.get(pk=paper.pk).is_withdrawn

    def test_staff_issue_it_at_the_counter_for_their_own_bookings_only(
        self, booking, counselor, make_counselor, log_in
    ):
        address = reverse("admin:counseling_confirmation", args=[booking.pk])
        other = make_counselor("박바다 상담사")
        for one in (counselor, other):
            one.user.user_permissions.set(Permission.objects.filter(codename__in=["view_booking", "change_booking"]))

        assert log_in(other.user).post(address).status_code == 404
        assert log_in(counselor.user).post(address).status_code == 302
        assert IssuedDocument.objects.get().issued_by == counselor.user


@pytest.mark.django_db(transaction=True)
def test_statistics_are_numbered_at_once_and_printed_by_a_worker(booking, counselor, log_in):
    counselor.user.user_permissions.set(Permission.objects.filter(codename__in=["view_booking", "view_figures"]))
    client = log_in(counselor.user)

    answer = client.post(reverse("admin:counseling_figures_paper"), {"of": "2026-11"})

    paper = IssuedDocument.objects.get()
    assert answer.url == paper.get_absolute_url()
    assert not paper.is_ready
    assert making.finish(paper).is_ready
    assert client.get(reverse("documents:file", args=[paper.pk])).getvalue().startswith(b"%PDF-")
