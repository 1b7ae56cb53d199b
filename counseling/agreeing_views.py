"""The family's page about a time to which the centre moved its counselling: one button says yes, another no."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from counseling import agreeing
from counseling.models import Rearrangement
from lifecycle.locks import Refused


@require_http_methods(["GET", "HEAD", "POST"])
def rearranged(request: HttpRequest, pk: int) -> HttpResponse:
    """Opening the page answers nothing."""
    mine = Rearrangement.objects.of_family(request.user).for_page()
    question, refusal = get_object_or_404(mine, pk=pk), ""
    if request.method == "POST":
        try:
            if request.POST.get("answer") == "accept":
                booking = agreeing.accept(question, by=request.user)
                messages.success(request, _("답해 주셔서 고맙습니다. 새 시간에 뵙겠습니다."))
                return redirect(booking)
            if request.POST.get("answer") == "decline":
                booking = agreeing.decline(question, by=request.user)
                messages.success(request, _("이 시간의 예약을 취소했습니다. 다른 시간이 나면 먼저 알려 드립니다."))
                return redirect(booking)
        except Refused as refused:
            refusal = str(refused)
            question = mine.get(pk=pk)
    now = timezone.now()
    context = {
        "question": question,
        "booking": question.booking,
        "is_open": question.is_open(now),
        "is_late": question.is_as_asked and (question.state == "lapsed" or question.deadline <= now),
        "refusal": refusal,
    }
    return render(request, "counseling/rearranged.html", context)
