# `make storyboard` builds the sample editions; `make test` runs every test. Each does its own set-up.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
ENGINES := .venv/engines
export PYTHONUTF8 := 1
export DO_NOT_TRACK := 1

.PHONY: storyboard test test-engines faults bench bench-scale lint typecheck golden reference lock zensical clean

storyboard: .venv/run.stamp ## install, build the sample editions, say where the site and the reports are
	$(BIN)/storyboard build

test: .venv/test.stamp lint typecheck ## install what the tests need, run them all, browser tests included
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

test-engines: .venv/engines.stamp ## run the models on PostgreSQL and Spark too, and compare every figure; what is missing fails
	STORYBOARD_ENGINES_REQUIRED=1 $(ENGINES)/bin/python -m pytest tests/engines --durations=5 $(PYTEST_ARGS)

faults: .venv/test.stamp ## kill, fill up and race far more often than `make test` does, and say how often: an hour or two
	$(BIN)/python -m pytest -rP --thorough tests/editions/test_interruptions.py tests/editions/test_full_disk.py \
	  tests/editions/test_papers_interrupted.py tests/build/test_killed_builds.py $(PYTEST_ARGS)

bench-scale: .venv/test.stamp ## how each stage grows with the rows, 10^4 to 10^6; BENCH_ARGS="--rows 10000000" for more
	$(BIN)/python benchmarks/scale.py $(BENCH_ARGS)

bench: .venv/run.stamp ## one table: the command against the script in benchmarks/baseline, run in turn
	$(BIN)/python benchmarks/edition.py $(BENCH_ARGS)

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests
	$(BIN)/lint-imports

typecheck: .venv/test.stamp
	$(BIN)/mypy

golden: .venv/test.stamp ## renew the golden pages after reading the difference
	$(BIN)/python -m pytest tests/build -k golden --renew-golden

reference: .venv/run.stamp ## renew the pages of commands, settings, metrics, extracts and rules
	$(BIN)/python -m pipelines.reference

lock: .venv/test.stamp ## renew the pinned, hashed requirements
	$(BIN)/uv pip compile pyproject.toml requirements/build.in --universal --python-version 3.11 --generate-hashes -q \
	  --custom-compile-command "make lock" -o requirements/run.txt
	$(BIN)/uv pip compile pyproject.toml requirements/build.in --extra test --universal --python-version 3.11 \
	  --generate-hashes -q --custom-compile-command "make lock" -c requirements/run.txt -o requirements/test.txt
	$(BIN)/uv pip compile pyproject.toml requirements/build.in --extra test --extra postgres --extra spark --universal \
	  --python-version 3.11 --generate-hashes -q --custom-compile-command "make lock" -c requirements/test.txt \
	  -o requirements/engines.txt
	$(BIN)/uv pip compile requirements/installer.in --universal --python-version 3.11 --generate-hashes -q \
	  --custom-compile-command "make lock" -o requirements/installer.txt
	$(BIN)/uv pip compile requirements/zensical.in --universal --python-version 3.11 --generate-hashes -q \
	  --custom-compile-command "make lock" -o requirements/zensical.txt

zensical: .venv/run.stamp ## install what may follow MkDocs, apart from all else, for the test that tries it
	$(BIN)/uv venv -q --clear --python $(BIN)/python .venv/zensical
	$(BIN)/uv pip install -q --python .venv/zensical/bin/python --require-hashes -r requirements/zensical.txt

clean: ## remove the environment; extracts and output stay
	rm -rf .venv

.venv/bin/uv: requirements/installer.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/installer.txt
	@touch $@

.venv/run.stamp: .venv/bin/uv requirements/run.txt pyproject.toml
	$(BIN)/uv pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r requirements/run.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --compile-bytecode --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q pipelines
	$(BIN)/python -m pipelines.setting_up
	@touch $@

.venv/test.stamp: .venv/run.stamp requirements/test.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r requirements/test.txt
	@touch $@

# Apart from all else, so that every other test shows that nothing of it is needed.
.venv/engines.stamp: .venv/run.stamp requirements/engines.txt
	$(BIN)/uv venv -q --clear --python $(BIN)/python $(ENGINES)
	$(BIN)/uv pip install -q --python $(ENGINES)/bin/python --compile-bytecode --require-hashes -r requirements/engines.txt
	$(BIN)/uv pip install -q --python $(ENGINES)/bin/python --no-deps --no-build-isolation -e .
	@touch $@
