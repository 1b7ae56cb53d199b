from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from lifecycle import keyring
from lifecycle.sealed import Unreadable, rotation


class Command(BaseCommand):
    help = (
        "봉인 키를 새로 만들어 봉인된 모든 필드와 파일을 그 키로 다시 봉인합니다. "
        "중간에 멈추면 다시 실행해 주세요. 멈춘 데서 이어집니다."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--verify", action="store_true", help="봉인된 자료를 모두 열어 보고 키마다 몇 건인지 셉니다.")
        what.add_argument("--retire", action="store_true", help="더는 쓰이지 않는 옛 키를 빼서 따로 둡니다.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["verify"]:
                self.verify()
            elif options["retire"]:
                self.retire()
            else:
                self.rotate()
        except Unreadable as error:
            raise CommandError(str(error)) from error

    def rotate(self) -> None:
        """Finish what is open; else begin with a new key."""
        with _alone():
            if self._old():
                self.stdout.write("하던 교체를 이어서 합니다.")
            elif settings.FIELD_KEYS:
                raise CommandError(
                    "키를 환경변수(FIELD_KEYS)로 받고 있습니다. 모든 서버의 FIELD_KEYS 맨 뒤에 새 키를 더해 다시 시작하고, "
                    "그다음 맨 앞으로 옮겨 다시 시작한 뒤 이 명령을 실행해 주세요. 새 키 만들기: python -m lifecycle.keyring"
                )
            else:
                keyring.replace(keyring.Ring((keyring.fresh(), *keyring.ring().keys)))
            self.stdout.write(f"새 키: {keyring.ring().newest.id}")
            while True:
                for place in rotation.places():
                    if done := sum(rotation.reseal_place(place)):
                        self.stdout.write(f"다시 봉인: {place} {done:,}건")
                if not self._old():
                    break
        self.verify()
        self.stdout.write("모두 새 키로 봉인했습니다. 옛 키를 빼려면: manage.py rotate_field_keys --retire")

    def verify(self) -> None:
        for place in rotation.places():
            counts = rotation.verify(place)
            told = ", ".join(f"{name} {count:,}건" for name, count in sorted(counts.items())) or "없음"
            self.stdout.write(f"열어 봄: {place} {told}")

    def retire(self) -> None:
        """Take the old keys off the ring, once nothing is sealed by them."""
        if settings.FIELD_KEYS:
            raise CommandError("키를 환경변수로 받고 있습니다. 교체를 마친 뒤 FIELD_KEYS에서 옛 키를 지워 주세요.")
        with _alone():
            if old := self._old():
                raise CommandError(
                    f"옛 키({', '.join(old)})로 봉인된 자료가 남아 있습니다. 먼저 manage.py rotate_field_keys를 실행해 주세요."
                )
            ring = keyring.ring()
            if len(ring.keys) == 1:
                self.stdout.write("뺄 키가 없습니다.")
                return
            path = Path(settings.FIELD_KEYS_FILE)
            apart = path.with_name(f"{path.name}.retired")
            with os.fdopen(os.open(apart, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "w") as file:
                for key in ring.keys[1:]:
                    file.write(f"{key.line}  # {timezone.localdate()}에 뺌\n")
            keyring.replace(keyring.Ring(ring.keys[:1]))
        names = ", ".join(key.id for key in ring.keys[1:])
        self.stdout.write(
            f"옛 키({names})를 {apart}(으)로 옮겼습니다. 지금까지 만든 백업을 열 때에만 필요합니다. "
            f"백업 보관 기간({settings.BACKUP_DAYS}일)이 지나면 그 줄을 지워 주세요."
        )

    def _old(self) -> list[str]:
        """Keys other than the newest that still seal something."""
        newest = keyring.ring().newest.id
        return sorted({name for place in rotation.places() for name in place.sealed_by()} - {newest})


@contextmanager
def _alone() -> Iterator[None]:
    """One rotation at a time on this machine."""
    folder = os.open(Path(settings.FIELD_KEYS_FILE).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise CommandError("다른 곳에서 키를 바꾸고 있습니다. 끝난 뒤에 다시 실행해 주세요.") from error
    finally:
        os.close(folder)
