"""A message to everybody who has a place in a run: gathered and priced, for a clerk to look at and send."""

from __future__ import annotations

from gumcheon_portal.demo.families import Town
from notices import mailing
from programs.audiences import OF_A_RUN, Segment
from programs.models import Run

SMS = "[#{센터}] #{프로그램} #{일시} 필기도구를 가져와 주세요. 문의 #{전화}"
EMAIL = (
    "#{이름}님, 안녕하세요. #{센터}입니다.\n\n"
    "#{프로그램} #{회차}에 오실 때 필기도구와 물병을 가져와 주세요.\n\n"
    "○ 일시: #{일시}\n○ 장소: #{장소}\n\n문의: #{전화}\n#{링크}"
)


def fill(town: Town) -> None:
    run = Run.objects.filter(title="오늘 모임").first()
    if run is None:
        return
    clerk, params = town.people["programs"], {"run": run.pk, "segment": Segment.SELECTED.value}
    made = mailing.write(OF_A_RUN, params, by=clerk, title="준비물 안내")
    text = {"sms": SMS, "subject": "준비물을 알려 드립니다", "email": EMAIL}
    made = mailing.revise(made, by=clerk, revision=made.revision, **text)
    mailing.gather(made, by=clerk, revision=made.revision)
