"""The district's plan (공약사업 교육문화-01 공교육 중심 교육지원체계 구축) as data.

``budget.csv`` is its table 「연차별 투자수요 및 집행액」 cell by cell, in 백만원: a blank cell is blank
in the plan and not zero. ``money`` brings it into the ledger.
"""
