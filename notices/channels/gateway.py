"""One request to a text-message provider, and what its outcome means for the message."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from notices.channels.outcomes import InDoubt, Never, TryLater, TrySoon

CONNECT_SECONDS, ANSWER_SECONDS = 3, 10
OURS_TO_FIX = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}


@dataclass(frozen=True)
class Answer:
    """What the provider said; ``body`` is empty when it was no JSON object."""

    status: int
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def ask(url: str, body: dict[str, Any], headers: dict[str, str]) -> Answer:
    """POST one message as JSON on a connection of its own.

    A kept connection that the provider has just closed looks exactly like one that broke with our
    message in it; a fresh one tells "never arrived" from "perhaps arrived".

    Raises:
        TrySoon: no connection came about; nothing was handed over.
        InDoubt: the connection broke, or no answer came, after the message was on its way.
    """
    try:
        response = requests.post(
            url,
            data=json.dumps(body, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json; charset=utf-8", "Connection": "close", **headers},
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
            allow_redirects=False,
        )
    except (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError) as error:
        raise TrySoon("문자 사업자에 연결하지 못했습니다.") from error
    except requests.ConnectionError as error:
        if _never_connected(error):
            raise TrySoon("문자 사업자에 연결하지 못했습니다.") from error
        raise InDoubt("문자를 넘긴 뒤 연결이 끊겨 접수되었는지 알 수 없습니다.") from error
    except requests.RequestException as error:
        raise InDoubt("문자를 넘긴 뒤 사업자의 답을 받지 못했습니다.") from error
    try:
        answer = response.json()
    except requests.JSONDecodeError:
        answer = {}
    return Answer(response.status_code, answer if isinstance(answer, dict) else {})


def judge(answer: Answer, code: str, message: str) -> None:
    """Raise what an HTTP status other than 2xx means; ``code`` and ``message`` are the provider's own words."""
    if answer.ok:
        return
    said = wording(code, message)
    match answer.status:
        case HTTPStatus.BAD_GATEWAY | HTTPStatus.GATEWAY_TIMEOUT:
            raise InDoubt(f"사업자 안에서 문자가 끊겨 접수되었는지 알 수 없습니다.{said}")
        case HTTPStatus.TOO_MANY_REQUESTS:
            raise TryLater(f"문자 사업자가 잠시 받지 않습니다(요청 제한).{said}")
        case HTTPStatus.PAYMENT_REQUIRED:
            raise TryLater(f"문자 사업자의 잔액이 부족합니다. 충전해 주세요.{said}")
        case status if status in OURS_TO_FIX:
            raise TryLater(f"문자 사업자 설정이 맞지 않습니다. 접속 키, 서비스 번호, 서버 시각을 확인해 주세요.{said}")
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise TrySoon(f"문자 사업자에 장애가 있습니다.{said}")
    raise Never(f"문자 사업자가 거절했습니다.{said}")


def wording(code: str, message: str) -> str:
    """The provider's words for staff, without numbers that could be somebody's."""
    said = re.sub(r"\d[\d-]{5,}\d", "●", " ".join(part for part in (str(code), message) if part))
    return f" ({said[:120]})" if said else ""


def _never_connected(error: requests.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
