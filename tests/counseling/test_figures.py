"""상담 통계: what is counted where, and what stays hidden in whichever form it leaves the house."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Student
from counseling import figures
from counseling.models import Booking, Slot
from counseling.periods import Stretch, choices
from tables.values import HIDDEN, Ratio

State = Booking.State
NOVEMBER = Stretch.read("2026-11")


@pytest.fixture
def use(topic, counselor, parent):
    """One more counselling of a student of one's own, in a time of its own."""
    made = []

    def use(state=State.DONE, start="2026-11-02 09:00", *, student=None, mode="visit", waited=timedelta(days=3), **who):
        begins = timezone.make_aware(datetime.fromisoformat(start)) + timedelta(hours=len(made) % 400)
        if student is None:
            student = Student.objects.create(
                **{"name": "김하늘", "birth_date": date(2011, 5, 5), "grade": 9, "grade_year": 2026, **who}
            )
        period = DateTimeTZRange(begins, begins + timedelta(minutes=50), "[)")
        slot = Slot.objects.create(counselor=counselor, period=period, modes=["visit", "phone"])
        booking = Booking.objects.create(
            slot=slot,
            student=student,
            topic=topic,
            mode=mode,
            period=period,
            state=state,
            booked_by=parent,
            booked_at=begins - waited,
        )
        made.append(booking)
        return booking

    return use


def table(by: str, stretch: Stretch = NOVEMBER):
    return next(one for one in figures.tables(stretch) if one.slug.endswith(f"-{by}"))


def row(by: str, label: str, stretch: Stretch = NOVEMBER) -> dict[str, object]:
    found = table(by, stretch)
    cells = next(one.cells for one in found.rows if one.label == label)
    return dict(zip((column.label for column in found.columns), cells, strict=True))


