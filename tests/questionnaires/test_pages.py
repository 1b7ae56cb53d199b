"""The family's page: nothing typed is lost, nobody else opens it, files never touch the disk in the clear."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from questionnaires import answering, uploads
from questionnaires.models import Attachment, Response
from questionnaires.views import InMemory
from tests.questionnaires import files

pytestmark = pytest.mark.django_db

State = Response.State


@pytest.fixture
def url(case):
    return reverse("questionnaires:fill", args=["counseling", case.pk])


@pytest.fixture
def family(client, parent):
    client.force_login(parent)
    return client


@pytest.fixture
def post(family, url, version):
    """Send the page's form."""

    def post(button="save", revision=0, **typed):
        fields = {f"q_{key}" if not key.startswith("masked") else key: value for key, value in typed.items()}
        return family.post(url, {"revision": revision, "version": version.pk, button: "1", **fields})

    return post


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.parametrize("page", ["counseling:booking", "counseling:done"])
def test_a_guardian_reads_why_there_is_no_form_once_the_student_answers_alone(
    family, client, case, student, stranger, page
):
    student.user, student.handed_over_at = stranger, timezone.now()
    student.save()
    said = "김하늘님이 자기 계정에서 직접 작성합니다"

    assert said in words(family.get(reverse(page, args=[case.pk])))
    client.force_login(stranger)
    assert said not in words(client.get(reverse(page, args=[case.pk])))


def test_looking_makes_nothing(family, url):
    page = family.get(url)
    assert page.status_code == 200
    assert "나누고 싶은 이야기" in words(page)
    assert not Response.objects.exists()


def test_the_page_costs_a_constant_number_of_queries(family, url, django_assert_max_num_queries):
    family.get(url)
    with django_assert_max_num_queries(15):
        family.get(url)


def test_a_draft_is_saved_with_what_is_there_and_shown_again(post, family, url):
    page = post(field="자연", hours="3.5", average_0="9", average_1="2.35", topics=["학교", "성적"])
    assert page.status_code == 302
    assert Response.objects.get().answers["average"] == {"scale": 9, "value": "2.35"}
    again = family.get(url).content.decode()
    assert 'value="2.35"' in again
    assert 'value="3.5"' in again


def test_what_is_typed_wrong_is_said_and_kept_and_the_rest_is_saved(post):
    page = post(wish="고민이 많아요", hours="많이", since="언젠가", average_0="5", average_1="7")
    assert page.status_code == 422
    text = page.content.decode()
    for said in ("숫자를 적어 주세요.", "날짜를 2026-03-02처럼", "5등급제의 등급은 1부터 5까지"):
        assert said in text
    for typed in ("많이", "언젠가", "고민이 많아요"):
        assert typed in text
    assert Response.objects.get().answers["wish"] == "고민이 많아요"
    assert 'name="revision" value="1"' in text


def test_a_grade_without_its_scale_is_refused(post):
    assert "등급제(5등급 또는 9등급)와 등급을 함께" in post(average_1="2").content.decode()


def test_a_registration_number_in_the_words_is_refused_and_not_saved(post):
    page = post(wish="제 번호는 030101-3123456입니다")
    assert page.status_code == 422
    assert "주민등록번호나 외국인등록번호로 보이는" in page.content.decode()
    assert not Response.objects.get().answers.get("wish")


def test_sending_what_is_not_complete_keeps_it_and_says_what_is_missing(post):
    page = post("send", field="예체능")
    assert page.status_code == 422
    assert words(page).count("답해 주세요.") >= 2
    response = Response.objects.get()
    assert (response.state, response.answers["field"]) == (State.DRAFT, "예체능")


def test_a_question_that_is_not_asked_is_not_required(post):
    assert post("send", wish="고민", field="인문").status_code == 302
    assert Response.objects.get().state == State.SENT


def test_sent_it_is_read_only_and_says_so(post, family, url):
    post("send", wish="고민이 많아요")
    page = family.get(url)
    assert "질문지를 보냈습니다." in words(page)
    assert "고민이 많아요" in words(page)
    assert b"<textarea" not in page.content


def test_the_later_window_sees_both_answers(post):
    post(wish="먼저 적은 말")
    page = post(wish="나중에 적은 말")
    assert page.status_code == 409
    assert "먼저 적은 말" in words(page)
    assert "나중에 적은 말" in page.content.decode()
    assert 'name="revision" value="1"' in page.content.decode()
    assert Response.objects.get().answers["wish"] == "먼저 적은 말"


