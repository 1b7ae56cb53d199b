"""Naver SENS and Solapi, against a provider that checks signatures and limits and breaks in all the ways."""

from __future__ import annotations

import socket

import pytest

from notices.channels import gateway
from notices.channels.outcomes import InDoubt, Never, TryLater, TrySoon
from notices.channels.sens import Sens, signature
from notices.channels.solapi import Solapi
from notices.models import Notice
from tests.notices.sinks import GARBAGE, HANG_UP, KEY, SECRET, SENDER, SERVICE, SILENCE

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[Sens, Solapi], ids=["sens", "solapi"])
def way(request, settings, sms_sink):
    settings.SMS_URL, settings.SMS_SERVICE_ID = sms_sink.url, SERVICE
    settings.SMS_KEY, settings.SMS_SECRET = KEY, SECRET
    settings.SMS_SENDER, settings.SMS_SENDERS = SENDER, [SENDER]
    return request.param()


def test_a_signed_message_is_accepted_as_it_was_written(way, owed, sms_sink):
    receipt = way.send(owed(body="[센터] 김하늘 상담 확정", address="01000001234"))
    assert receipt == "receipt-1"
    assert sms_sink.complaints == []
    [message] = sms_sink.accepted
    assert (message["from"], message["to"], message["type"]) == (SENDER, "01000001234", "SMS")
    assert message["text"] == "[센터] 김하늘 상담 확정"


def test_a_long_message_goes_as_lms_with_its_subject(way, owed, sms_sink):
    way.send(owed(body="가" * 46, subject="상담 예약", price_class=Notice.Price.LMS))
    assert (sms_sink.accepted[0]["type"], sms_sink.accepted[0]["subject"]) == ("LMS", "상담 예약")


def test_a_wrong_secret_is_ours_to_put_right(way, owed, sms_sink, settings):
    settings.SMS_SECRET = "wrong"
    with pytest.raises(Never):  # the sink answers 400; real providers answer 401, see below
        way.send(owed())
    assert sms_sink.complaints == ["signature"]


def test_an_unregistered_sender_is_stopped_before_anything_leaves(way, owed, sms_sink, settings):
    settings.SMS_SENDERS = ["0211112222"]
    with pytest.raises(TryLater, match="등록된 발신번호가 아닙니다"):
        way.send(owed())
    assert sms_sink.read == 0


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Never),
        (422, Never),
        (401, TryLater),
        (403, TryLater),
        (404, TryLater),
        (402, TryLater),
        (429, TryLater),
        (500, TrySoon),
        (503, TrySoon),
        (502, InDoubt),
        (504, InDoubt),
    ],
)
def test_every_status_has_its_meaning(way, owed, sms_sink, status, outcome):
    sms_sink.next.append((status, {"error": {"errorCode": "200", "message": "no"}}))
    with pytest.raises(outcome):
        way.send(owed())


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("NotEnoughBalance", TryLater),
        ("SignatureDoesNotMatch", TryLater),
        ("RequestTimeTooSkewed", TryLater),
        ("TooManyRequests", TryLater),
        ("ValidationError", Never),
    ],
)
def test_solapis_error_codes_have_their_meaning(owed, sms_sink, settings, code, outcome):
    settings.SMS_URL, settings.SMS_KEY, settings.SMS_SECRET = sms_sink.url, KEY, SECRET
    settings.SMS_SENDER, settings.SMS_SENDERS = SENDER, [SENDER]
    sms_sink.next.append((400, {"errorCode": code, "errorMessage": "거절"}))
    with pytest.raises(outcome, match=code):
        Solapi().send(owed())


def test_a_refusal_inside_a_success_is_a_refusal(way, owed, sms_sink):
    sms_sink.next.append((200, {"statusCode": "4001" if isinstance(way, Sens) else "1062", "statusMessage": "미등록"}))
    with pytest.raises(Never):
        way.send(owed())


def test_the_reason_never_carries_somebodys_number(way, owed, sms_sink):
    sms_sink.next.append((400, {"status": "400", "errorCode": "400", "errorMessage": "to 010-0000-1234 is bad"}))
    with pytest.raises(Never) as refusal:
        way.send(owed())
    assert "●" in str(refusal.value)
    assert "1234" not in str(refusal.value)


@pytest.mark.parametrize("ending", [HANG_UP, SILENCE, GARBAGE])
def test_a_line_that_breaks_after_the_body_was_read_leaves_a_doubt(way, owed, sms_sink, monkeypatch, ending):
    monkeypatch.setattr(gateway, "ANSWER_SECONDS", 0.5)
    sms_sink.next.append(ending)
    with pytest.raises(InDoubt):
        way.send(owed())
    assert sms_sink.read == 1


def test_a_provider_that_does_not_listen_got_nothing(way, owed, settings):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        way.url = way.url.replace(settings.SMS_URL, f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(TrySoon):
            way.send(owed())


def test_an_unknown_host_got_nothing(way, owed, settings):
    way.url = way.url.replace(settings.SMS_URL, "http://no-such-host.invalid")
    with pytest.raises(TrySoon):
        way.send(owed())


def test_the_government_cloud_is_the_same_service_under_another_host(settings):
    settings.SMS_URL, settings.SMS_SERVICE_ID = "https://sens.apigw.gov-ntruss.com", SERVICE
    assert Sens().url == f"https://sens.apigw.gov-ntruss.com/sms/v2/services/{SERVICE}/messages"


def test_the_sens_signature_is_the_documented_one():
    """Computed by hand: ``printf 'POST /a\\n1\\nk' | openssl dgst -sha256 -hmac s -binary | base64``."""
    assert signature("/a", "1", "k", "s") == "KxKo2FtSo9vEbcvgooQCg6dndccxRAsO35WQoshDW7U="
