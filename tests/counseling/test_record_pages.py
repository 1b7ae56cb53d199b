"""The pages of the record: who may open which, what they say, and that every opening is found again."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Student, User
from counseling import booking as bookings
from counseling import records, sheets
from counseling.models import BreakGlass, Record, Topic
from counseling.records import Entry
from counseling.roles import ROLE_PERMISSIONS
from documents.models import IssuedDocument
from lifecycle.models import AccessLog
from tests.counseling.conftest import ITEMS, MEMO, SUMMARY, grant

pytestmark = pytest.mark.django_db

ROLES = ["상담사", "프로그램 담당", "예산 담당", "소식지 담당", "팀장(승인)", "개인정보 담당", "감사(열람)"]
REASON = "보호자의 위기 신고가 들어와 확인함"


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def shared(record, me):
    return records.share(record, version=1, by=me)


def admin(name, *args):
    return reverse(f"admin:counseling_{name}", args=args)


def words(response) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def typed(**changes) -> dict[str, str]:
    given = {"memo": MEMO, "summary": SUMMARY, "items": "\n".join(ITEMS), "next_on": "2026-12-09", "based_on": "0"}
    return {**given, **changes}


# --- The counsellor ----------------------------------------------------------------------------


def test_the_counsellor_writes_reads_and_shares(client, me, done, login):
    client.force_login(me)
    assert admin("write_record", done.pk) in words(client.get(admin("records")))
    assert words(client.get(admin("write_record", done.pk))).count("autofocus") == 1

    saved = client.post(admin("write_record", done.pk), typed())
    assert saved.url == admin("record", done.pk)
    page = words(client.get(saved.url))
    assert MEMO in page and SUMMARY in page and ITEMS[0] in page
    assert "2029. 11. 26." in page  # when it is destroyed

    review = words(client.get(admin("share_record", done.pk)))
    assert SUMMARY in review and MEMO not in review and "학생 본인" in review
    client.post(admin("share_record", done.pk), {"version": "1"})
    assert Record.objects.get().is_shared
    assert sheets.of([Record.objects.get()]).count() == 1


def test_a_mistake_loses_nothing_that_was_typed(client, me, done):
    client.force_login(me)
    page = words(
        client.post(admin("write_record", done.pk), typed(next_on="2026-11-25", items="가\n" * 3 + "나" * 201))
    )

    assert "이번 상담보다 뒤" in page and "200자까지" in page
    assert MEMO in page and SUMMARY in page
    assert not Record.objects.exists()


def test_two_tabs_show_both_texts_and_the_next_save_keeps_what_was_merged(client, me, record, done):
    client.force_login(me)
    client.post(admin("write_record", done.pk), typed(memo="첫째 창의 글", based_on="1"))
    page = words(client.post(admin("write_record", done.pk), typed(memo="둘째 창의 글", based_on="1")))

    assert "첫째 창의 글" in page and "둘째 창의 글" in page and "그사이에" in page
    assert re.search(r'name="based_on" value="2"', page)
    client.post(admin("write_record", done.pk), typed(memo="첫째와 둘째", based_on="2"))
    assert Record.objects.get().current().memo == "첫째와 둘째"


def test_the_duty_on_the_first_page_is_ones_own(client, me, colleague, done):
    client.force_login(colleague)
    assert "쓸 상담 기록" not in words(client.get(reverse("admin:index")))
    client.force_login(me)
    assert "쓸 상담 기록" in words(client.get(reverse("admin:index")))


def test_the_board_and_the_booking_lead_to_the_record(client, me, done):
    client.force_login(me)
    board = words(client.get(admin("board"), {"day": "2026-11-25"}))
    assert admin("write_record", done.pk) in board
    assert admin("write_record", done.pk) in words(client.get(admin("booking_change", done.pk)))


def test_history_shows_each_version_and_who_saved_it(client, me, record, done):
    records.write(done, Entry("둘째 메모", SUMMARY), based_on=1, by=me)
    client.force_login(me)
    page = words(client.get(admin("history_of_record", done.pk), {"version": "1"}))
    assert MEMO in page and "둘째 메모" not in page and me.name in page
    assert client.get(admin("history_of_record", done.pk), {"version": "9"}).status_code == 404


# --- Everybody else ----------------------------------------------------------------------------

PAGES = ["record", "write_record", "share_record", "unshare_record", "history_of_record"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", ROLES)
def test_no_role_opens_somebody_elses_record_but_the_supervisor(client, record, done, role, page):
    user = User.objects.create_user("other@example.com", name="다른 직원", is_staff=True)
    names = ROLE_PERMISSIONS.get(role, [])
    user.user_permissions.set(Permission.objects.filter(codename__in=[name.partition(".")[2] for name in names]))
    client.force_login(user)

    response = client.get(admin(page, done.pk))

    if role == "팀장(승인)" and page in {"record", "history_of_record"}:
        assert MEMO in words(response) or page == "history_of_record"
    elif role == "팀장(승인)" and page == "unshare_record":
        assert MEMO not in words(response)
    elif role == "상담사" and page == "record":
        assert response.url == admin("break_glass", done.pk)
    else:
        assert response.status_code in {403, 404}
        assert MEMO.encode() not in response.content


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["parent", "login", "stranger"])
def test_for_families_the_staffs_pages_do_not_exist(client, request, shared, make_parent, done, who, page):
    user = make_parent("남") if who == "stranger" else request.getfixturevalue(who)
    client.force_login(user)
    assert client.get(admin(page, done.pk)).status_code == 404


def test_breaking_the_glass_by_page(client, record, done, colleague, me, student):
    client.force_login(colleague)
    found = words(client.get(admin("emergency"), {"q": student.name}))
    assert "김*늘" in found and student.name not in found.replace(f'value="{student.name}"', "")
    assert client.get(admin("record", done.pk)).url == admin("break_glass", done.pk)
    short = words(client.post(admin("break_glass", done.pk), {"reason": "급함"}))
    assert "10자 이상" in short and not BreakGlass.objects.exists()

    opened = client.post(admin("break_glass", done.pk), {"reason": REASON}, follow=True)

    assert MEMO in words(opened)
    row = AccessLog.objects.get(what__contains="긴급 열람", reason=REASON)
    assert (row.by, row.subject, row.ip) == (colleague, student, "127.0.0.1")
    assert client.get(admin("write_record", done.pk)).status_code == 404  # to read, not to write


def test_the_privacy_officer_finds_who_opened_a_record(client, record, done, me, chief, colleague, student):
    for user in (me, chief):
        client.force_login(user)
        words(client.get(admin("record", done.pk)))
    client.force_login(colleague)
    client.post(admin("break_glass", done.pk), {"reason": REASON})
    officer = grant(User.objects.create_user("officer@example.com", name="개인", is_staff=True), "개인정보 담당")
    client.force_login(officer)

    for question in ({"record": record.pk}, {"name": student.name}, {}):
        page = words(client.get(admin("openings"), question))
        assert all(name in page for name in (me.name, chief.name, colleague.name, REASON))
        assert MEMO not in page
    assert "찾은 열람이 없습니다" in words(client.get(admin("openings"), {"record": record.pk + 1}))
    assert "찾은 열람이 없습니다" in words(client.get(admin("openings"), {"name": "아무개"}))
    assert REASON in words(client.get(reverse("admin:counseling_breakglass_changelist")))


def test_every_opening_is_written_down(client, record, done, me, student):
    client.force_login(me)
    for page in ("record", "write_record", "share_record", "history_of_record"):
        before = AccessLog.objects.about(student).count()
        words(client.get(admin(page, done.pk)))
        assert AccessLog.objects.about(student).count() == before + 1, page
    assert client.get(admin("record", done.pk)).headers["Cache-Control"].count("no-store")


def test_taking_back_withdraws_the_sheet(client, me, record, done, login):
    client.force_login(me)
    client.post(admin("share_record", done.pk), {"version": "1"})
    client.post(admin("unshare_record", done.pk), {"reason": "다른 학생의 이름이 들어감"})

    paper = IssuedDocument.objects.get()
    assert paper.is_withdrawn
    assert not Record.objects.get().is_shared
    assert list(IssuedDocument.objects.visible_to(login)) == []


# --- Proposals ---------------------------------------------------------------------------------


def test_staff_see_who_has_not_booked_what_was_proposed(client, me, colleague, shared, student):
    client.force_login(me)
    page = words(client.get(admin("proposals")))
    assert "김*늘" in page and student.name not in page and "2026. 12. 9." in page and "아직" in page
    client.force_login(colleague)
    assert "김*늘" not in words(client.get(admin("proposals")))


# --- The sheet ---------------------------------------------------------------------------------


def test_the_sheet_lies_sealed_and_opens_for_those_who_see_the_record(client, shared, me, login, parent, uploads):
    paper = sheets.give_out(Record.objects.for_page().get(), by=me)

    with connection.cursor() as cursor:
        cursor.execute("SELECT figures, sealed_figures, to_jsonb(d)::text FROM documents_issueddocument d")
        figures, sealed, row = cursor.fetchone()
    assert figures == "" and bytes(sealed).startswith(b"sealed1:")
    assert SUMMARY not in row
    stored = [path.read_bytes() for path in uploads.rglob("*") if path.is_file()]
    assert len(stored) == 1 and stored[0].startswith(b"sealed1:") and b"%PDF" not in stored[0]
    client.force_login(login)
    assert client.get(reverse("documents:file", args=[paper.pk])).content.startswith(b"%PDF-")
    client.force_login(parent)
    assert client.get(reverse("documents:file", args=[paper.pk])).status_code == 404


def test_anybody_verifies_the_sheet_and_learns_nothing(client, shared, me):
    from django.core.files.uploadedfile import SimpleUploadedFile

    paper = sheets.give_out(Record.objects.for_page().get(), by=me)
    content = b"".join(paper.print.pieces())

    page = words(client.get(paper.verify_path))
    assert paper.number in page and "김*늘" in page and SUMMARY not in page and ITEMS[0] not in page
    same = words(client.post(paper.verify_path, {"file": SimpleUploadedFile("a.pdf", content)}))
    other = words(client.post(paper.verify_path, {"file": SimpleUploadedFile("a.pdf", content + b" ")}))
    assert same != other and SUMMARY not in same


def test_a_later_sheet_makes_the_earlier_one_void(shared, me, done):
    first = sheets.give_out(Record.objects.for_page().get(), by=me)
    assert sheets.give_out(Record.objects.for_page().get(), by=me) == first
    records.write(done, Entry(MEMO, "고친 요약"), based_on=1, by=me)
    records.share(Record.objects.get(), version=2, by=me)
    second = sheets.give_out(Record.objects.for_page().get(), by=me)

    assert second != first
    assert list(IssuedDocument.objects.standing()) == [second]


# --- The family --------------------------------------------------------------------------------


def test_the_student_reads_ticks_and_decides_who_sees_it(client, shared, done, login, student, parent):
    client.force_login(login)
    timeline = reverse("counseling:timeline")
    page = words(client.get(timeline))
    assert SUMMARY in page and ITEMS[0] in page and MEMO not in page
    assert "2026. 12. 9." in page and reverse("counseling:record_next", args=[done.pk]) in page
    assert not AccessLog.objects.filter(by=login).exists()  # one's own data

    item = Record.objects.get().shown().items[0]["key"]
    client.post(reverse("counseling:record_tick", args=[done.pk]), {"item": item, "done": "1", "back": "timeline"})
    assert Record.objects.get().ticks.get().by == login
    assert "아직 안 했어요" in words(client.get(timeline))

    client.force_login(parent)
    assert SUMMARY not in words(client.get(timeline))
    assert client.get(reverse("counseling:record", args=[done.pk])).status_code == 404
    tick = client.post(reverse("counseling:record_tick", args=[done.pk]), {"item": item, "done": "0"})
    assert tick.status_code == 404
    client.force_login(login)
    client.post(reverse("counseling:record_guardians"), {"allowed": "1"})
    client.force_login(parent)
    assert SUMMARY in words(client.get(timeline))
    assert AccessLog.objects.get(by=parent).subject == student  # a guardian's look is written down


def test_what_was_proposed_is_booked_with_the_same_counsellor_near_that_day(
    client, shared, done, login, parent, make_slot, make_counselor, topic, monday_morning
):
    monday_morning.move_to("2026-11-26 09:00+09:00")
    near, far = make_slot("2026-12-09 14:00"), make_slot("2026-11-30 10:00")
    other = make_slot("2026-12-09 15:00", counselor=make_counselor("이도윤 상담사"))
    for day in range(5, 10):
        make_slot(f"2026-12-{day:02d} 10:00")
    client.force_login(login)
    page = words(client.get(reverse("counseling:record_next", args=[done.pk])))

    assert f"/times/{near.pk}/?topic=admission" in page
    assert f"/times/{far.pk}/" not in page and f"/times/{other.pk}/" not in page
    client.force_login(parent)
    assert client.get(reverse("counseling:record_next", args=[done.pk])).status_code == 404


def test_what_cannot_be_booked_near_that_day_says_why(
    client, shared, done, login, student, make_slot, make_counselor, topic, rule, monday_morning
):
    monday_morning.move_to("2026-11-26 09:00+09:00")
    taken, closed = make_slot("2026-12-07 14:00"), make_slot("2026-12-09 14:00")
    another = Topic.objects.create(slug="study", name="학습상담", modes=["visit"], lead_hours=24, horizon_days=30)
    elsewhere = make_slot("2026-12-07 14:30", counselor=make_counselor("이도윤 상담사", topics=[another]))
    bookings.book(elsewhere.pk, student=student, topic=another, mode="visit", by=login)
    rule(everyone_after_days=19)  # 30 days before, to everybody 11 days before: on 28 November
    client.force_login(login)

    page = words(client.get(reverse("counseling:record_next", args=[done.pk])))
    assert "다른 상담 예약이 있습니다" in page and f"/times/{taken.pk}/" not in page
    assert "2026. 11. 28.(토) 00:00부터 예약할 수 있습니다" in page and f"/times/{closed.pk}/" not in page


def test_a_guardian_of_a_young_child_sees_it_at_once(client, shared, parent, student, done):
    Student.objects.filter(pk=student.pk).update(birth_date=date(2015, 1, 1))
    client.force_login(parent)
    assert SUMMARY in words(client.get(reverse("counseling:record", args=[done.pk])))


def test_a_stranger_finds_nothing(client, shared, make_parent, done, student):
    client.force_login(make_parent("남"))
    assert client.get(reverse("counseling:record", args=[done.pk])).status_code == 404
    assert SUMMARY not in words(client.get(reverse("counseling:timeline"), {"student": student.pk}))
    assert client.post(reverse("counseling:record_guardians"), {"allowed": "1"}).status_code == 404


def test_the_timeline_costs_the_same_for_one_and_for_many(client, shared, me, login, make_slot, topic, student, parent):
    from counseling import booking as bookings

    client.force_login(login)
    client.get(reverse("counseling:timeline"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("counseling:timeline"))
    for day in range(2, 9):
        slot = make_slot(f"2026-11-{24 - day:02d} 10:00")
        booking = bookings.Booking(
            slot=slot, student=student, topic=topic, mode="visit", period=slot.session(topic), state="done",
            booked_at=slot.starts_at, booked_by=parent,
        )  # fmt: skip
        booking.save()
        written = records.write(booking, Entry("메모", f"요약 {day}", ("할 일",)), based_on=0, by=me)
        records.share(written, version=1, by=me)
    with CaptureQueriesContext(connection) as many:
        page = words(client.get(reverse("counseling:timeline")))

    assert page.count("요약 ") == 7
    assert len(many.captured_queries) == len(one.captured_queries)
