# What a newcomer types. Everything that these need is installed by them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
FIELDVISIT_HOME ?= var
export PORT FIELDVISIT_HOME
LOCK := deploy/requirements.lock
DEV_LOCK := deploy/requirements-dev.lock
JUDGES_LOCK := deploy/requirements-judges.lock
NOTIFY_LOCK := deploy/requirements-notify.lock
S3_LOCK := deploy/requirements-s3.lock
JOBS ?= 2

.PHONY: setup run test check bench both faults soak judges notify s3 clean

setup: $(VENV)/installed

# The stamp holds the lock's own bytes: a changed lock installs again, an unchanged one costs nothing.
$(VENV)/installed: $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=python3.12 setup"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Python's venv is missing. On Debian: apt install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $(LOCK)
	@$(BIN)/python deploy/link.py
	@touch $@

$(VENV)/installed-dev: $(DEV_LOCK) $(VENV)/installed $(VENV)/installed-notify
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $(DEV_LOCK)
	@touch $@

# For a council that sends through GOV.UK Notify. Notify's client asks for docopt, which nothing in its wheel uses and
# which exists as source only; nothing here is built from source. So the lock is written without it
# (uv pip compile --extra notify --no-emit-package docopt) and pip is told --no-deps. The locks are installed into one
# environment: each is made with the others as its constraints (-c), or one would take away what another brought.
notify: $(VENV)/installed-notify

$(VENV)/installed-notify: $(NOTIFY_LOCK) $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
		-r $(NOTIFY_LOCK)
	@touch $@

# For a council that keeps photos and signatures in a bucket: uv pip compile --universal --extra s3.
s3: $(VENV)/installed-s3

$(VENV)/installed-s3: $(S3_LOCK) $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $(S3_LOCK)
	@touch $@

run: setup
	@test -e $(FIELDVISIT_HOME)/keys/session.key || $(BIN)/fieldvisit init --council melton
	@$(BIN)/fieldvisit vault init --demo --if-missing
	@$(BIN)/fieldvisit demo --if-empty
	@exec $(BIN)/fieldvisit serve --port $(PORT) --with-worker

test: $(VENV)/installed-dev
	@sh deploy/apt-tests.sh
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed-dev
	$(BIN)/python -m pytest tests/bench --benchmark-only -p no:xdist

# The long forms: every fault many times over with the table of what came of them, and as many entries as you like.
faults: $(VENV)/installed-dev
	@sh deploy/apt-tests.sh
	$(BIN)/python -m tests.faults -n $(JOBS) --dist loadfile

# The tests of pages on PostgreSQL as well.
both: $(VENV)/installed-dev
	@sh deploy/apt-tests.sh
	FV_LONG=1 $(BIN)/python -m pytest tests/web -n $(JOBS) --dist worksteal

EVENTS ?= 20000
PHONES ?= 8

soak: $(VENV)/installed-dev
	$(BIN)/python -m tests.faults.soak --events $(EVENTS) --phones $(PHONES) --faults

# A picture of every page, as each size and scheme shows it, in tests/looks/pictures.
looks: $(VENV)/installed-dev
	@sh deploy/apt-tests.sh
	FV_PICTURES=1 $(BIN)/python -m pytest tests/looks -n $(JOBS)

# A second engine, as near to an iPhone as a Debian machine comes.
judges: $(VENV)/installed-judges
	@sh deploy/apt-tests.sh deploy/apt-judges.txt
	dbus-run-session $(BIN)/python -m pytest tests/judges -p no:xdist

$(VENV)/installed-judges: $(JUDGES_LOCK) $(VENV)/installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $(JUDGES_LOCK)
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
