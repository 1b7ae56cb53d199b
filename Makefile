# One command each. 'make run' and 'make test' are the whole set-up; 'make help' lists the rest.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv/bin/python
export PORT

.DEFAULT_GOAL := help
.PHONY: help setup run dev test check bench backup restore lock

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## make .venv and bring what the system lacks
	@$(PYTHON) scripts/bootstrap.py

run: setup ## serve the portal, with a demo centre when no DATABASE_URL is set (PORT=8000)
	@exec $(VENV) manage.py run

dev: setup ## the same, reloading on every change
	@exec $(VENV) manage.py run --reload

test: ## run the tests on embedded servers
	@$(PYTHON) scripts/bootstrap.py --browser
	@$(VENV) -m pytest -n 2 --dist loadgroup $(ARGS)

check: setup ## ruff, formatting, missing migrations, deployment check, translations, .venv
	@$(VENV) scripts/check.py

bench: setup ## measure CPU per request beside the pinned floors
	@$(VENV) -m benchmarks $(ARGS)

backup: setup ## write database and uploads into one file (FILE=backup.tar)
	@$(VENV) manage.py backup $(FILE)

restore: setup ## bring a backup back (FILE= is needed)
	@$(VENV) manage.py restore $(FILE)

lock: setup ## pin the newest versions that requirements*.in allow
	@$(VENV) scripts/lock.py
