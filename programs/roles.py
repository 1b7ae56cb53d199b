from __future__ import annotations

_READ = ["programs.view_program", "programs.view_run"]
_PARTS = [
    f"programs.{act}_{part}" for part in ("session", "group") for act in ("view", "add", "change", "delete")
]  # of a run: its sessions and its groups
_WRITE = [
    *_READ,
    "programs.add_program",
    "programs.change_program",
    "programs.add_run",
    "programs.change_run",
    *_PARTS,
]

ROLE_PERMISSIONS = {
    "상담사": _READ,
    "프로그램 담당": [*_WRITE, "programs.delete_program", "programs.delete_run"],
    "예산 담당": _READ,
    "소식지 담당": _READ,
    "팀장(승인)": _WRITE,
    "감사(열람)": _READ,
}