def test_too_late_shows_what_was_typed(post, family, parent, monday_morning):
    monday_morning.move_to("2026-11-25 14:01+09:00")
    family.force_login(parent)
    page = post(wish="늦게 적은 말")
    assert page.status_code == 409
    assert "늦게 적은 말" in words(page)
    assert "기한이 지났습니다" in words(page)


@pytest.mark.parametrize("who", ["stranger", "counselor"])
def test_for_others_it_does_not_exist(client, stranger, counselor, url, who):
    client.force_login({"stranger": stranger, "counselor": counselor.user}[who])
    assert client.get(url).status_code == 404
    assert client.post(url, {"save": "1"}).status_code == 404


def test_unknown_cases_do_not_exist(family, case):
    assert family.get(f"/forms/nothing/{case.pk}/").status_code == 404
    assert family.get("/forms/counseling/999999/").status_code == 404


def test_what_staff_typed_is_never_markup(family, url, make_form, topic, case):
    from questionnaires.design import Question

    evil = "<b>&{{ x }}"
    topic.questionnaire = make_form(
        "다른", [Question(key="a", kind="choice", text=evil, help=evil, choices=(evil, "다른 것"))]
    ).questionnaire
    topic.save()
    page = family.get(url).content.decode()
    assert "<b>&" not in page
    assert page.count("&lt;b&gt;&amp;{{ x }}") >= 3


# --- Last time ---------------------------------------------------------------------------------
@pytest.mark.parametrize("number", ["9" * 5000, "9" * 30, "²", "-1"], ids=len)
def test_numbers_of_the_page_that_make_no_sense_lose_nothing(family, url, version, number):
    page = family.post(url, {"version": version.pk, "revision": number, "save": "1", "q_wish": "고민이 많아요"})
    assert page.status_code == 302
    assert Response.objects.get().answers["wish"] == "고민이 많아요"
    Response.objects.all().delete()
    assert family.post(url, {"version": number, "revision": 0, "save": "1"}).status_code in {302, 404}


def test_a_file_that_went_in_another_tab_is_no_error(post):
    post("add", record=sent(files.pdf()))
    seen = Attachment.objects.get()
    uploads.delete(Attachment.objects.get())

    uploads.delete(seen)

    assert not Attachment.objects.exists()


def test_last_times_answer_is_marked_and_can_be_cleared(post, family, make_case):
    post("send", wish="지난번 고민")
    next_url = reverse("questionnaires:fill", args=["counseling", make_case("2026-11-26 14:00").pk])
    page = family.get(next_url)
    assert "지난번 고민" in page.content.decode()
    assert "지난번 답변(" in words(page)
    fresh = family.get(next_url, {"fresh": 1}).content.decode()
    assert "지난번 고민" not in fresh


# --- Files -------------------------------------------------------------------------------------
def sent(data, name="성적표.pdf", kind="application/pdf"):
    return SimpleUploadedFile(name, data, kind)


def test_a_file_is_added_and_what_was_typed_is_saved(post, family, url):
    assert post("add", wish="고민", record=sent(files.pdf())).status_code == 302
    attachment = Attachment.objects.get()
    assert (attachment.state, attachment.name) == (Attachment.State.CHECKED, "성적표.pdf")
    assert Response.objects.get().answers["wish"] == "고민"
    assert "성적표.pdf" in family.get(url).content.decode()


def test_a_refused_file_is_said_at_its_place_and_costs_nothing_else(post):
    page = post("add", wish="고민", record=sent(b"MZ" + b"\0" * 100))
    assert page.status_code == 422
    assert "PDF, JPG, PNG 파일만" in words(page)
    assert 'href="#file_record"' in page.content.decode()
    assert Response.objects.get().answers["wish"] == "고민"


def test_a_good_file_survives_a_mistake_elsewhere(post):
    page = post("send", record=sent(files.pdf()))
    assert page.status_code == 422
    assert Attachment.objects.count() == 1
    assert "성적표.pdf" in page.content.decode()


def test_what_the_file_claims_to_be_counts_for_nothing(post):
    post("add", record=sent(files.picture(), "성적표.pdf", "application/pdf"), masked_record="on")
    attachment = Attachment.objects.get()
    assert (attachment.kind, attachment.name) == ("jpeg", "성적표.jpg")


