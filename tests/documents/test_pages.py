"""One's own papers, and the page on which anybody verifies anybody's."""

from __future__ import annotations

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from documents import issue, tasks, tries
from documents.forms import MOST_BYTES, code_of
from documents.models import IssuedDocument
from lifecycle.models import AccessLog


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def paper(confirm) -> IssuedDocument:
    return confirm()


def content_of(paper) -> bytes:
    with paper.print.file.open("rb") as file:
        return file.read()


def verify(client, paper, **kwargs):
    return client.get(reverse("documents:verified", args=[paper.code_text]), **kwargs)


def upload(content: bytes) -> dict:
    return {"file": SimpleUploadedFile("paper.pdf", content, "application/pdf")}


# --- One's own ---------------------------------------------------------------------------------
def test_the_file_opens_and_who_opened_it_is_written_down(client, paper, parent):
    client.force_login(parent)

    response = client.get(reverse("documents:file", args=[paper.pk]))

    assert response.content.startswith(b"%PDF-")
    assert response.headers["Content-Type"] == "application/pdf"
    entry = AccessLog.objects.latest("pk")
    assert (entry.by, entry.subject, paper.number in entry.what) == (parent, parent, True)


def test_strangers_find_nothing_and_leave_nothing(client, paper, django_user_model):
    client.force_login(django_user_model.objects.create_user("stranger@example.com", name="박남"))
    for name in ("paper", "file"):
        assert client.get(reverse(f"documents:{name}", args=[paper.pk])).status_code == 404
    assert not AccessLog.objects.exists()


def test_a_paper_in_the_making_looks_again_by_itself_until_it_is_there(client, db, table, django_user_model):
    slow = issue.issue("tests.figures", {"tables": [table]}, title="상담 통계", by=None)
    clerk = django_user_model.objects.create_user("clerk@example.com", name="이직원", is_staff=True)
    Authenticator.objects.create(user=clerk, type=Authenticator.Type.TOTP, data={})
    client.force_login(clerk)
    page, file = (reverse(f"documents:{name}", args=[slow.pk]) for name in ("paper", "file"))

    waiting = client.get(page)
    assert waiting.headers["Refresh"] == "5"
    assert "문서를 만들고 있습니다" in text(waiting)
    assert client.get(file).headers["Location"] == page

    tasks.make(slow.pk)
    done = client.get(page)
    assert "Refresh" not in done.headers
    assert file in text(done)


def test_a_withdrawn_paper_is_not_handed_out_again(client, paper, parent):
    issue.withdraw(paper, by=None, reason="예약을 취소함")
    client.force_login(parent)

    assert client.get(reverse("documents:file", args=[paper.pk])).status_code == 302
    assert "예약을 취소함" in text(client.get(paper.get_absolute_url()))


# --- Anybody's ---------------------------------------------------------------------------------
def test_anybody_sees_what_was_issued_with_the_name_masked(client, paper):
    page = text(verify(client, paper))

    assert "센터가 발급한 유효한 문서입니다" in page
    assert paper.number in page
    assert paper.print.sha256 in page
    assert "김*호" in page
    assert "김보호" not in page


def test_a_withdrawn_paper_says_so_but_not_why(client, paper):
    issue.withdraw(paper, by=None, reason="가족 사정")
    page = text(verify(client, paper))

    assert "회수한 문서입니다" in page
    assert "유효한 문서입니다" not in page
    assert "가족 사정" not in page


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{0}-", "{1}", "{2}"])
def test_the_number_may_be_typed_as_people_type(client, paper, typed):
    written = typed.format(paper.code_text, paper.code.lower(), paper.code_text.replace("-", " "))
    response = client.get(reverse("documents:verify"), {"code": written})
    assert response.headers["Location"] == paper.verify_path


@pytest.mark.parametrize("typed", ["", "K7QM", "K7QM-3FPX-9T2O", "K7QM-3FPX-9T2B-2"])
def test_what_can_be_nobodys_number_is_said_at_once(client, db, typed):
    response = client.get(reverse("documents:verify"), {"code": typed})
    assert response.status_code == 200
    assert "error" in text(response)
    assert code_of(typed) == ""


