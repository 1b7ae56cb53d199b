"""What leaves the catalogue: feeds, calendars, files, and the month on paper."""

from __future__ import annotations

import json
from datetime import date
from xml.etree import ElementTree

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from icalendar import Calendar

from programs import monthly
from programs.models import Material, Run, Session


@pytest.mark.parametrize(("name", "entry"), [("feed", ".//item"), ("atom", "{http://www.w3.org/2005/Atom}entry")])
def test_a_feed_honours_the_conditions(client, make_program, make_run, name, entry):
    make_run(make_program(), opens_at="2026-11-01 09:00")
    make_program("학부모 특강", audience=["guardian"])

    def titles(query: str) -> list[str]:
        found = ElementTree.fromstring(client.get(reverse(f"programs:{name}") + query).content).findall(entry)  # noqa: S314 - our own words
        return [next(part.text for part in one if part.tag.endswith("title")) for one in found]

    assert titles("") == ["[접수중] 별 관찰 교실", "[일정 준비 중] 학부모 특강"]
    assert titles("?audience=guardian&q=ㅌㄱ") == ["[일정 준비 중] 학부모 특강"]


def test_the_json_feed_tells_programs_what_people_read(client, make_program, make_run):
    make_run(make_program(), opens_at="2026-11-01 09:00", capacity=20)

    answer = client.get(reverse("programs:json"))
    feed = json.loads(answer.content)

    assert answer["Content-Type"].startswith("application/feed+json")
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    [entry] = feed["items"]
    facts = entry["_programme"]
    assert (facts["status"], facts["places_left"], facts["capacity"]) == ("open", 20, 20)
    assert facts["closes_at"] == "2026-12-10T09:00:00+00:00"


def test_a_run_can_be_taken_into_a_calendar(client, make_program, make_run):
    run = make_run(make_program())
    url = reverse("programs:calendar", args=[run.pk])

    [event] = Calendar.from_ical(client.get(url).content).walk("VEVENT")
    assert (event["SUMMARY"], event["STATUS"]) == ("별 관찰 교실", "CONFIRMED")
    assert event["DTSTART"].dt == run.starts_at

    Run.objects.filter(pk=run.pk).update(state=Run.State.CANCELLED)
    [event] = Calendar.from_ical(client.get(url).content).walk("VEVENT")
    assert event["STATUS"] == "CANCELLED"


def test_what_is_not_published_has_no_calendar(client, make_program, make_run):
    hidden = make_run(make_program(published_at=None))
    draft = make_run(make_program("다른 것"), published_at=None)

    for run in (hidden, draft):
        assert client.get(reverse("programs:calendar", args=[run.pk])).status_code == 404


def test_a_hand_out_is_downloaded_and_never_run(client, make_program, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    program = make_program()
    material = Material(program=program, title="안내문")
    material.file.save("안내문.pdf", ContentFile(b"%PDF-1.7 words"), save=False)
    material.save()

    page = client.get(program.get_absolute_url()).content.decode()
    answer = client.get(material.get_absolute_url())

    assert "(PDF, 14" in page
    assert answer.content == b"%PDF-1.7 words"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; filename*=UTF-8''%EC%95%88")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"

    program.published_at = None
    program.save()
    assert client.get(material.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("name", ["x.html", "x.svg", "x.exe"])
def test_what_a_browser_would_run_is_no_hand_out(make_program, name):
    material = Material(program=make_program(), title="x", file=ContentFile(b"<script>", name=name))

    with pytest.raises(Exception, match="확장자"):
        material.full_clean(exclude=["size"])


@pytest.fixture
def december(make_program, make_run):
    """One session each at both ends of the month, one outside, one cancelled, one of a cancelled run."""
    for title, starts, ends, more in (
        ("첫날", "2026-12-01 00:00", "2026-12-01 01:00", {}),
        ("마지막 날", "2026-12-31 23:00", "2027-01-01 00:00", {}),
        ("새해", "2027-01-01 00:00", "2027-01-01 01:00", {}),
        ("취소된 회차", "2026-12-05 10:00", "2026-12-05 11:00", {"state": "cancelled"}),
        ("감춘 회차", "2026-12-05 10:00", "2026-12-05 11:00", {"published_at": None}),
    ):
        run = make_run(make_program(title), starts_at=starts, ends_at=ends, opens_at=None, closes_at=None, **more)
        if not run.sessions.exists():
            Session.objects.create(run=run, number=1, starts_at=run.starts_at, ends_at=run.ends_at)


def test_a_month_holds_what_begins_in_it(december):
    printed = monthly.month(date(2026, 12, 1))

    assert [line.title for line in printed.lines] == ["첫날", "마지막 날"]
    assert printed.lines[0].when == "1(화)"
    assert printed.lines[0].applying == "신청 없이 참여"
    assert "from=2026-12-01&to=2026-12-31" in printed.url


def test_the_month_is_printed_once_for_the_same_contents(client, december, monkeypatch):
    url = reverse("programs:month", args=[2026, 12])
    first = client.get(url)

    assert first["Content-Type"] == "application/pdf"
    assert first.content.startswith(b"%PDF")
    monkeypatch.setattr(monthly, "render", lambda *_args, **_kwargs: b"made again")
    assert client.get(url).content == first.content
    Run.objects.filter(program__title="첫날").update(title="바뀐 회차")
    assert client.get(url).content == b"made again"


@pytest.mark.parametrize(
    ("year", "number", "status"),
    [
        (2025, 11, 200),
        (2025, 10, 404),
        (2027, 11, 200),
        (2027, 12, 404),
        (2026, 13, 404),
        (2026, 0, 404),
        (9999, 1, 404),
    ],
)
def test_only_months_around_now_are_printed(client, db, year, number, status, monkeypatch):
    monkeypatch.setattr(monthly, "render", lambda *_args, **_kwargs: b"%PDF")

    assert client.get(f"/programs/month/{year}-{number}.pdf").status_code == status
