"""Answering: one press, once, and more for who likes."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from surveys import answering, gathering, tokens
from surveys.answering import Given
from surveys.models import Answer, Comment, Invitation, Question, Spooled, Survey


def link(invitation):
    return reverse("surveys:answer", args=[tokens.of(invitation)])


def test_opening_the_link_answers_nothing(invite):
    invitation = invite()

    page = Client().get(link(invitation))

    assert page.status_code == 200
    assert page.text.count('<button class="button button-large" name="q') == 5
    assert not Spooled.objects.exists()
    assert not Invitation.objects.get(pk=invitation.pk).is_answered


def test_one_press_is_an_answer_and_more_may_be_added(invite, survey, scale):
    invitation, browser = invite(), Client()

    page = browser.post(link(invitation), {f"q{scale.pk}": "4"})

    assert page.status_code == 200
    assert Invitation.objects.get(pk=invitation.pk).is_answered
    (row,) = Spooled.objects.all()
    assert row.content["values"] == {str(scale.pk): 4}
    recommend, text = survey.questions.exclude(pk=scale.pk)
    more = {"ticket": page.context["ticket"], f"q{recommend.pk}": "9", f"q{text.pk}": " 의자가 불편했어요 "}
    assert "고맙습니다" in browser.post(link(invitation), more).text
    (row,) = Spooled.objects.all()
    assert row.content["values"] == {str(scale.pk): 4, str(recommend.pk): 9}
    assert row.content["texts"] == {str(text.pk): "의자가 불편했어요"}


def test_nothing_chosen_loses_nothing(invite):
    invitation = invite()

    page = Client().post(link(invitation), {})

    assert page.status_code == 422
    assert "답을 하나 골라 주세요" in page.text
    assert not Invitation.objects.get(pk=invitation.pk).is_answered


@pytest.mark.parametrize("value", ["0", "6", "²", "x", "-1"])
def test_what_nobody_may_choose_is_refused(invite, scale, value):
    assert Client().post(link(invite()), {f"q{scale.pk}": value}).status_code == 422
    assert not Spooled.objects.exists()


def test_a_second_answer_is_not_taken(invite, scale):
    invitation = invite()
    Client().post(link(invitation), {f"q{scale.pk}": "5"})

    page = Client().post(link(invitation), {f"q{scale.pk}": "1"})

    assert "이미 답해 주셨습니다" in page.text
    assert Spooled.objects.count() == 1
    with pytest.raises(answering.Gone):
        answering.answer(invitation, Given({scale.pk: 1}))


def test_a_link_that_nobody_signed_opens_nothing(invite):
    invitation = invite()
    for forged in (invitation.pk.hex, f"{invitation.pk.hex}.x", tokens.ticket(invitation.pk), "a"):
        assert Client().get(reverse("surveys:answer", args=[forged])).status_code == 410


def test_what_is_added_after_the_gathering_is_lost_with_thanks(invite, survey, scale):
    tickets = [answering.answer(invite(), Given({scale.pk: 5})) for _ in range(5)]
    assert gathering.gather() == 5

    with pytest.raises(answering.Gone):
        answering.add(tickets[0], survey, Given(texts={scale.pk: "늦은 글"}))
    assert not Comment.objects.exists()


def test_a_registration_number_is_not_taken(invite, survey, scale):
    invitation, browser = invite(), Client()
    page = browser.post(link(invitation), {f"q{scale.pk}": "4"})
    text = survey.questions.get(kind="text")

    page = browser.post(link(invitation), {"ticket": page.context["ticket"], f"q{text.pk}": "제 번호 110505-3123458"})

    assert page.status_code == 422
    assert "110505-3123458" in page.text  # nothing typed is lost
    (row,) = Spooled.objects.all()
    assert row.content["texts"] == {}


def test_a_visitor_answers_without_account_while_it_is_open(make_survey):
    survey = make_survey("visitor")
    first = survey.questions.first()
    url = reverse("surveys:visitor", args=[survey.code])

    assert Client().post(url, {f"q{first.pk}": "3"}).status_code == 200
    Survey.objects.filter(pk=survey.pk).update(is_open=False)

    assert Client().get(url).status_code == 410
    assert Spooled.objects.count() == 1
    with pytest.raises(answering.Gone):
        answering.visitor(survey, Given({first.pk: 3}))


def test_a_named_survey_says_so_and_keeps_who(make_survey, invite):
    survey = make_survey("lecture", is_named=True)
    invitation, browser = invite(survey), Client()
    first = survey.questions.first()

    assert "기명 조사입니다" in browser.get(link(invitation)).text
    browser.post(link(invitation), {f"q{first.pk}": "2"})

    assert Answer.objects.get().invitation == invitation
    assert not Spooled.objects.exists()


def test_an_anonymous_answer_cannot_name_anybody(survey, invite):
    with pytest.raises(DatabaseError), transaction.atomic():
        Answer.objects.create(survey=survey, quarter="2026-10-01", values={}, invitation=invite())


def test_questions_stay_once_anybody_was_asked(survey, invite):
    question = survey.questions.first()
    question.text = "고친 질문"
    question.save()  # nobody was asked yet
    invite()

    for change in (
        lambda: Question.objects.filter(pk=question.pk).update(text="또 고친 질문"),
        lambda: Question.objects.filter(pk=question.pk).delete(),
        lambda: Question.objects.create(survey=survey, position=9, text="하나 더"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert [str(one) for one in survey.copy().questions.all()] == [str(one) for one in survey.questions.all()]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_two_presses_at_once_are_one_answer(invite, scale, guarded, monkeypatch):
    invitation, barrier, gone = invite(), threading.Barrier(2), []

    def press():
        try:
            barrier.wait()
            if guarded:
                answering.answer(invitation, Given({scale.pk: 5}))
            else:  # the control: look, then write
                found = Invitation.objects.get(pk=invitation.pk)
                barrier.wait()
                if not found.is_answered:
                    Invitation.objects.filter(pk=invitation.pk).update(is_answered=True)
                    answering._spool(invitation.survey, Given({scale.pk: 5}), "", "")
        except answering.Gone:
            gone.append(1)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Spooled.objects.count() == (1 if guarded else 2)
    assert len(gone) == (1 if guarded else 0)
