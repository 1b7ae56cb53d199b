"""Providers to send to, on this machine: they check what real ones check, and break as real ones break."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller

KEY, SECRET, SERVICE, SENDER = "key-of-the-centre", "secret-of-the-centre", "ncp:sms:kr:1:centre", "0200000000"

# How the next request ends instead of being accepted.
HANG_UP, SILENCE, GARBAGE = "hang up", "silence", "garbage"


class SmsSink:
    """Naver SENS and Solapi in one server; each path speaks its own protocol."""

    def __init__(self) -> None:
        self.accepted: list[dict] = []
        self.complaints: list[str] = []
        self.read = 0  # bodies that arrived, whatever came of them
        self.next: deque = deque()  # (status, body) or one of the words above
        self.wait_seconds = 0.0
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sink.answer(self)

            def log_message(self, *args) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> SmsSink:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *exc) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.read += 1
        time.sleep(self.wait_seconds)
        script = self.next.popleft() if self.next else None
        if script == HANG_UP:
            # a reset, not a polite end
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        if script == SILENCE:
            time.sleep(1.5)
            handler.close_connection = True
            return
        if script == GARBAGE:
            self._reply(handler, 200, b"<html>maintenance</html>")
            return
        if script is not None:
            self._reply(handler, script[0], json.dumps(script[1]).encode())
            return
        body = json.loads(raw)
        sens = handler.path.startswith("/sms/v2/")
        complaint, message = (self._sens if sens else self._solapi)(handler, body)
        if complaint:
            self.complaints.append(complaint)
            self._reply(handler, 400, json.dumps({"errorCode": "ValidationError", "errorMessage": complaint}).encode())
            return
        self.accepted.append(message)
        receipt = f"receipt-{len(self.accepted)}"
        ok = (
            (202, {"requestId": receipt, "statusCode": "202", "statusName": "success"})
            if sens
            else (200, {"messageId": receipt, "statusCode": "2000", "statusMessage": "정상 접수"})
        )
        self._reply(handler, ok[0], json.dumps(ok[1]).encode())

    def _reply(self, handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _sens(self, handler: BaseHTTPRequestHandler, body: dict) -> tuple[str, dict]:
        stamp = handler.headers["x-ncp-apigw-timestamp"]
        text = f"POST {handler.path}\n{stamp}\n{KEY}".encode()
        wanted = base64.b64encode(hmac.digest(SECRET.encode(), text, "sha256")).decode()
        message = {
            "from": body["from"],
            "to": body["messages"][0]["to"],
            "type": body["type"],
            "subject": body.get("subject", ""),
            "text": body["content"],
        }
        if handler.path != f"/sms/v2/services/{SERVICE}/messages":
            return f"path {handler.path}", message
        if handler.headers["x-ncp-iam-access-key"] != KEY or handler.headers["x-ncp-apigw-signature-v2"] != wanted:
            return "signature", message
        if len(stamp) != 13 or abs(int(stamp) / 1000 - time.time()) > 300:
            return "timestamp", message
        if body["contentType"] != "COMM" or len(body["messages"]) != 1:
            return "body", message
        return limits(message), message

    def _solapi(self, handler: BaseHTTPRequestHandler, body: dict) -> tuple[str, dict]:
        header = handler.headers["Authorization"]
        found = re.fullmatch(r"HMAC-SHA256 ApiKey=(\S+), Date=(\S+), salt=(\S+), signature=(\S+)", header)
        message = {"subject": "", **body["message"]}
        if handler.path != "/messages/v4/send" or not found:
            return "path or header", message
        key, date, salt, signature = found.groups()
        wanted = hmac.new(SECRET.encode(), f"{date}{salt}".encode(), hashlib.sha256).hexdigest()
        if key != KEY or signature != wanted or not 12 <= len(salt) <= 64:
            return "signature", message
        return limits(message), message


def limits(message: dict) -> str:
    """What a provider refuses in the message itself."""
    size = len(message["text"].encode("cp949"))
    if message["from"] != SENDER:
        return "unregistered sender"
    if size > {"SMS": 90, "LMS": 2000}[message["type"]]:
        return f"{size} bytes are too many"
    if len(message["subject"].encode("cp949")) > 40 or (message["subject"] and message["type"] == "SMS"):
        return "subject"
    if not re.fullmatch(r"01\d{8,9}", message["to"]):
        return "number"
    return ""


@dataclass
class MailSink:
    """What a mail server received, and how it answers next."""

    port: int = 0
    mails: list = field(default_factory=list)
    answers: deque = field(default_factory=deque)  # an answer to the end of DATA, such as "451 later"
    recipients: deque = field(default_factory=deque)  # an answer to RCPT

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802 (aiosmtpd calls it so)
        if self.recipients and (answer := self.recipients.popleft()):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str | None:  # noqa: N802
        answer = self.answers.popleft() if self.answers else "250 OK"
        if answer.startswith("2") or answer == HANG_UP:
            self.mails.append(message_from_bytes(envelope.content))
        if answer == HANG_UP:
            server.transport.abort()
            return "250 too late"
        return answer


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    """A real SMTP server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sink = MailSink(port=port)
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