@pytest.mark.parametrize(
    ("code", "first", "end"),
    [
        ("2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("2026-H2", date(2026, 7, 1), date(2027, 1, 1)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 4, 1)),
        ("2028-02", date(2028, 2, 1), date(2028, 3, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_a_stretch_is_whole_months(code, first, end):
    stretch = Stretch.read(code)

    assert (stretch.first, stretch.end) == (first, end)


@pytest.mark.parametrize(
    "code", ["", "2026-13", "2026-00", "2026-Q5", "2026-H3", "2026-Q0", "26", "2026-1", "1999", "2026-11\n"]
)
def test_what_is_no_stretch_is_none(code):
    assert Stretch.read(code) is None


def test_only_what_has_begun_can_be_chosen():
    offered = [stretch.code for stretch in choices(date(2026, 7, 1))]

    assert "2026-H2" in offered
    assert "2026-07" in offered
    assert "2026-08" not in offered
    assert "2024-12" in offered


def test_every_outcome_has_its_column(use):
    for state, number in {State.DONE: 9, State.NO_SHOW: 6, State.CANCELLED: 7, State.BOOKED: 5}.items():
        for _ in range(number):
            use(state)

    total = row("level", "계")

    assert total == {
        "신청": 27,
        "완료": 9,
        "불참": 6,
        "취소": 7,
        "예정·처리 전": 5,
        "이용 학생(명)": 9,
        "평균 대기(일)": Decimal("3.0"),
    }


def test_somebody_who_arrived_is_still_ahead_and_a_given_up_hold_is_nothing(use):
    for _ in range(5):
        use(State.ARRIVED)
    held = use(State.BOOKED)
    Booking.objects.filter(pk=held.pk).update(state=State.RELEASED, booked_at=None)

    assert row("level", "계")["신청"] == row("level", "계")["예정·처리 전"] == 5


def test_a_student_counts_once_however_often_they_came(use):
    faithful = use().student
    for _ in range(7):
        use(student=faithful)
    for _ in range(5):
        use()

    assert row("mode", "대면")["완료"] == 13
    assert row("mode", "대면")["이용 학생(명)"] == 6


@pytest.mark.parametrize(("start", "level"), [("2026-02-28 09:00", "중학교"), ("2026-03-01 09:00", "고등학교")])
def test_the_level_is_that_of_the_day_of_counselling(use, start, level):
    """중3 in the school year 2025 is 고1 from 1 March 2026 on."""
    for number in range(5):
        use(start=start, grade=9, grade_year=2025, name=f"김학생{number}")

    assert row("level", level, Stretch.read("2026-Q1"))["완료"] == 5


def test_after_the_last_grade_one_has_graduated(use):
    for _ in range(5):
        use(grade=12, grade_year=2025, start="2026-03-02 09:00")

    assert row("level", "졸업생(N수생)", Stretch.read("2026"))["완료"] == 5


def test_bookings_belong_to_the_korean_day(use):
    for _ in range(5):
        use(start="2026-11-30 23:30")
    Booking.objects.update(period=DateTimeTZRange(*_evening(), "[)"), state=State.CANCELLED)

    assert row("level", "계")["신청"] == 5
    assert row("level", "계", Stretch.read("2026-12"))["신청"] == 0


def _evening():
    begins = datetime.fromisoformat("2026-11-30 23:30+09:00")
    return begins, begins + timedelta(minutes=50)


def test_few_people_are_hidden_also_when_they_came_often(use):
    one = use().student
    for _ in range(8):
        use(student=one, mode="visit")
    for _ in range(20):
        use(mode="phone")

    visits = row("mode", "대면")

    assert visits["완료"] is HIDDEN
    assert visits["이용 학생(명)"] is HIDDEN
    assert visits["평균 대기(일)"] is HIDDEN


def test_a_hidden_count_cannot_be_worked_out_from_its_total(use):
    for _ in range(3):
        use(mode="visit")
    for _ in range(12):
        use(mode="phone")
    for _ in range(9):
        use(mode="video")

    cells = {label: row("mode", label)["완료"] for label in ("대면", "전화", "화상", "계")}

    assert cells["대면"] is HIDDEN
    assert list(cells.values()).count(HIDDEN) >= 2


def test_a_total_hidden_in_one_table_is_hidden_in_all(use):
    """Three no-shows in all: each table's total of no-shows is small, whatever it divides by."""
    for _ in range(3):
        use(State.NO_SHOW)
    for _ in range(20):
        use()

    assert {one.rows[-1].cells[2] for one in figures.tables(NOVEMBER) if one.rows[-1].total} == {HIDDEN}


@pytest.fixture
def mixed_town(use):
    """Only two students, both on the telephone, were missed: few people behind a row of one table, many in another's."""
    for _ in range(12):
        use()
    missed = [use(State.NO_SHOW, mode="phone").student for _ in range(2)]
    for number in range(4):
        use(State.NO_SHOW, mode="phone", student=missed[number % 2])


def hidden_totals() -> set[frozenset[int]]:
    """Which totals are hidden: one set per table."""
    rows = [one.rows[-1] for one in figures.tables(NOVEMBER)]
    return {frozenset(i for i, cell in enumerate(one.cells[:5]) if cell is HIDDEN) for one in rows if one.total}


def test_the_tables_agree_on_which_totals_are_hidden(mixed_town):
    assert len(hidden_totals()) == 1


def test_protecting_each_table_by_itself_would_print_a_total_that_another_hides(mixed_town, monkeypatch):
    """The control: without the agreement between the tables they differ."""
    monkeypatch.setattr(figures, "_protect", lambda divisions: [one.protect((), False) for one in divisions])

    assert len(hidden_totals()) > 1


def test_seats_are_the_published_times(use, counselor):
    for _ in range(6):
        use()
    use(State.CANCELLED)
    begins = datetime.fromisoformat("2026-11-20 09:00+09:00")
    for hour in range(5):
        period = DateTimeTZRange(begins + timedelta(hours=hour), begins + timedelta(hours=hour, minutes=50), "[)")
        Slot.objects.create(counselor=counselor, period=period, modes=["visit"], published=hour > 0)
    for _ in range(4):
        use(State.CANCELLED)

    assert row("counselor", counselor.name)["자리 이용률"] == Ratio(6, 15)


def test_the_whole_report_takes_the_same_five_queries(use, django_assert_num_queries):
    for _ in range(3):
        use()
    with django_assert_num_queries(5):
        figures.tables(Stretch.read("2026"))


def test_a_month_is_not_divided_into_months(db):
    assert "월" not in {one.head for one in figures.tables(NOVEMBER)}
    assert "월" in {one.head for one in figures.tables(Stretch.read("2026-Q4"))}


@pytest.fixture
def supervisor(counselor, log_in):
    names = ["view_booking", "view_figures"]
    counselor.user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return log_in(counselor.user)


def test_page_csv_and_xlsx_hide_the_same(use, supervisor):
    for _ in range(3):
        use(mode="visit")
    for _ in range(12):
        use(mode="phone")

    page = supervisor.get(reverse("admin:counseling_figures"), {"of": "2026-11", "by": "mode"})
    csv = supervisor.get(reverse("admin:counseling_figures_file", args=["2026-11", "mode", "csv"]))
    xlsx = supervisor.get(reverse("admin:counseling_figures_file", args=["2026-11", "mode", "xlsx"]))

    line = next(text for text in csv.content.decode("utf-8-sig").splitlines() if text.startswith("대면"))
    sheet = load_workbook(io.BytesIO(xlsx.content)).active
    cells = next([cell.value for cell in line] for line in sheet.iter_rows() if line[0].value == "대면")
    assert line.split(",")[1:3] == ["*", "*"]
    assert cells[1:3] == ["*", "*"]
    assert "5명 미만" in page.content.decode()


def test_who_may_not_see_figures_gets_none(counselor, log_in):
    counselor.user.user_permissions.set(Permission.objects.filter(codename="view_booking"))
    client = log_in(counselor.user)

    assert client.get(reverse("admin:counseling_figures")).status_code == 403
    assert client.post(reverse("admin:counseling_figures_paper"), {"of": "2026"}).status_code == 403
    assert client.get(reverse("admin:counseling_figures_file", args=["2026", "topic", "csv"])).status_code == 403


@pytest.mark.parametrize("path", [("2026-13", "topic", "csv"), ("2026", "shoe-size", "csv"), ("2026", "topic", "exe")])
def test_a_file_that_does_not_exist(supervisor, path):
    assert supervisor.get(reverse("admin:counseling_figures_file", args=path)).status_code == 404


def test_a_stretch_that_makes_no_sense_shows_this_year(supervisor):
    assert (
        "2026년" in supervisor.get(reverse("admin:counseling_figures"), {"of": "soon", "by": "shoes"}).content.decode()
    )
