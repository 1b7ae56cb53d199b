"""Naver Cloud SENS, SMS API v2; the government cloud is the same under another host (``SMS_URL``).

The signature is Base64 of HMAC-SHA256 over method, path, time in milliseconds and access key; the
provider refuses clocks that differ from its own by more than five minutes.
https://api.ncloud-docs.com/docs/sens-sms-send
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from notices.channels import gateway
from notices.channels.outcomes import InDoubt, Never
from notices.channels.senders import registered
from notices.models import Addressee, Notice

HOST = "https://sens.apigw.ntruss.com"


def signature(path: str, milliseconds: str, key: str, secret: str) -> str:
    """Sign one POST to ``path``."""
    text = f"POST {path}\n{milliseconds}\n{key}"
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


class Sens:
    """One message per request, so that each has an outcome of its own."""

    name = "sens"

    def __init__(self) -> None:
        self.url = f"{settings.SMS_URL or HOST}/sms/v2/services/{settings.SMS_SERVICE_ID}/messages"

    def send(self, notice: Notice | Addressee) -> str:
        body = {
            "type": notice.price_class.upper(),
            "contentType": "COMM",
            "countryCode": "82",
            "from": registered(settings.SMS_SENDER),
            "content": notice.spoken_body(),
            "messages": [{"to": notice.address}],
        }
        if notice.subject:
            body["subject"] = notice.subject
        milliseconds = str(int(timezone.now().timestamp() * 1000))
        answer = gateway.ask(
            self.url,
            body,
            {
                "x-ncp-apigw-timestamp": milliseconds,
                "x-ncp-iam-access-key": settings.SMS_KEY,
                "x-ncp-apigw-signature-v2": signature(
                    urlsplit(self.url).path, milliseconds, settings.SMS_KEY, settings.SMS_SECRET
                ),
            },
        )
        code, message = _said(answer.body)
        gateway.judge(answer, code, message)
        if code and not code.startswith("2"):
            raise Never(f"문자 사업자가 거절했습니다.{gateway.wording(code, message)}")
        if receipt := answer.body.get("requestId"):
            return str(receipt)
        raise InDoubt("사업자가 접수 번호 없이 답해 접수되었는지 알 수 없습니다.")

    def close(self) -> None:
        """Nothing stays open."""


def _said(body: dict) -> tuple[str, str]:
    """Code and message, wherever this error puts them: the gateway and the service differ."""
    error = body.get("error")
    if isinstance(error, dict):
        return str(error.get("errorCode", "")), str(error.get("message", ""))
    code = body.get("statusCode") or body.get("status") or ""
    return str(code), str(body.get("errorMessage") or body.get("statusName") or "")
