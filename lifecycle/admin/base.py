from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db import models, transaction
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

from lifecycle import access
from lifecycle.admin.columns import Column, heading
from lifecycle.admin.export import ExportForm, table_file
from lifecycle.admin.reasons import ask
from lifecycle.admin.trail import TrailInline
from lifecycle.models import AccessLog, Lifecycle

COUNT_CAP = 1_000  # rows a list counts; beyond, staff search or filter instead of paging
EXPORT_CAP = 10_000  # rows one file may hold


class CappedPaginator(Paginator):
    """Counts at most ``COUNT_CAP`` rows, so that a list costs the same with a hundred thousand."""

    @cached_property
    def count(self) -> int:
        if isinstance(self.object_list, models.QuerySet):
            return self.object_list.order_by().values("pk")[:COUNT_CAP].count()
        return len(self.object_list)

    @property
    def capped(self) -> bool:
        """Whether there may be more rows than the list lets one page through."""
        return self.count >= COUNT_CAP


class StaffAdmin(admin.ModelAdmin):
    """The base of every admin page: cheap lists, keys found by typing, exports with a reason.

    For a ``Lifecycle`` model the state is read-only (use cases move it), the trail stands below the
    form, and nobody deletes a row by hand: that is the retention's work.
    """

    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # a facet counts the whole table once per choice
    paginator = CappedPaginator
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def __init__(self, model: type[models.Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        self.actions = [*self.actions, "export"]

    # --- What one may do ---------------------------------------------------------------------
    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return not issubclass(self.model, Lifecycle) and super().has_delete_permission(request, obj)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("lifecycle.export_personal_data")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Django lets an address ask about every column, ``?password__startswith=`` included; an answer gives it away."""
        asked = lookup.split(LOOKUP_SEP, 1)[0]
        is_column = asked in {field.name for field in self.opts.get_fields()}
        return (not is_column or asked in self.open_columns(request)) and super().lookup_allowed(lookup, value, request)

    def open_columns(self, request: HttpRequest) -> set[str]:
        """By which columns the address may narrow the list: those that it shows or filters by."""
        filters = (entry[0] if isinstance(entry, tuple) else entry for entry in self.get_list_filter(request))
        names = [getattr(entry, "parameter_name", entry) for entry in filters]
        names += [self.opts.pk.name, self.date_hierarchy, *self.list_display]
        return {name.split(LOOKUP_SEP, 1)[0] for name in names if isinstance(name, str)}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> models.Model | None:
        return super().get_object(request, object_id, from_field or None)  # Django looks for a field without a name

    # --- How it looks ------------------------------------------------------------------------
    def label(self, obj: models.Model) -> str:
        """What to call ``obj`` where nobody has asked to see it: in menus of keys and in histories."""
        return str(obj)

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        fields = list(super().get_readonly_fields(request, obj))
        if issubclass(self.model, Lifecycle) and "state" not in fields:
            fields.append("state")
        return fields

    def get_inlines(self, request: HttpRequest, obj: models.Model | None) -> list[type[InlineModelAdmin]]:
        inlines = list(super().get_inlines(request, obj))
        return [*inlines, TrailInline] if obj is not None and isinstance(obj, Lifecycle) else inlines

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Every key to a model that can be searched is found by typing; no list of all rows is ever sent."""
        keys = [*self.opts.fields, *self.opts.many_to_many]
        return [
            key.name
            for key in keys
            if key.is_relation
            and key.name not in self.raw_id_fields
            and (other := self.admin_site._registry.get(key.related_model)) is not None
            and other.search_fields
        ]

    def formfield_for_foreignkey(self, key: models.ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        """A key is called as in the menu it was found in, also where a form comes filled in from the address."""
        field = super().formfield_for_foreignkey(key, request, **kwargs)
        page = self.admin_site._registry.get(key.related_model)
        if field is not None and isinstance(page, StaffAdmin):
            field.label_from_instance = page.label
        return field

    def column(self, name: Any) -> Any:
        """What stands for ``name`` of ``list_display``: a lookup becomes a column with a Korean heading."""
        if isinstance(name, str) and LOOKUP_SEP in name.strip("_") and not hasattr(self, name):
            return Column(self.model, name)
        return name

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [self.column(name) for name in super().get_list_display(request)]

    def get_list_display_links(self, request: HttpRequest, list_display: list[Any]) -> list[Any] | None:
        links = super().get_list_display_links(request, list_display)
        return links and [column for column in list_display if column in links or getattr(column, "path", "") in links]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        queryset = super().get_queryset(request)
        keys = self.joined(request)
        return queryset.select_related(*sorted(keys)) if keys else queryset

    def joined(self, request: HttpRequest) -> set[str]:
        """Keys whose rows the list shows, fetched with it in one query."""
        keys = {field.name for field in self.opts.fields if field.is_relation and not field.many_to_many}
        columns = self.get_list_display(request)
        shown = {column.select_related for column in columns if isinstance(column, Column)}
        return (shown | keys.intersection(column for column in columns if isinstance(column, str))) - {""}

    # --- History: who added and changed what, without the person's name ------------------------
    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> LogEntry:
        return self._log(request, obj, ADDITION, message)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> LogEntry:
        return self._log(request, obj, CHANGE, message)

    def _log(self, request: HttpRequest, obj: models.Model, flag: int, message: Any) -> LogEntry:
        return LogEntry.objects.create(
            user_id=request.user.pk,
            content_type=ContentType.objects.get_for_model(obj, for_concrete_model=False),
            object_id=str(obj.pk),
            object_repr=self.label(obj)[:200],
            action_flag=flag,
            change_message=json.dumps(message) if isinstance(message, list) else message,
        )

    # --- Files -------------------------------------------------------------------------------
    def has_unmask_permission(self, request: HttpRequest) -> bool:
        return False  # nothing is masked here

    def people_in(self, rows: list[models.Model]) -> list[models.Model]:
        """Whose data the rows are, for the access log."""
        return []

    @admin.action(description="선택한 줄 내려받기", permissions=["export"])
    def export(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse:
        """Ask why and in which form; then log the export and hand out the file in one transaction."""
        columns = self.get_list_display(request)
        form = ExportForm(
            request.POST if "reason" in request.POST else None,
            columns=[(str(number), heading(self, column)) for number, column in enumerate(columns)],
            may_unmask=self.has_unmask_permission(request),
        )
        with transaction.atomic():
            rows = list(queryset[:EXPORT_CAP])
            title = f"{self.opts.verbose_name} 내려받기"
            if not form.is_valid():
                return ask(self, request, rows, form, action="export", title=title)
            chosen = [columns[int(number)] for number in form.cleaned_data["columns"]]
            if form.cleaned_data["unmask"]:
                chosen = [column.bare() if isinstance(column, Column) else column for column in chosen]
            how = "가리지 않음" if form.cleaned_data["unmask"] else "가림"
            access.record(
                request,
                AccessLog.Act.EXPORT,
                f"{self.opts.verbose_name} {len(rows)}건 ({form.cleaned_data['form']}, {how})",
                subjects=self.people_in(rows),
                people=len(rows),
                reason=form.cleaned_data["reason"],
            )
            return table_file(self, rows, chosen, form.cleaned_data["form"])


class AppendOnlyAdmin(StaffAdmin):
    """Pages to read: the database or a use case decides, so the form offers nothing to fill in."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        """Every column, those that no form may edit included."""
        hidden = {"id", *(self.exclude or ())}
        return list(self.fields or [field.name for field in self.opts.fields if field.name not in hidden])

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        return self.get_fields(request, obj)