def test_a_large_file_never_lies_in_a_temporary_folder(post, monkeypatch):
    """Django itself would write everything over 2.5 MB to the disk as it comes."""
    from django.core.files import uploadhandler

    def forbidden(self, *args, **kwargs):
        raise AssertionError("an upload was about to be written in the clear")

    monkeypatch.setattr(uploadhandler.TemporaryFileUploadHandler, "new_file", forbidden)
    data = files.pdf(change=lambda writer: writer.add_metadata({"/Padding": "x" * 3_000_000}))
    assert post("add", record=sent(data)).status_code == 302
    assert Attachment.objects.get().size > 2_500_000


def test_without_our_handler_it_would(rf):
    """The control: the ordinary handlers do not take such a body into memory."""
    from django.core.files.uploadhandler import MemoryFileUploadHandler

    ordinary = MemoryFileUploadHandler(rf.post("/"))
    ordinary.handle_raw_input(None, {}, 3_000_000, b"", None)
    ours = InMemory(rf.post("/"))
    ours.handle_raw_input(None, {}, 3_000_000, b"", None)
    assert (ordinary.activated, ours.activated) == (False, True)


def test_an_oversized_body_is_refused_before_it_is_read(family, url, settings):
    settings.UPLOAD_MOST_BYTES = 1000
    page = family.post(url, {"save": "1", "q_record": sent(b"x" * 2_000_000)})
    assert page.status_code == 413
    assert "뒤로" in words(page)


def test_the_form_is_guarded_against_other_sites(url, parent):
    from django.test import Client

    careful = Client(enforce_csrf_checks=True)
    careful.force_login(parent)
    assert careful.post(url, {"save": "1"}).status_code == 403


def test_a_file_is_handed_out_as_something_no_browser_runs(post, family):
    post("add", record=sent(files.pdf()))
    answer = family.get(reverse("questionnaires:file", args=[Attachment.objects.get().pk]))
    assert answer.content == files.pdf()
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%EC%84%B1")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]


def test_nobody_elses_file_exists(post, client, stranger, counselor):
    post("add", record=sent(files.pdf()))
    pk = Attachment.objects.get().pk
    for person in (stranger, counselor.user):
        client.force_login(person)
        for name in ("file", "delete_file"):
            assert client.get(reverse(f"questionnaires:{name}", args=[pk])).status_code == 404
    assert client.post(reverse("questionnaires:delete_file", args=[pk])).status_code == 404
    assert Attachment.objects.exists()


def test_a_file_is_deleted_after_a_question(post, family):
    post("send", wish="고민", record=sent(files.pdf()))
    address = reverse("questionnaires:delete_file", args=[Attachment.objects.get().pk])
    assert family.get(address).status_code == 200
    assert Attachment.objects.exists()
    assert family.post(address).status_code == 302
    assert not Attachment.objects.exists()


def test_a_second_click_on_deleting_ends_where_the_first_did(post, family, client, stranger, url):
    post("send", wish="고민", record=sent(files.pdf()))
    address = reverse("questionnaires:delete_file", args=[Attachment.objects.get().pk])
    shown = {"shown": family.get(address).context["shown"]}
    first, second = family.post(address, shown), family.post(address, shown, follow=True)
    assert first.url == second.redirect_chain[0][0]
    assert "이미 지운 파일입니다." in words(second)
    assert family.post(address).status_code == 404
    client.force_login(stranger)
    assert client.post(address, shown).status_code == 404


def test_the_family_reads_when_files_go(post, family, url):
    post("send", wish="고민", record=sent(files.pdf()))
    assert "2026. 12. 25.(금)에 자동으로 지워집니다" in words(family.get(url))


def test_the_privacy_text_comes_from_the_questions(family, url):
    page = words(family.get(url))
    assert "전형을 살펴보려고" in page
    assert "상담이 끝난 뒤 30일" in page
    assert "상담이 끝난 뒤 1년" in page


# --- Around it ---------------------------------------------------------------------------------
def test_the_booking_leads_to_the_form(family, case):
    for name in ("done", "booking"):
        page = family.get(reverse(f"counseling:{name}", args=[case.pk]))
        assert "사전 질문지 작성하기" in words(page)


def test_what_was_sent_answers_a_sheet(post, case):
    post("send", wish="고민")
    assert answering.sheet(case).response.state == State.SENT
