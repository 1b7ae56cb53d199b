"""Bookings in people's calendars: the file, the mail, the private address."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from accounts import disclosure, leaving
from accounts.models import Guardianship
from counseling import booking as bookings
from counseling import calendar_file, changing, feeds
from counseling.models import Booking, CalendarFeed
from counseling.models import feeds as feed_models
from lifecycle.locks import Refused
from notices import delivery
from notices.models import Notice
from programs import engagements
from programs.engagements import Engagement
from tests.notices.conftest import smtp  # noqa: F401

pytestmark = pytest.mark.django_db

Kind, State = CalendarFeed.Kind, CalendarFeed.State


@pytest.fixture
def booked(slot, student, topic, parent):
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)


def events(body):
    return Calendar.from_ical(body).walk("VEVENT")


# --- The entry itself ------------------------------------------------------------------------


def test_times_are_written_in_utc_and_lines_fold_at_75_octets(booked):
    booked.student.name = "가나다라마바사아자차카타파하" * 3
    body = calendar_file.calendar_file(booked)

    assert b"DTSTART:20261125T050000Z" in body
    assert b"DTEND:20261125T055000Z" in body
    assert max(len(line) for line in body.split(b"\r\n")) <= 75
    [event] = events(body)
    assert booked.student.name in event["summary"]
    assert event.decoded("dtstart") == booked.starts_at


def test_the_entry_says_who_publishes_it_and_never_the_topic(booked):
    body = calendar_file.calendar_file(booked)
    [event] = events(body)

    assert str(event["organizer"]).startswith("mailto:")
    assert booked.topic.name not in body.replace(b"\r\n ", b"").decode()


# --- In the mail -----------------------------------------------------------------------------


def calendar_part(mail):
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return part, part.get_payload(decode=True)


def test_mails_of_a_booking_and_its_end_carry_the_same_entry(booked, parent, smtp):  # noqa: F811
    bookings.cancel(booked, by=parent, reason="일정")
    delivery.deliver_due()

    mails = [mail for mail in smtp.mails if mail["To"] == parent.email]
    (made, first), (ended, second) = (calendar_part(mail) for mail in mails)
    assert (made.get_param("method"), ended.get_param("method")) == ("PUBLISH", "CANCEL")
    assert made.get_filename() == "counseling.ics"
    before, after = events(first)[0], events(second)[0]
    assert before["uid"] == after["uid"]
    assert before["sequence"] < after["sequence"]
    assert (before["status"], after["status"]) == ("CONFIRMED", "CANCELLED")
    assert (Calendar.from_ical(first)["method"], Calendar.from_ical(second)["method"]) == ("PUBLISH", "CANCEL")


def test_a_moved_booking_is_the_same_entry_at_another_time(booked, make_slot, parent, smtp, client):  # noqa: F811
    later = make_slot("2026-11-26 15:00")
    _feed, token = feeds.make(parent, Kind.FAMILY)
    changing.move(booked, later.pk, by=parent)
    delivery.deliver_due()

    first, second = (events(calendar_part(mail)[1])[0] for mail in smtp.mails if mail["To"] == parent.email)
    [read] = events(client.get(path(token)).content)
    assert first["uid"] == second["uid"] == read["uid"]
    assert (first["sequence"], second["sequence"], read["sequence"]) == (0, 1, 1)
    assert second.decoded("dtstart") == read.decoded("dtstart") == later.starts_at
    assert (str(second["status"]), str(read["status"])) == ("CONFIRMED", "CONFIRMED")


def test_a_sibling_in_the_same_place_is_a_new_entry_beside_the_end_of_the_old(
    booked,
    parent,
    make_student,
    counselor,
    smtp,  # noqa: F811
):
    changing.swap(booked, make_student("김새별", parent), by=counselor.user)
    delivery.deliver_due()

    [swapped] = [mail for mail in smtp.mails if mail["To"] == parent.email][1:]
    assert [str(event["status"]) for event in events(calendar_part(swapped)[1])] == ["CANCELLED", "CONFIRMED"]


def test_text_messages_and_the_counsellors_mail_carry_none(booked):
    rows = Notice.objects.values_list("kind", "channel", "calendar")

    assert {(kind, channel) for kind, channel, calendar in rows if calendar} == {("counseling.booked", "email")}


# --- The private address ---------------------------------------------------------------------


def path(token):
    return reverse("counseling:feed", args=[token])


@pytest.fixture
def father(make_parent, student):
    father = make_parent("김아빠")
    Guardianship.objects.create(guardian=father, student=student, relation="father", confirmed_at=timezone.now())
    return father


def test_a_family_makes_an_address_reads_it_without_login_and_stops_it(client, parent, booked):
    client.force_login(parent)
    made = client.post(reverse("counseling:feed_new"), {"kind": "family"}).content.decode()
    feed = CalendarFeed.objects.get()
    url = made.partition('id="feed-url"')[2].partition(">")[2].partition("<")[0]
    token = url.rpartition("/counseling/calendar/")[2].removesuffix("/counseling.ics")
    assert token not in client.get(reverse("counseling:feeds")).content.decode()
    assert token not in feed.token_hash
    client.logout()

    response = client.get(path(token))
    assert response.headers["Cache-Control"].startswith("private")
    assert response["Content-Type"].startswith("text/calendar")
    [event] = events(response.content)
    assert event.decoded("dtstart") == booked.starts_at.astimezone(UTC)

    client.force_login(parent)
    client.post(reverse("counseling:feed_revoke", args=[feed.pk]))
    client.post(reverse("counseling:feed_revoke", args=[feed.pk]))
    assert client.get(path(token)).status_code == 404
    assert [step.to_state for step in feed.trail()] == [State.REVOKED]


def test_an_address_nobody_made_does_not_exist(client, booked):
    assert client.get(path("no-such-token")).status_code == 404


def test_an_unchanged_calendar_is_not_sent_again(client, parent, booked, monday_morning):
    _feed, token = feeds.make(parent, Kind.FAMILY)
    first = client.get(path(token))
    monday_morning.shift(timedelta(hours=3))

    assert client.get(path(token), headers={"If-None-Match": first["ETag"]}).status_code == 304
    bookings.cancel(booked, by=parent, reason="일정")
    changed = client.get(path(token), headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    [event] = events(changed.content)
    assert (str(event["status"]), event["uid"]) == ("CANCELLED", events(first.content)[0]["uid"])


def test_each_parent_sees_their_own_children_only(client, parent, father, booked, make_student, make_slot, topic):
    elsewhere = make_student("김새별", father)
    bookings.book(make_slot("2026-11-26 15:00").pk, student=elsewhere, topic=topic, mode="visit", by=father)
    tokens = [feeds.make(person, Kind.FAMILY)[1] for person in (parent, father)]

    hers, his = (client.get(path(token)).content.decode() for token in tokens)
    assert ("김하늘" in hers, "김새별" in hers) == (True, False)
    assert ("김하늘" in his, "김새별" in his) == (True, True)


def test_an_address_for_one_child_shows_that_child(client, parent, booked, make_student, make_slot, topic):
    sister = make_student("김새별", parent)
    bookings.book(make_slot("2026-11-26 15:00").pk, student=sister, topic=topic, mode="visit", by=parent)
    _feed, token = feeds.make(parent, Kind.FAMILY, sister)

    assert ["김새별" in str(event["summary"]) for event in events(client.get(path(token)).content)] == [True]


def test_when_care_ends_the_child_is_gone_from_the_calendar(client, parent, booked):
    _feed, token = feeds.make(parent, Kind.FAMILY)
    Guardianship.objects.update(ended_at=timezone.now())

    assert events(client.get(path(token)).content) == []


def test_somebody_who_left_has_no_calendar(client, make_parent, make_student):
    person = make_parent()
    _feed, token = feeds.make(person, Kind.FAMILY)
    leaving.leave(person)

    assert client.get(path(token)).status_code == 404


def test_a_counsellors_calendar_masks_names(client, counselor, booked):
    _feed, token = feeds.make(counselor.user, Kind.COUNSELOR)

    text = client.get(path(token)).content.decode().replace("\r\n ", "")
    assert "김*늘" in text
    assert "김하늘" not in text
    assert booked.topic.name not in text


def test_only_counsellors_have_a_counsellors_calendar_and_only_families_a_childs(parent, make_student, counselor):
    with pytest.raises(Refused):
        feeds.make(parent, Kind.COUNSELOR)
    with pytest.raises(Refused):
        feeds.make(parent, Kind.FAMILY, make_student("이바다"))
    with pytest.raises(Refused):
        feeds.make(counselor.user, Kind.FAMILY, make_student("이바다"))


def test_a_strangers_child_and_a_strangers_address_do_not_exist(client, parent, make_parent, make_student, booked):
    feed, _token = feeds.make(parent, Kind.FAMILY)
    client.force_login(make_parent())

    assert client.post(reverse("counseling:feed_revoke", args=[feed.pk])).status_code == 404
    answer = client.post(reverse("counseling:feed_new"), {"kind": "family", "student": booked.student_id})
    assert answer.status_code == 404
    feed.refresh_from_db()
    assert feed.state == State.ACTIVE


def test_a_new_address_ends_the_old_one(client, parent, booked):
    tokens = [feeds.make(parent, Kind.FAMILY)[1] for _ in range(2)]

    assert [client.get(path(token)).status_code for token in tokens] == [404, 200]


def test_reading_too_often_is_refused_until_the_hour_is_over(client, parent, booked, monday_morning, monkeypatch):
    monkeypatch.setattr(feed_models, "MOST_READS", 2)
    _feed, token = feeds.make(parent, Kind.FAMILY)

    assert [client.get(path(token)).status_code for _ in range(3)] == [200, 200, 429]
    monday_morning.move_to("2026-11-23 09:59:59+09:00")
    assert client.get(path(token)).status_code == 429
    monday_morning.move_to("2026-11-23 10:00+09:00")
    assert client.get(path(token)).status_code == 200


def test_a_programmes_session_stands_in_the_calendar_too(client, parent, student, monkeypatch):
    start = timezone.now() + timedelta(days=3)
    camp = Engagement(student.pk, 7, "별 따는 캠프", "강당", start, start + timedelta(hours=2), "/programs/7/")
    monkeypatch.setattr(engagements, "of", lambda students, first, last: [camp])
    _feed, token = feeds.make(parent, Kind.FAMILY)

    [event] = events(client.get(path(token)).content)
    assert "별 따는 캠프" in event["summary"]


def test_reading_costs_the_same_with_one_or_many(client, parent, student, booked, make_slot, topic, rule):
    rule(open_most=None)
    _feed, token = feeds.make(parent, Kind.FAMILY)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            client.get(path(token))
        return len(seen)

    queries()
    one = queries()
    for day in range(1, 10):
        slot = make_slot(f"2026-12-{day:02} 14:00")
        bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    assert queries() == one <= 7
    assert Booking.objects.count() == 10


def test_the_copy_of_ones_data_names_the_addresses(parent):
    feeds.make(parent, Kind.FAMILY)

    assert [row["종류"] for row in disclosure.disclose(parent)["달력 주소"]] == ["가족"]
