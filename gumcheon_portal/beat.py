"""What runs by the clock. Each task asks the database what is due and not yet done, so a missed tick heals."""

from __future__ import annotations

from typing import Any

QUEUES = ("default", "delivery", "pdf")
HOUR, DAY = 3_600, 86_400  # seconds


def every(seconds: int, task: str, *args: Any, queue: str = "default") -> dict[str, Any]:
    """One entry. It expires with its interval, so that a broker without workers does not pile entries up."""
    return {"task": task, "schedule": seconds, "args": args, "options": {"queue": queue, "expires": seconds}}


SCHEDULE = {
    "deliver-notices": every(5, "notices.tasks.deliver", queue="delivery"),
    "gather-mailing-lists": every(5, "notices.tasks.gather_lists"),
    **{f"show-life-{queue}": every(30, "gumcheon_portal.tasks.show_life", queue, queue=queue) for queue in QUEUES},
    "remind-of-counselling": every(600, "counseling.tasks.remind"),
    "keep-the-counselling-queue": every(60, "counseling.tasks.keep_the_queue"),
    "freeze-draws": every(60, "programs.tasks.freeze_draws"),
    "announce-reviews": every(60, "programs.tasks.announce_reviews"),
    "remind-of-agreements": every(HOUR, "programs.tasks.remind_of_agreements"),
    "remind-of-grants": every(HOUR, "budget.tasks.remind_of_grants"),
    "keep-the-programme-lines": every(60, "programs.tasks.keep_the_lines"),
    "ask-to-decide-on-runs": every(600, "programs.tasks.ask_to_decide"),
    "finish-papers": every(120, "documents.tasks.sweep", queue="pdf"),
    "scan-uploads": every(60, "questionnaires.tasks.scan_waiting"),
    "sweep-uploads": every(HOUR, "questionnaires.tasks.sweep"),
    **{f"go-on-{queue}": every(5, "lifecycle.tasks.advance", queue, queue=queue) for queue in ("default", "pdf")},
    "ask-how-it-was": every(HOUR, "surveys.tasks.ask"),
    "gather-answers": every(6 * HOUR, "surveys.tasks.gather"),
    "retain": every(HOUR, "lifecycle.tasks.retain"),
    "expire-roles": every(HOUR, "accounts.tasks.expire_roles"),
    "tell-turned-14": every(6 * HOUR, "accounts.tasks.tell_turned_14"),
    "recheck-marketing": every(DAY, "accounts.tasks.recheck_marketing"),
    "clear-sessions": every(DAY, "accounts.tasks.clear_sessions"),
    "forget-code-allowances": every(DAY, "notices.tasks.forget_allowances", queue="delivery"),
    "load-holidays": every(DAY, "centre.tasks.load_holidays"),
}
