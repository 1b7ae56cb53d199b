from __future__ import annotations

import csv
from datetime import date

import pytest
import time_machine
from django.core.management import call_command

from centre.models import Centre, Holiday, PolicyText, Venue
from counseling.models import Topic
from gumcheon_portal.plan import loading
from programs.finding import Wish, find
from programs.models import Program, Status

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-11-24 10:00+09:00", tick=False):
        yield


def test_the_plan_brings_its_topics_programmes_texts_and_holidays(capsys):
    call_command("load_plan")

    assert list(Topic.objects.open().values_list("name", flat=True)) == [
        "1:1 진학상담",
        "학생부종합전형 컨설팅",
        "유학 상담",
        "학습심리 상담",
        "학습컨설팅",
        "나만의 교육과정 만들기 컨설팅",
    ]
    titles = " ".join(Program.objects.published().values_list("title", flat=True))
    for named in ("학부모아카데미", "전문가 특강", "고교대학연계", "대입 설명회", "수시박람회", "별 따는 기숙사"):
        assert named in titles
    for named in ("진학 아카데미", "학습코칭", "대학생 멘토링", "우수 기업", "우수 대학", "전문업체", "찾아가는"):
        assert named in titles
    assert {program.status for program in find(Wish(), most=100).programs} == {Status.ANNOUNCED}
    assert PolicyText.objects.in_force().count() == len(PolicyText.Kind)
    assert set(Holiday.objects.dates("day", "year")) == {date(2026, 1, 1), date(2027, 1, 1)}


def test_the_plans_address_stays_the_plans_text_and_becomes_nobodys_way(client):
    loading.load()

    assert Centre.objects.get().plan_place == "금천진로진학지원센터(금천구 시흥대로 73길 67, 5층)"
    assert not Venue.objects.exists()
    for url in ("/", "/centre/", "/centre/directions/"):
        assert "시흥대로" not in client.get(url).content.decode()


def test_loading_again_adds_nothing_and_keeps_what_staff_changed(capsys):
    loading.load()
    Program.objects.filter(plan_key="star-dormitory").update(title="별 따는 캠퍼스", published_at=None)
    Topic.objects.filter(slug="admission").update(minutes=40, active=False)
    Centre.objects.update(name="우리 센터", introduction="")

    call_command("load_plan")

    assert "이미 모두 등록되어 있습니다." in capsys.readouterr().out
    assert Program.objects.get(plan_key="star-dormitory").title == "별 따는 캠퍼스"
    assert Topic.objects.get(slug="admission").minutes == 40
    assert Centre.objects.get().name == "우리 센터"


def test_everything_loaded_would_pass_its_own_form():
    loading.load()

    for row in [*Centre.objects.all(), *Topic.objects.all(), *Program.objects.all()]:
        row.full_clean()


def test_the_plans_table_is_kept_cell_by_cell():
    with (loading.PLAN / "budget.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in list(csv.reader(file))[1:] for cell in row[1:]]

    assert (sum(cell != "" for cell in cells), cells.count("")) == (36, 48)
