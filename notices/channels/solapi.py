"""Solapi (CoolSMS), messages v4.

The signature is the hex HMAC-SHA256 of date and salt; each pair may be used once.
https://developers.solapi.com/references/authentication
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from django.conf import settings
from django.utils import timezone

from notices.channels import gateway
from notices.channels.outcomes import InDoubt, Never, TryLater
from notices.channels.senders import registered
from notices.models import Addressee, Notice

HOST = "https://api.solapi.com"
ACCEPTED = "2000"

# Refusals that a person can put right or that pass; the rest concern the one message for good.
OURS_TO_FIX = {
    "InvalidAPIKey",
    "SignatureDoesNotMatch",
    "RequestTimeTooSkewed",
    "DuplicatedSignature",
    "Unauthorized",
    "Forbidden",
    "SenderNumberNotRegistered",
}
NO_MONEY = {"NotEnoughBalance", "1030"}
TOO_MANY = {"TooManyRequests", "1026"}


def signature(date: str, salt: str, secret: str) -> str:
    """Sign the moment ``date`` (ISO 8601) with the one-time ``salt``."""
    return hmac.new(secret.encode(), f"{date}{salt}".encode(), hashlib.sha256).hexdigest()


class Solapi:
    """One message per request, so that each has an outcome of its own."""

    name = "solapi"

    def __init__(self) -> None:
        self.url = f"{settings.SMS_URL or HOST}/messages/v4/send"

    def send(self, notice: Notice | Addressee) -> str:
        message = {
            "type": notice.price_class.upper(),
            "to": notice.address,
            "from": registered(settings.SMS_SENDER),
            "text": notice.spoken_body(),
            "autoTypeDetect": False,
        }
        if notice.subject:
            message["subject"] = notice.subject
        date, salt = timezone.now().isoformat(timespec="milliseconds"), secrets.token_hex(16)
        signed = signature(date, salt, settings.SMS_SECRET)
        answer = gateway.ask(
            self.url,
            {"message": message},
            {
                "Authorization": f"HMAC-SHA256 ApiKey={settings.SMS_KEY}, Date={date}, salt={salt}, signature={signed}",
            },
        )
        body = answer.body
        code = str(body.get("errorCode") or body.get("statusCode") or "")
        said = str(body.get("errorMessage") or body.get("statusMessage") or "")
        _judge_code(code, said)
        gateway.judge(answer, code, said)
        if code == ACCEPTED:
            return str(body.get("messageId", ""))
        if code:
            raise Never(f"문자 사업자가 거절했습니다.{gateway.wording(code, said)}")
        raise InDoubt("사업자가 접수 번호 없이 답해 접수되었는지 알 수 없습니다.")

    def close(self) -> None:
        """Nothing stays open."""


def _judge_code(code: str, said: str) -> None:
    words = gateway.wording(code, said)
    if code in NO_MONEY:
        raise TryLater(f"문자 사업자의 잔액이 부족합니다. 충전해 주세요.{words}")
    if code in TOO_MANY:
        raise TryLater(f"문자 사업자가 잠시 받지 않습니다(요청 제한).{words}")
    if code in OURS_TO_FIX:
        raise TryLater(f"문자 사업자 설정이 맞지 않습니다. 접속 키와 서버 시각을 확인해 주세요.{words}")
