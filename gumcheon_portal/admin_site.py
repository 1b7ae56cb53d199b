"""The staff's daily tool: Django's admin, in Korean, grouped by work rather than by app."""

from __future__ import annotations

from django.contrib import admin


class StaffSite(admin.AdminSite):
    site_header = "금천진로진학지원센터 업무"
    site_title = "업무"
    index_title = "오늘 할 일"
    empty_value_display = "–"
