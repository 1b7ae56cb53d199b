from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms

from notices import resending
from notices.models import Notice

State = Notice.State


@dataclass(frozen=True)
class Decision:
    """One button: what it says, in which states it stands there, and what it does."""

    code: str
    title: str
    verb: str
    explanation: str
    states: frozenset[str]
    act: Callable[..., None]
    risky: bool = False  # the person may get the message twice

    def suits(self, notice: Notice) -> bool:
        """Whether the button stands on this message's page."""
        return notice.state in self.states and not (self.risky and notice.is_spent)


def _without_knowing(act: Callable[..., None], notice: Notice, *, knowing: bool, **more: Any) -> None:
    act(notice, **more)


DECISIONS = {
    decision.code: decision
    for decision in (
        Decision(
            code="resend",
            title="다시 보내기",
            verb="다시 보낼",
            explanation="처음 쓴 내용 그대로 다시 보냅니다.",
            states=frozenset({State.FAILED, State.UNKNOWN}),
            act=resending.resend,
            risky=True,
        ),
        Decision(
            code="believe",
            title="받은 것으로 표시",
            verb="받은 것으로 표시할",
            explanation="받는 분이 이미 받았음을 확인했을 때 씁니다. 다시 보내지 않습니다.",
            states=frozenset({State.UNKNOWN}),
            act=partial(_without_knowing, resending.believe),
        ),
        Decision(
            code="let-be",
            title="보내지 않기",
            verb="보내지 않을",
            explanation="이 알림을 앞으로 보내지 않습니다. 되돌릴 수 없습니다.",
            states=frozenset({State.DUE, State.FAILED, State.UNKNOWN}),
            act=partial(_without_knowing, resending.let_be),
        ),
    )
}


class DecisionForm(forms.Form):
    """Why; and for a message in doubt, that one knows it may arrive twice."""

    reason = forms.CharField(
        label="사유",
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        error_messages={"required": "사유를 적어 주세요."},
        help_text="처리 이력에 남습니다. 이름이나 전화번호는 적지 마세요.",
    )
    knowing = forms.BooleanField(
        label="이미 받았을 수 있어요. 한 번 더 받아도 괜찮습니다.",
        error_messages={"required": "받는 분이 두 번 받을 수 있음을 확인하고 표시해 주세요."},
    )

    def __init__(self, *args: Any, doubtful: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not doubtful:
            del self.fields["knowing"]

    def answers(self) -> dict[str, Any]:
        """What the decision's act wants to know."""
        return {"reason": self.cleaned_data["reason"], "knowing": self.cleaned_data.get("knowing", False)}
