"""Files lie sealed, wait for scanner and eyes, are opened by whom they concern, and really go."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import leaving
from counseling import booking as bookings
from lifecycle import destruction
from lifecycle.models import DestructionRecord, Transition
from notices.models import Notice
from questionnaires import answering, doctor, retention, scanner, uploads
from questionnaires.models import Attachment, Response
from tests.questionnaires import clamd, files

pytestmark = pytest.mark.django_db(transaction=True)  # files go when the transaction is sure

State = Attachment.State


def lying(storage: Path) -> list[Path]:
    """Every file on the disk."""
    return [path for path in storage.rglob("*") if path.is_file()]


@pytest.fixture
def upload(case, version, parent):
    def upload(data=None, *, name="성적표.pdf", key="record", masked=True):
        return uploads.receive(case, version, key, name=name, data=data or files.pdf(), masked=masked, by=parent)

    return upload


@pytest.fixture
def daemon(settings, monkeypatch):
    monkeypatch.setattr(scanner, "SECONDS", 0.5)
    with clamd.daemon() as server:
        settings.CLAMAV_ADDRESS = server.address
        yield server


def test_what_was_sent_comes_back_and_lies_sealed_under_a_name_that_says_nothing(upload, storage):
    data = files.pdf("Name of a pupil who must not be read on any disk")
    attachment = upload(data)
    assert uploads.opened(attachment) == data
    (path,) = lying(storage)
    assert path.read_bytes().startswith(b"sealed")
    assert b"pupil" not in path.read_bytes()
    assert path.name == attachment.token
    assert attachment.name == "성적표.pdf"


def test_a_text_pdf_needs_no_eyes_and_a_picture_does(upload):
    assert upload().state == State.CHECKED
    assert upload(files.picture(), name="a.jpg").state == State.UNCHECKED


def test_a_picture_needs_the_familys_word(upload, storage):
    with pytest.raises(uploads.Unfit, match="가렸는지"):
        upload(files.picture(), masked=False)
    assert lying(storage) == []
    assert upload(masked=False).state == State.CHECKED


def test_a_refused_file_leaves_nothing(upload, storage):
    with pytest.raises(uploads.Unfit, match="주민등록번호"):
        upload(files.pdf("RRN 030101-3123456 of a pupil of this school"))
    assert lying(storage) == []
    assert not Response.objects.exists()


def test_a_file_is_sent_to_a_file_question_only(upload):
    with pytest.raises(uploads.Unfit):
        upload(key="wish")
    with pytest.raises(uploads.Unfit):
        upload(key="nothing")


def test_so_many_to_a_question_and_no_more(upload, storage, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_PER_QUESTION", 2)
    upload(), upload()
    with pytest.raises(uploads.Unfit, match="2개까지"):
        upload()
    assert len(lying(storage)) == 2


def test_too_late_leaves_nothing(upload, storage, monday_morning):
    monday_morning.move_to("2026-11-25 14:00+09:00")
    with pytest.raises(answering.Closed):
        upload()
    assert lying(storage) == []


# --- The scanner -------------------------------------------------------------------------------
def test_a_clean_file_is_taken_and_eicar_is_not(daemon, upload, storage):
    assert upload().state == State.CHECKED
    with pytest.raises(uploads.Unfit, match="악성코드"):
        upload(files.infected())
    assert len(lying(storage)) == 1


@pytest.mark.parametrize("manner", ["silent", "hangs up", "rubbish"])
def test_while_the_scanner_gives_no_verdict_the_file_waits_and_nobody_opens_it(daemon, upload, manner):
    daemon.manner = manner
    attachment = upload()
    assert attachment.state == State.SCANNING
    for to_check in (False, True):
        with pytest.raises(uploads.NotNow, match="검사를 기다리는"):
            uploads.opened(attachment, to_check=to_check)
    assert uploads.scan_waiting() == 0
    daemon.manner = "well"
    assert uploads.scan_waiting() == 1
    attachment.refresh_from_db()
    assert attachment.state == State.CHECKED
    assert uploads.opened(attachment)


def test_a_waiting_picture_is_then_for_eyes(daemon, upload):
    daemon.manner = "hangs up"
    attachment = upload(files.picture())
    daemon.manner = "well"
    uploads.scan_waiting()
    attachment.refresh_from_db()
    assert attachment.state == State.UNCHECKED


def test_what_waited_and_is_infected_goes_and_the_family_is_told(daemon, upload, storage):
    daemon.manner = "hangs up"
    attachment = upload(files.infected())
    daemon.manner = "well"
    assert uploads.scan_waiting() == 1
    attachment.refresh_from_db()
    assert attachment.state == State.REJECTED
    assert lying(storage) == []
    assert Notice.objects.filter(kind="questionnaires.file_rejected").count() == 2  # a text and a mail


# --- Eyes --------------------------------------------------------------------------------------
def test_unchecked_is_opened_by_the_checker_alone(upload, counselor):
    attachment = upload(files.picture())
    with pytest.raises(uploads.NotNow, match="확인하지 않은"):
        uploads.opened(attachment)
    assert uploads.opened(attachment, to_check=True)
    checked = uploads.check(attachment, by=counselor.user)
    assert uploads.opened(checked)
    assert uploads.check(attachment, by=counselor.user).state == State.CHECKED
    assert Transition.objects.of(attachment).count() == 1


def test_sent_back_is_gone_at_once_with_a_reason_the_family_reads(upload, counselor, storage):
    attachment = upload(files.picture())
    for _ in range(2):
        uploads.reject(attachment, by=counselor.user, reason="뒷자리가 보입니다.")
    attachment.refresh_from_db()
    assert (attachment.state, attachment.file.name) == (State.REJECTED, "")
    assert lying(storage) == []
    assert "뒷자리가 보입니다." in Notice.objects.get(channel="email", kind="questionnaires.file_rejected").body
    assert DestructionRecord.objects.filter(kind="questionnaires.file", remark="반려").count() == 1
    with pytest.raises(uploads.NotNow):
        uploads.opened(attachment, to_check=True)


def test_a_rejected_file_does_not_count_as_an_answer(case, version, upload, counselor):
    uploads.reject(upload(files.picture()), by=counselor.user, reason="흐립니다.")
    response = answering.sheet(case).response
    assert not response.attachments.standing().exists()


# --- Going -------------------------------------------------------------------------------------
def retain() -> None:
    _records, failures = destruction.run()
    assert failures == []


@pytest.mark.parametrize(("moment", "left"), [("2026-12-25 14:49:59+09:00", 1), ("2026-12-25 14:50:01+09:00", 0)])
def test_thirty_days_after_the_end_the_bytes_are_gone(upload, storage, monday_morning, moment, left):
    attachment = upload()
    assert str(retention.files_go_on(attachment.response)) == "2026-12-25"
    monday_morning.move_to(moment)
    retain()
    assert len(lying(storage)) == left
    assert Attachment.objects.count() == left


def test_after_a_cancellation_the_days_count_from_there(case, upload, storage, parent, monday_morning):
    attachment = upload()
    bookings.cancel(case, by=parent, reason="일정")
    assert str(retention.files_go_on(Response.objects.get())) == "2026-12-23"
    monday_morning.move_to("2026-12-23 08:59+09:00")
    retain()
    assert len(lying(storage)) == 1
    monday_morning.move_to("2026-12-23 09:01+09:00")
    retain()
    assert lying(storage) == []
    assert not Attachment.objects.filter(pk=attachment.pk).exists()


def test_a_family_deletes_at_any_time_and_the_register_says_so(case, version, upload, parent, storage):
    attachment = upload()
    answering.send(case, version, {"wish": "고민"}, by=parent, revision=0)
    uploads.delete(attachment)
    assert lying(storage) == []
    assert DestructionRecord.objects.get(kind="questionnaires.file").remark == "본인 요청"


def test_a_rolled_back_deletion_keeps_the_bytes(upload, storage):
    attachment = upload()
    with pytest.raises(RuntimeError), transaction.atomic():
        uploads.delete(attachment)
        raise RuntimeError
    assert len(lying(storage)) == 1
    assert uploads.opened(Attachment.objects.get())


def test_unsent_drafts_go_with_their_files_and_grades_go_from_what_was_sent(
    case, version, upload, parent, storage, monday_morning, make_case
):
    answers = {"wish": "고민", "average": {"scale": 9, "value": "2.35"}}
    answering.send(case, version, answers, by=parent, revision=0)
    other = make_case("2026-11-26 14:00")
    answering.save(other, version, {"wish": "쓰다 만 것"}, by=parent, revision=0)
    uploads.receive(other, version, "record", name="a.pdf", data=files.pdf(), masked=True, by=parent)
    monday_morning.move_to("2026-12-27 15:00+09:00")
    retain()
    (left,) = Response.objects.all()
    assert left.answers == {"wish": "고민"}
    assert left.pruned_at
    assert lying(storage) == []


def test_answers_go_a_year_later_when_somebody_agrees(case, version, parent, counselor, monday_morning):
    answering.send(case, version, {"wish": "고민"}, by=parent, revision=0)
    monday_morning.move_to("2027-11-25 14:49+09:00")
    assert not retention.ANSWERS.due(timezone.now()).exists()
    monday_morning.move_to("2027-11-25 14:51+09:00")
    assert retention.ANSWERS.due(timezone.now()).count() == 1
    plan = destruction.draft(retention.ANSWERS, by=None)
    destruction.approve(plan, by=counselor.user, digest=plan.digest)
    retain()
    assert not Response.objects.exists()


def test_whoever_leaves_takes_everything_along(case, upload, student, parent, storage, monday_morning):
    upload()
    bookings.cancel(case, by=parent, reason="이사")
    leaving.release(student, by=parent)
    assert not Response.objects.exists()
    assert lying(storage) == []


# --- Strays ------------------------------------------------------------------------------------
def test_a_crash_between_file_and_row_leaves_a_stray_that_is_swept(upload, storage, monkeypatch, settings):
    upload()
    with monkeypatch.context() as patch:
        patch.setattr(uploads.default_storage, "delete", lambda name: None)
        patch.setattr(Attachment, "save", lambda self, **kwargs: 1 / 0)
        patch.setattr("django.db.models.fields.files.FieldFile.delete", lambda self, save=True: None)
        with pytest.raises(ZeroDivisionError):
            upload()
    assert len(lying(storage)) == 2
    assert uploads.sweep() == 0  # it may belong to a transaction that is still open
    monkeypatch.setattr(uploads, "STRAY_AFTER", -uploads.STRAY_AFTER * 24 * 3650)
    assert any("주인 없는" in finding for finding in doctor.check())
    assert uploads.sweep() == 1
    assert len(lying(storage)) == 1
    assert doctor.check() == []


def test_the_doctor_misses_lost_bytes(upload, storage):
    attachment = upload()
    lying(storage)[0].unlink()
    assert doctor.check() == [f"첨부 파일 {attachment.pk}: 저장된 파일이 없습니다."]
