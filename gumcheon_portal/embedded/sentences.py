"""What stops a start, said once for people: a sentence instead of a traceback."""

from __future__ import annotations


class CannotStart(RuntimeError):
    """The portal or its embedded servers cannot start; the text is for the person at the terminal."""


APT_HINT = "apt-get install -y --no-install-recommends"


def no_postgres() -> CannotStart:
    return CannotStart(
        "PostgreSQL을 찾지 못했습니다. DATABASE_URL로 서버 주소를 알려 주시거나, 'make setup'으로 내장 서버를 설치해 주세요.\n"
        "(No PostgreSQL here: set DATABASE_URL, or install the embedded one with 'make setup'.)"
    )


def no_redis() -> CannotStart:
    return CannotStart(
        "Redis를 찾지 못했습니다. REDIS_URL로 서버 주소를 알려 주시거나, 다음 한 줄을 실행해 주세요:\n"
        f"  sudo {APT_HINT} redis-server\n"
        "(No Redis here: set REDIS_URL, or install redis-server.)"
    )


def root_cannot_run(postgres: str) -> CannotStart:
    return CannotStart(
        "PostgreSQL은 root 계정으로 실행되지 않으며, 대신 쓸 일반 계정은 이 폴더를 읽을 수 없습니다. "
        "일반 사용자로 실행하시거나 DATABASE_URL을 지정해 주세요.\n"
        f"(PostgreSQL refuses to run as root, and no ordinary account can reach {postgres}.)"
    )


def not_ours(folder: str) -> CannotStart:
    return CannotStart(
        f"데이터 폴더에 쓸 수 없거나 주인이 다릅니다: {folder}\n"
        "폴더를 만든 사용자로 실행하시거나, PORTAL_DATA로 다른 폴더를 지정해 주세요.\n"
        "(The data folder belongs to someone else or is not writable.)"
    )


def other_version(folder: str, *, made_by: str, have: str) -> CannotStart:
    return CannotStart(
        f"데이터 폴더는 PostgreSQL {made_by}로 만들었는데, 설치된 서버는 {have}입니다: {folder}\n"
        "같은 버전을 설치하시거나, 'make backup' 파일을 새 폴더에 되살려 주세요.\n"
        f"(Data of PostgreSQL {made_by}, server {have}.)"
    )


def did_not_start(name: str, log: str, last_lines: str) -> CannotStart:
    return CannotStart(
        f"시작하지 못했습니다: {name}. 기록은 {log}에 있고, 마지막 줄은 다음과 같습니다.\n{last_lines}\n(It did not start; see its log.)"
    )


def already_running(pid: int, address: str) -> CannotStart:
    where = f" 주소는 {address} 입니다." if address else ""
    return CannotStart(
        f"포털이 이미 실행 중입니다(프로세스 {pid}).{where} "
        "먼저 그것을 끝내시거나(Ctrl-C), PORTAL_DATA와 PORT를 다르게 지정해 주세요.\n"
        "(The portal is already running on this data folder.)"
    )


def busy(pid: int, what: str) -> CannotStart:
    return CannotStart(
        f"다른 명령({what}, 프로세스 {pid})이 내장 서버를 쓰고 있어 시작하지 못했습니다. 끝난 뒤 다시 실행해 주세요.\n"
        "(Another command still holds the embedded servers.)"
    )


def port_in_use(port: int) -> CannotStart:
    return CannotStart(
        f"{port}번 포트를 다른 프로그램이 쓰고 있습니다. 다른 포트로 실행해 주세요: make run PORT={port + 1}\n"
        f"(Port {port} is in use.)"
    )


def port_impossible(value: str) -> CannotStart:
    return CannotStart(
        f"PORT는 1에서 65535 사이의 숫자여야 합니다: {value!r}\n(PORT must be a number from 1 to 65535.)"
    )


def port_forbidden(port: int) -> CannotStart:
    return CannotStart(
        f"{port}번 포트는 이 계정으로 열 수 없습니다. 1024 이상으로 실행해 주세요: make run PORT=8000\n"
        f"(Port {port} is not allowed for this account.)"
    )


def socket_path_too_long(path: str) -> CannotStart:
    return CannotStart(
        f"소켓 경로가 너무 깁니다: {path}\nTMPDIR이나 PORTAL_DATA를 더 짧은 폴더로 지정해 주세요.\n"
        "(The path of the server's socket is too long.)"
    )


def socket_folder_taken(path: str) -> CannotStart:
    return CannotStart(
        f"소켓 폴더를 다른 사용자가 먼저 만들었습니다: {path}\nTMPDIR을 다른 폴더로 지정해 주세요.\n"
        "(The folder for the server's socket belongs to another user.)"
    )
