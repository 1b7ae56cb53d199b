"""Tell whoever started long work that it has ended. ``lifecycle`` knows no notices, so this room listens."""

from __future__ import annotations

from lifecycle import work
from lifecycle.models import Work
from notices import outbox
from notices.kinds import EMAIL, Kind, register

DONE = register(
    Kind(
        code="notices.work_done",
        label="오래 걸리는 작업 끝남(직원)",
        channels=(EMAIL,),
        variables={
            "작업": "수료증 만들기: 별 관찰 교실 1회",
            "결과": "모두 500건 가운데 498건을 했고 2건은 하지 못했습니다.",
        },
        subject="[#{센터}] 작업이 끝났습니다: #{작업}",
        email="#{이름}님, 맡기신 작업이 끝났습니다.\n\n○ 작업: #{작업}\n○ 결과: #{결과}\n\n작업 보기: #{링크}",
    )
)


@work.when_done
def tell(done: Work) -> None:
    """One e-mail, in the transaction that ends the work."""
    result = f"모두 {done.total:,}건을 했습니다."
    if done.failed:
        result = f"모두 {done.total:,}건 가운데 {done.done:,}건을 했고 {len(done.failed):,}건은 하지 못했습니다."
    outbox.post(
        DONE.code,
        to=[done.started_by],
        key=f"work/{done.pk}",
        context={"작업": done.title, "결과": result},
        url=done.get_absolute_url(),
    )
