# `make demo` and `make test` need nothing but Python 3.11+ and this folder.
.DEFAULT_GOAL := help
.PHONY: help demo test test-durability test-worlds check fix schema bench-scoring bench-plan bench-platform bench-storm bench-x-education clean

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.trellis-installed

help: ## Show these lines
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Trellis needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "Python's venv module is missing (on Debian: apt install python3-venv)"; exit 2; }
	@echo "Installing into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

demo: $(STAMP) ## Four weeks of five people on pretend HubSpot and Mailchimp
	@$(BIN)/python -m connector demo

test: $(STAMP) ## Run the tests (bundled PostgreSQL, loopback only)
	@$(BIN)/python -m pytest -n $$($(BIN)/python -c 'import os; print(os.cpu_count() + 1)') --dist loadfile --no-loadscope-reorder $(PYTEST)  # some tests only wait

test-durability: $(STAMP) ## Kill everything at any moment, KILLS=100 times, and judge what became of everybody
	@$(BIN)/python tests/durability/campaign.py --kills $(or $(KILLS),100) $(if $(SEED),--seed $(SEED))

test-worlds: $(STAMP) ## WORLDS=50 generated rulebooks with LIVES=200 generated people each, judged by what the platforms did
	@$(BIN)/python tests/worlds/campaign.py --worlds $(or $(WORLDS),50) --lives $(or $(LIVES),200) $(if $(SEED),--seed $(SEED))

check: $(STAMP) ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: $(STAMP) ## Format, and mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

schema: $(STAMP) ## Write mappings/schema from the types that load the files
	@$(BIN)/python -m connector.rulebook.json_schema

bench-scoring: $(STAMP) ## Measure scoring: a million people, one contact, a year of fading (minutes)
	@for one in typed store_to_store one daily; do \
		echo "== $$one: $$(uptime)"; $(BIN)/python benchmarks/scoring/$$one.py || exit 1; echo; \
	done

bench-plan: $(STAMP) ## Measure plans: 100,000 people under changed files (a minute)
	@echo "== plan: $$(uptime)"; $(BIN)/python benchmarks/plan/plan.py

bench-platform: $(STAMP) ## Measure reading and writing both platforms, beside the official SDK (an hour)
	@for one in full_read sizes killed news writing mailchimp intake; do \
		echo "== $$one: $$(uptime)"; $(BIN)/python benchmarks/platform/$$one.py || exit 1; echo; \
	done

bench-storm: $(STAMP) ## Measure webhooks: 100,000 at once, 10,000 a second, everything killed meanwhile (minutes)
	@for one in storm restart; do \
		echo "== $$one: $$(uptime)"; PYTHONPATH=benchmarks/platform $(BIN)/python benchmarks/storm/$$one.py || exit 1; echo; \
	done

bench-x-education: $(STAMP) ## Score 9,240 real leads end to end (needs ../shared)
	@$(BIN)/python benchmarks/x_education/run.py

clean: ## Remove .venv and the local data
	rm -rf .venv var