def test_an_unknown_number_is_not_ours(client, paper):
    response = client.get(reverse("documents:verified", args=["2222-2222-2222"]))
    assert response.status_code == 404
    assert "찾을 수 없는 문서확인번호입니다" in text(response)


def test_a_file_finds_its_paper_and_a_changed_one_does_not(client, paper):
    content = content_of(paper)

    assert "올린 파일이 발급한 파일과 같습니다" in text(client.post(reverse("documents:verify"), upload(content)))
    changed = client.post(reverse("documents:verify"), upload(content + b" "))
    assert "센터가 발급한 파일과 같지 않습니다" in text(changed)


def test_a_file_is_compared_with_the_paper_whose_page_it_is(client, confirm):
    first, second = confirm("하나"), confirm("둘")
    theirs = content_of(second)

    assert "올린 파일이 발급한 파일과 다릅니다" in text(client.post(first.verify_path, upload(theirs)))
    assert "올린 파일이 발급한 파일과 같습니다" in text(client.post(second.verify_path, upload(theirs)))


def test_nothing_that_is_uploaded_stays(client, paper, uploads):
    before = {path for path in uploads.rglob("*") if path.is_file()}
    client.post(reverse("documents:verify"), upload(b"%PDF-" + b"x" * 3_000_000))
    assert {path for path in uploads.rglob("*") if path.is_file()} == before


def test_a_file_of_ten_megabytes_is_read_and_a_bigger_one_is_not(client, db):
    page = reverse("documents:verify")
    assert client.post(page, upload(b"x" * MOST_BYTES)).status_code == 200
    bigger = client.post(page, upload(b"x" * (MOST_BYTES + 1)))
    assert "10MB보다 큰 파일은 올릴 수 없습니다" in text(bigger)
    huge = client.post(page, upload(b"x" * (MOST_BYTES + 100_000)))
    assert huge.status_code == 413


def test_a_form_from_elsewhere_is_refused(db):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(reverse("documents:verify"), upload(b"x")).status_code == 403


def test_nobody_can_try_many_numbers(client, db):
    url = reverse("documents:verified", args=["2222-2222-2222"])
    with time_machine.travel("2026-11-24 05:00:10+00:00", tick=False):
        assert {client.get(url).status_code for _ in range(tries.A_MINUTE)} == {404}
        assert client.get(url).status_code == 429
        assert client.get(reverse("documents:verify")).status_code == 200
        assert client.get(url, REMOTE_ADDR="192.0.2.7").status_code == 404
    with time_machine.travel("2026-11-24 05:01:00+00:00", tick=False):
        assert client.get(url).status_code == 404


# --- The register ------------------------------------------------------------------------------
@pytest.fixture
def chief(client, db) -> User:
    user = User.objects.create_superuser("chief@example.com", name="정최고")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    client.force_login(user)
    return user


def test_the_register_masks_names_and_shows_where_each_paper_stands(client, confirm, chief):
    issue.withdraw(confirm("하나"), by=None, reason="잘못 발급함")
    confirm("둘")
    page = text(client.get(reverse("admin:documents_issueddocument_changelist")))

    assert "김*호" in page
    assert "김보호" not in page
    assert "회수 20" in page
    only = text(client.get(reverse("admin:documents_issueddocument_changelist"), {"state": "withdrawn"}))
    assert "000001" in only
    assert "000002" not in only


def test_a_paper_is_taken_back_with_a_reason(client, paper, chief):
    url = reverse("admin:documents_issueddocument_changelist")
    chosen = {"action": "take_back", "_selected_action": [paper.pk]}

    assert "사유" in text(client.post(url, chosen))
    assert not IssuedDocument.objects.get(pk=paper.pk).is_withdrawn
    client.post(url, {**chosen, "reason": "이름을 잘못 적음"})

    withdrawal = IssuedDocument.objects.get(pk=paper.pk).withdrawal
    assert (withdrawal.by, withdrawal.reason) == (chief, "이름을 잘못 적음")
