"""What a family says about a no-show, and what staff decide."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from intake import noshow
from intake.models import Appeal, Strike
from intake.rules import DEFAULT
from lifecycle.locks import Refused
from lifecycle.models import AccessLog
from notices.models import Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def strike(student, counselor):
    return noshow.record(
        student,
        area="counseling",
        source=1,
        what="상담",
        missed_at=timezone.now() - timedelta(hours=1),
        rules=DEFAULT,
        by=counselor.user,
    )


@pytest.fixture
def chief(make_parent):
    user = make_parent("정팀장")
    user.is_staff = True
    user.save()
    user.groups.add(Group.objects.get(name="팀장(승인)"))
    return user


def test_recorded_twice_it_is_one(strike, student, counselor):
    again = noshow.record(
        student, area="counseling", source=1, what="상담", missed_at=timezone.now(), rules=DEFAULT, by=counselor.user
    )

    assert again == strike
    assert Strike.objects.count() == 1
    assert Notice.objects.filter(channel="email").count() == 1


@pytest.mark.parametrize(("at", "open_"), [("2026-12-07 23:59:59.9+09:00", True), ("2026-12-08 00:00+09:00", False)])
def test_a_family_explains_until_the_end_of_the_fourteenth_day(strike, parent, client, monday_morning, at, open_):
    monday_morning.move_to(at)
    client.force_login(parent)
    url = reverse("intake:appeal", args=[strike.pk])

    client.post(url, {"text": "열이 났어요."})
    assert Appeal.objects.exists() is open_


def test_what_a_family_says_is_sealed_in_the_database(strike, parent):
    noshow.appeal(strike, by=parent, text="열이 났어요.")

    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM intake_appeal")
        assert "열이".encode() not in bytes(cursor.fetchone()[0])
    assert Appeal.objects.get().text == "열이 났어요."


def test_one_explanation_is_enough(strike, parent):
    noshow.appeal(strike, by=parent, text="열이 났어요.")

    with pytest.raises(Refused, match="이미 사정을"):
        noshow.appeal(strike, by=parent, text="또")


def test_accepted_it_counts_no_more_and_the_family_reads_the_answer(strike, parent, counselor):
    appeal = noshow.appeal(strike, by=parent, text="열이 났어요.")
    noshow.answer(appeal, accept=True, words="확인했습니다. 쾌유를 빕니다.", by=counselor.user)

    strike.refresh_from_db()
    assert strike.state == Strike.State.FORGIVEN
    assert "쾌유를 빕니다" in Notice.objects.get(kind="intake.cleared", channel="email").body
    assert strike.trail().get().by == counselor.user
    with pytest.raises(Refused, match="먼저 답한"):
        noshow.answer(Appeal.objects.get(), accept=False, words="안 됩니다.", by=counselor.user)


def test_rejected_it_stands(strike, parent, counselor):
    appeal = noshow.appeal(strike, by=parent, text="깜빡했어요.")
    noshow.answer(appeal, accept=False, words="다음에는 꼭 알려 주세요.", by=counselor.user)

    strike.refresh_from_db()
    assert strike.state == Strike.State.STANDING
    assert Notice.objects.filter(kind="intake.rejected").exists()


def test_forgiving_twice_says_it_once(strike, counselor):
    for _ in range(2):
        noshow.forgive(strike, by=counselor.user, reason="안내가 늦었습니다.")

    assert Notice.objects.filter(kind="intake.cleared", channel="email").count() == 1
    assert strike.trail().count() == 1


def test_a_forgiven_no_show_that_was_none_is_taken_back_and_may_come_again(strike, counselor, student):
    noshow.forgive(strike, by=counselor.user, reason="안내가 늦었습니다.")
    noshow.take_back("counseling", 1, by=counselor.user, reason="오셨습니다.")

    strike.refresh_from_db()
    assert strike.state == Strike.State.WITHDRAWN


def test_a_stranger_finds_neither_the_record_nor_the_form(strike, make_parent, client):
    client.force_login(make_parent("남"))

    assert client.get(reverse("intake:appeal", args=[strike.pk])).status_code == 404
    assert "불참 기록이 없습니다." in client.get(reverse("intake:strikes")).content.decode()


def test_a_family_sees_its_record_with_the_way_to_explain(strike, parent, client):
    client.force_login(parent)

    page = client.get(reverse("intake:strikes")).content.decode()
    assert "2026. 12. 7.(월)까지 알릴 수 있습니다." in page
    assert reverse("intake:appeal", args=[strike.pk]) in page


def test_staff_answer_from_their_inbox_and_the_look_is_written_down(strike, parent, chief, student, log_in):
    appeal = noshow.appeal(strike, by=parent, text="열이 났어요.")
    client = log_in(chief)
    url = reverse("admin:intake_appeal_change", args=[appeal.pk])

    assert "답할 불참 소명" in client.get(reverse("admin:index")).content.decode()
    assert "열이 났어요." not in client.get(reverse("admin:intake_appeal_changelist")).content.decode()
    page = client.get(url).content.decode()
    assert "열이 났어요." in page
    assert "받아들이기" in page
    assert AccessLog.objects.about(student).filter(by=chief, what=f"불참 소명 {appeal.pk}").exists()
    client.post(reverse("admin:intake_appeal_answer", args=[appeal.pk]), {"accept": "1", "words": "확인했습니다."})
    appeal.refresh_from_db()
    assert (appeal.state, appeal.answer) == ("accepted", "확인했습니다.")


def test_a_counsellor_reads_the_record_but_decides_nothing(strike, counselor, log_in):
    counselor.user.groups.add(Group.objects.get(name="상담사"))
    client = log_in(counselor.user)

    page = client.get(reverse("admin:intake_strike_change", args=[strike.pk])).content.decode()
    assert "결정하기" not in page
    answer = client.post(reverse("admin:intake_strike_forgive", args=[strike.pk]), {"words": "세지 않겠습니다."})
    assert answer.status_code == 403
    assert client.get(reverse("admin:intake_appeal_changelist")).status_code == 403


def test_staff_must_say_why(strike, chief, log_in):
    client = log_in(chief)
    url = reverse("admin:intake_strike_forgive", args=[strike.pk])

    client.post(url, {"words": ""})
    strike.refresh_from_db()
    assert strike.state == Strike.State.STANDING
    client.post(url, {"words": "안내 문자가 가지 않았습니다."})
    strike.refresh_from_db()
    assert strike.state == Strike.State.FORGIVEN


def test_words_without_a_decision_decide_nothing(client, strike, parent, chief):
    appeal = noshow.appeal(strike, by=parent, text="그날 아팠습니다")
    client.force_login(chief)
    client.post(reverse("admin:intake_appeal_answer", args=[appeal.pk]), {"words": "확인했습니다. 고맙습니다."})

    appeal.refresh_from_db()
    assert appeal.state == Appeal.State.WAITING
