from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import models, transaction
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from lifecycle import access
from lifecycle.admin.base import StaffAdmin
from lifecycle.admin.columns import Column, Rule, heading, text
from lifecycle.admin.reasons import ReasonForm, ask
from lifecycle.masking import mask_email, mask_name, mask_phone
from lifecycle.models import AccessLog

UNMASK_CAP = 50  # people one unmasking may show: a page of a list

RULES: dict[str, Rule] = {"name": mask_name, "phone": mask_phone, "email": mask_email}


class MaskedAdmin(StaffAdmin):
    """The base of pages about people: lists are masked, opening, unmasking, changing and exporting are logged.

    ``personal`` says which columns are masked and how, by lookup (``{"student__name": mask_name}``);
    by default every ``name``, ``phone`` and ``email`` of the model itself. ``subject`` is the lookup
    of the person whose data a row is (a student or a user); empty when it is the row itself.
    """

    personal: ClassVar[dict[str, Rule]] = RULES
    subject: ClassVar[str] = ""
    view_on_site = False  # a person's page is their own

    def __init__(self, model: type[models.Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.actions = [*self.actions, "unmask"]
        own = {field.name for field in model._meta.get_fields()}
        self.masks = {path: rule for path, rule in self.personal.items() if LOOKUP_SEP in path or path in own}

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False  # people's data leave by the retention

    def has_unmask_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("lifecycle.unmask_personal_data")

    def open_columns(self, request: HttpRequest) -> set[str]:
        return super().open_columns(request) - self.masks.keys()

    # --- Masked ------------------------------------------------------------------------------
    def column(self, name: Any) -> Any:
        if name == "__str__":
            return "label"
        return Column(self.model, name, self.masks[name]) if name in self.masks else super().column(name)

    @admin.display(description="이름")
    def label(self, obj: models.Model) -> str:
        parts = [Column(self.model, path, rule)(obj) for path, rule in self.masks.items()]
        return " · ".join(part for part in parts if part) or f"{self.opts.verbose_name} {obj.pk}"

    def joined(self, request: HttpRequest) -> set[str]:
        paths = {Column(self.model, path).select_related for path in self.masks}
        return (super().joined(request) | paths | {self.subject}) - {""}

    # --- Logged ------------------------------------------------------------------------------
    def subject_of(self, obj: models.Model) -> models.Model | None:
        """The person whose data ``obj`` is; ``None`` where it is nobody's (yet)."""
        person: models.Model | None = obj
        for step in self.subject.split(LOOKUP_SEP) if self.subject else []:
            person = getattr(person, step, None)
        return person

    def people_in(self, rows: list[models.Model]) -> list[models.Model]:
        return [person for row in rows if (person := self.subject_of(row)) is not None]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: models.Model | None = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:  # also when a form comes back with its mistakes: the person is on the page again
            self._write(request, AccessLog.Act.VIEW, obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Its heading names the person: a look like any other."""
        page = super().history_view(request, object_id, extra_context)
        if (obj := self.get_object(request, unquote(object_id))) is not None:
            self._write(request, AccessLog.Act.VIEW, obj)
        return page

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        self._write(request, AccessLog.Act.CHANGE, obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        self._write(request, AccessLog.Act.CHANGE, obj)
        return super().log_change(request, obj, message)

    def _write(self, request: HttpRequest, act: AccessLog.Act, obj: models.Model) -> None:
        access.record(request, act, f"{self.opts.verbose_name} {obj.pk}", subject=self.subject_of(obj))

    @admin.action(description="선택한 줄 가림 해제", permissions=["unmask"])
    def unmask(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        """Ask why; then show the chosen rows as they are and say so in the access log."""
        rows = list(queryset[: UNMASK_CAP + 1])
        if len(rows) > UNMASK_CAP:
            self.message_user(
                request, f"한 번에 {UNMASK_CAP}명까지 볼 수 있습니다. 필요한 사람만 골라 주세요.", messages.WARNING
            )
            return None
        title = f"{self.opts.verbose_name} 가림 해제"
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            return ask(self, request, rows, form, action="unmask", title=title)
        with transaction.atomic():
            reason = form.cleaned_data["reason"]
            people = self.people_in(rows)
            access.record(
                request, AccessLog.Act.UNMASK, f"{self.opts.verbose_name} {len(rows)}건", subjects=people, reason=reason
            )
            columns = [
                column.bare() if isinstance(column, Column) else column for column in self.get_list_display(request)
            ]
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": title,
                "reason": reason,
                "headings": [heading(self, column) for column in columns],
                "rows": [[text(self, column, row) for column in columns] for row in rows],
            }
            return TemplateResponse(request, "admin/lifecycle/unmasked.html", context)
