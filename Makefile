# sessiond: `make run` to see it, `make test` to check it, `make help` for the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# What `make run` uses. With REDIS_URL and SECRET_KEY_FILE it follows your own Redis instead of a private one.
PORT ?= 8080
REDIS_URL ?=
SECRET_KEY_FILE ?=
KEY_PATTERN ?=

VENV := .venv
BENCH_VENV := .venv-bench
PYTHON := $(abspath $(VENV))/bin
DEBIAN_PACKAGES := libhiredis-dev zlib1g-dev liblzma-dev liblz4-dev libzstd-dev libsqlite3-dev sqlite3 redis-server openssl socat systemd python3 python3-venv
# For tests alone: clients of other languages, web servers, what judges metrics, shells, what judges a manual page, and a browser.
TEST_PACKAGES := golang-go nodejs nginx-light caddy prometheus curl zsh fish mandoc chromium
# One executable that needs no Swift where it runs. All release builds say the same, so that none undoes the other.
RELEASE := -c release --static-swift-stdlib -Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now
SWIFT_SOURCES := Package.swift Sources Tests
GO_SOURCES := Clients/go Tests/Clients/go
NODE_SOURCES := $(wildcard Clients/node/*.mjs Tests/Clients/node/*.mjs)
PYTHON_SOURCES := Clients/python Examples/tutorial Examples/verify Tests/Sites Tests/Benchmarks Tests/Journal Tests/Hostile Tests/Limits Tests/Endurance Tests/Access Tests/Service Tests/Clients Tests/HTTP Tests/CommandLine Tests/Check Examples/service

.PHONY: help
help: ## Say what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.PHONY: run
run: packages release $(VENV)/example ## Run a private Redis, the daemon and the example site until Ctrl-C
	@PORT='$(PORT)' REDIS_URL='$(REDIS_URL)' SECRET_KEY_FILE='$(SECRET_KEY_FILE)' KEY_PATTERN='$(KEY_PATTERN)' \
	    SESSIOND=.build/release/sessiond PYTHON='$(PYTHON)/python' exec Examples/run.sh

test test-python format-check format sanitize-%: DEBIAN_PACKAGES += $(TEST_PACKAGES)

.PHONY: test
test: packages format-check test-swift test-python release ## Check everything: format, Swift, Python, the release build

# Suites that compute or write for long. They run by themselves: beside them those that wait for others would wait for a thread.
BUSY_SUITES := DjangoSessionTests|SimulationTests|AuditJournalTests
# Suites that start servers and daemons.
SYSTEM_SUITES := DaemonTests|RedisTransportTests|SessiondTests

.PHONY: test-swift
test-swift: packages $(VENV)/tests
	swift build --build-tests
	transcripts=$$(mktemp -d); trap 'rm -rf "$$transcripts"' EXIT; \
	swift test --skip-build --filter '$(BUSY_SUITES)'; \
	SESSIOND_TEST_PYTHON='$(PYTHON)/python' SESSIOND_TEST_TRANSCRIPTS="$$transcripts" \
	    swift test --skip-build --filter '$(SYSTEM_SUITES)'; \
	swift test --skip-build --skip '$(BUSY_SUITES)|$(SYSTEM_SUITES)'; \
	cat "$$transcripts"/*.ndjson | '$(PYTHON)/python' Tests/Protocols/validate_transcript.py

# Folders with a suite of pytest; those that need a daemon find it in SESSIOND_BINARY.
PYTHON_SUITES := Tests/Protocols Tests/Documentation Clients/python Tests/Clients Examples/tutorial Tests/Journal Tests/Hostile Tests/Limits \
    Tests/Endurance Tests/Access Tests/Service Tests/Sites Tests/HTTP Tests/CommandLine Tests/Check Tests/Benchmarks

.PHONY: test-python
test-python: packages build $(VENV)/tests
	'$(PYTHON)/python' Tests/Mutants/mutants.py --check
	for suite in $(PYTHON_SUITES); do \
	    (cd $$suite && SESSIOND_BINARY='$(CURDIR)/.build/debug/sessiond' '$(PYTHON)/python' -m pytest -q); done

# Where `make fuzz` builds, and where it keeps the corpora and what it finds; which fuzzers it runs, and for how long each.
FUZZER := .build-fuzzer
FUZZERS ?= Decoder Line RESP
MINUTES ?= 5

# The longest input of each, in bytes; and the largest single allocation, in MB, where it has to be small whatever comes.
FUZZ_LIMITS_Decoder := -max_len=20000
FUZZ_LIMITS_Line := -max_len=8000 -malloc_limit_mb=32
FUZZ_LIMITS_RESP := -max_len=4000 -malloc_limit_mb=32

.PHONY: fuzz
fuzz: packages $(FUZZERS:%=fuzz-%) fuzz-socket ## Fuzz the decoder, lines, Redis's replies and the socket, MINUTES=5 each; findings lie in .build-fuzzer/findings

fuzz-%: packages
	SESSIOND_FUZZER=1 swift build -c release --scratch-path $(FUZZER) --product $*Fuzzer -Xswiftc -sanitize=fuzzer,address
	/usr/bin/python3 Tests/$*Fuzzer/make_seeds.py Protocols/vectors $(FUZZER)/seeds/$*
	mkdir -p $(FUZZER)/corpus/$* $(FUZZER)/findings/$*
	$(FUZZER)/release/$*Fuzzer $(FUZZER)/corpus/$* $(FUZZER)/seeds/$* -max_total_time=$$(( $(MINUTES) * 60 )) \
	    -dict=Tests/$*Fuzzer/tokens.dict $(FUZZ_LIMITS_$*) -timeout=5 -rss_limit_mb=3000 -print_final_stats=1 \
	    -artifact_prefix=$(FUZZER)/findings/$*/

# How many keys that nobody was given `make fuzz-socket` has cookies invent at the end.
INVENTED_KEY_COUNT ?= 1000000

.PHONY: fuzz-socket
fuzz-socket: build $(VENV)/tests ## Attack the socket of a running daemon for MINUTES=5, beside an honest client (SEED=N to do it again)
	cd Tests/Hostile && PYTHONPATH=../LineFuzzer:../Protocols:../../Clients/python/src:../../Clients/python/tests/support \
	    SESSIOND_BINARY='$(CURDIR)/.build/debug/sessiond' '$(PYTHON)/python' socket_fuzzer.py --minutes $(MINUTES) \
	    $(if $(SEED),--seed $(SEED))
	cd Tests/Hostile && SESSIOND_BINARY='$(CURDIR)/.build/debug/sessiond' INVENTED_KEY_COUNT=$(INVENTED_KEY_COUNT) \
	    '$(PYTHON)/python' -m pytest -q test_redis.py -k cookies_invent

# How often `make soak` kills the daemon at least, and how the journal is synced meanwhile.
ROUNDS ?= 300
SYNC ?= normal

.PHONY: soak
soak: build $(VENV)/tests ## Kill the daemon in ROUNDS=300 rounds under load, and check its whole journal after each
	cd Tests/Journal && PYTHONPATH=../../Clients/python/src:../../Clients/python/tests/support \
	    SESSIOND_BINARY='$(CURDIR)/.build/debug/sessiond' '$(PYTHON)/python' soak.py --rounds $(ROUNDS) --sync $(SYNC)

# How long `make endurance` goes on.
ENDURANCE_MINUTES ?= 30

.PHONY: endurance
endurance: release $(VENV)/tests ## Random clients, faults and reloads for ENDURANCE_MINUTES=30; then all must be right
	cd Tests/Endurance && PYTHONPATH=../Journal:../Hostile:../LineFuzzer:../Protocols:../../Clients/python/src:../../Clients/python/tests/support \
	    SESSIOND_BINARY='$(CURDIR)/.build/release/sessiond' '$(PYTHON)/python' endurance.py --minutes $(ENDURANCE_MINUTES)

# Which sanitizers `make sanitize` builds with, each in a folder of its own, .build-thread and .build-address.
SANITIZERS ?= thread address

.PHONY: sanitize
sanitize: $(SANITIZERS:%=sanitize-%) ## Run all suites under ThreadSanitizer and AddressSanitizer (an hour)

# What a sanitizer finds, in a test or in a daemon that one started, is written to a file of its process; any file is a failure.
sanitize-%: packages $(VENV)/tests
	rm -rf .build-$*/package .build-$*/reports; mkdir -p .build-$*/package .build-$*/reports
	git ls-files -z | xargs -0 cp --parents -t .build-$*/package
	test $* != thread || grep -rl 'import Synchronization$$' .build-thread/package/Sources .build-thread/package/Tests --include=*.swift \
	    | grep -v TracedSynchronization/ | xargs sed -i 's/import Synchronization$$/import TracedSynchronization/'
	export TSAN_OPTIONS='log_path=$(CURDIR)/.build-$*/reports/report' ASAN_OPTIONS='log_path=$(CURDIR)/.build-$*/reports/report:detect_leaks=0'; \
	export SESSIOND_TEST_PATIENCE=20; \
	test $* != thread || export SESSIOND_TRACED=1; \
	in_package='--sanitize=$* --package-path .build-$*/package --scratch-path .build-$*'; \
	swift build --build-tests $$in_package || exit 1; \
	status=0; \
	for group in --filter='$(BUSY_SUITES)' --filter='$(SYSTEM_SUITES)' --skip='$(BUSY_SUITES)|$(SYSTEM_SUITES)'; do \
	    SESSIOND_TEST_PYTHON='$(PYTHON)/python' swift test --skip-build $$in_package "$$group" || status=1; done; \
	for suite in $(PYTHON_SUITES); do \
	    (cd $$suite && SESSIOND_BINARY='$(CURDIR)/.build-$*/debug/sessiond' '$(PYTHON)/python' -m pytest -q) || status=1; done; \
	head -50 .build-$*/reports/* 2>/dev/null && status=1; exit $$status

.PHONY: mutants
mutants: packages ## Break one rule of the cache after the other, and see the simulation find each (half an hour)
	/usr/bin/python3 Tests/Mutants/mutants.py

# Where the documentation is built as a site, and the path under which it will be served.
DOCS := .build-docs
DOCS_BASE_PATH ?=

.PHONY: docs
docs: ## Build the documentation as a site in .build-docs (DOCS_BASE_PATH=sessiond where it will not lie at the root)
	/usr/bin/python3 Tests/Documentation/build_site.py --base-path '$(DOCS_BASE_PATH)' $(DOCS)
	@echo 'the site is in $(DOCS), for any web server; to read it here: python3 -m http.server --directory $(DOCS)'

.PHONY: build
build: packages ## Build for debugging
	swift build

.PHONY: release
release: packages ## Build for use: .build/release/sessiond
	swift build $(RELEASE) --product sessiond

# Where `make install` puts things; DESTDIR stands before all of them.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
DESTDIR ?=
SESSIOND ?= .build/release/sessiond
SERVICE := Examples/service
DOCUMENTS := $(DESTDIR)$(PREFIX)/share/doc/sessiond
# What completes the command line, for each shell where it looks.
COMPLETIONS := bash=$(PREFIX)/share/bash-completion/completions/sessiond zsh=$(ZSHDIR)/_sessiond \
    fish=$(PREFIX)/share/fish/vendor_completions.d/sessiond.fish

.PHONY: install
install: release install-files ## Install the daemon, its units, its manual and completions (DESTDIR, PREFIX=/usr/local)

# Without building: what was built by one user is installed by another one.
.PHONY: install-files
install-files:
	install -D -m 755 '$(SESSIOND)' '$(DESTDIR)$(PREFIX)/bin/sessiond'
	install -d '$(DESTDIR)$(UNITDIR)' '$(DESTDIR)$(SYSCONFDIR)/sessiond' '$(DOCUMENTS)'
	for unit in sessiond.service sessiond.socket; do \
	    sed 's|/usr/bin/sessiond|$(PREFIX)/bin/sessiond|; s|/etc/sessiond|$(SYSCONFDIR)/sessiond|g' "$(SERVICE)/$$unit" \
	        >"$(DESTDIR)$(UNITDIR)/$$unit"; chmod 644 "$(DESTDIR)$(UNITDIR)/$$unit"; done
	install -D -m 644 $(SERVICE)/sessiond.sysusers '$(DESTDIR)$(PREFIX)/lib/sysusers.d/sessiond.conf'
	configuration='$(DESTDIR)$(SYSCONFDIR)/sessiond/sessiond.yaml'; [[ -e "$$configuration" ]] || { \
	    sed 's|/etc/sessiond|$(SYSCONFDIR)/sessiond|g' $(SERVICE)/sessiond.yaml >"$$configuration"; chmod 644 "$$configuration"; }
	install -d '$(DESTDIR)$(PREFIX)/share/man/man1'
	/usr/bin/python3 $(SERVICE)/manual.py '$(SESSIOND)' | sed 's|/etc/sessiond|$(SYSCONFDIR)/sessiond|g' \
	    >'$(DESTDIR)$(PREFIX)/share/man/man1/sessiond.1'
	chmod 644 '$(DESTDIR)$(PREFIX)/share/man/man1/sessiond.1'
	for place in $(COMPLETIONS); do \
	    file="$(DESTDIR)$${place#*=}"; install -d "$${file%/*}"; \
	    '$(SESSIOND)' --generate-completion-script "$${place%%=*}" | sed '1{/^#!/d}' >"$$file"; chmod 644 "$$file"; done
	install -m 644 README.md CHANGELOG.md Sources/Daemon/Documentation.docc/{Service,Containers,HTTP,Operate,Runbook}.md '$(DOCUMENTS)'
	install -D -m 644 -t '$(DOCUMENTS)/Resources' Sources/Daemon/Documentation.docc/Resources/*
	install -D -m 644 -t '$(DOCUMENTS)/examples/http' Examples/http/*

.PHONY: uninstall
uninstall: ## Remove what `make install` installed; configuration and journal stay
	rm -f '$(DESTDIR)$(PREFIX)/bin/sessiond' '$(DESTDIR)$(UNITDIR)/sessiond.service' '$(DESTDIR)$(UNITDIR)/sessiond.socket' \
	    '$(DESTDIR)$(PREFIX)/lib/sysusers.d/sessiond.conf' '$(DESTDIR)$(PREFIX)/share/man/man1/sessiond.1'
	for place in $(COMPLETIONS); do rm -f "$(DESTDIR)$${place#*=}"; done
	rm -rf '$(DOCUMENTS)'

# Where the package is built.
DEB := .build-deb

.PHONY: deb
deb: release ## Build a Debian package: .build-deb/sessiond_….deb
	$(SERVICE)/build_deb.sh '$(SESSIOND)' $(DEB)

.PHONY: check-deb
check-deb: deb $(VENV)/tests ## Check the package: lintian, and its whole life in a chroot (as root; debootstrap and lintian)
	'$(PYTHON)/python' Tests/Service/check_deb.py $(DEB)/sessiond_*.deb

.PHONY: format-check
format-check: packages $(VENV)/tests ## Check the format of Swift, Python, Go and JavaScript
	swift format lint --strict --parallel --recursive $(SWIFT_SOURCES)
	for sources in $(PYTHON_SOURCES); do \
	    '$(PYTHON)/ruff' check "$$sources"; '$(PYTHON)/ruff' format --check "$$sources"; done
	'$(PYTHON)/ruff' check --config Tests/Protocols/ruff.toml Tests/Protocols Tests/Documentation Tests/DecoderFuzzer Tests/LineFuzzer Tests/RESPFuzzer Tests/Mutants Protocols/vectors
	'$(PYTHON)/ruff' format --check --config Tests/Protocols/ruff.toml Tests/Protocols Tests/Documentation Tests/DecoderFuzzer Tests/LineFuzzer Tests/RESPFuzzer Tests/Mutants Protocols/vectors
	cd Clients/python && '$(PYTHON)/mypy'
	test -z "$$(gofmt -l $(GO_SOURCES) | tee /dev/stderr)"
	for sources in $(GO_SOURCES); do (cd "$$sources" && CGO_ENABLED=0 GOPROXY=off go vet ./...); done
	for source in $(NODE_SOURCES); do node --check "$$source"; done

.PHONY: format
format: packages $(VENV)/tests ## Format Swift, Python and Go
	swift format --in-place --parallel --recursive $(SWIFT_SOURCES)
	for sources in $(PYTHON_SOURCES); do '$(PYTHON)/ruff' format "$$sources"; done
	'$(PYTHON)/ruff' format --config Tests/Protocols/ruff.toml Tests/Protocols Tests/Documentation Tests/DecoderFuzzer Tests/LineFuzzer Tests/RESPFuzzer Tests/Mutants Protocols/vectors
	gofmt -w $(GO_SOURCES)

# Where sessions that Django wrote, programs in C and the results of runs are kept.
BENCHMARKS := .build-bench
COMPARE := '$(PYTHON)/python' Tests/Benchmarks/bench.py --sessiond .build/release/sessiond --cache $(BENCHMARKS) \
    --plotter $(BENCH_VENV)/bin/python

.PHONY: bench
bench: release $(VENV)/tests $(BENCH_VENV)/ready ## Compare with Redis and with C, in 3 minutes (BENCH=full: how it grows; BENCH="--only lookups")
	@$(COMPARE) $(BENCH)

.PHONY: bench-instructions
bench-instructions: DEBIAN_PACKAGES += valgrind binutils
bench-instructions: release $(VENV)/tests ## Count the instructions of a lookup, and fail where they grew (BENCH=--write keeps the figures)
	@'$(PYTHON)/python' Tests/Benchmarks/instructions.py --sessiond .build/release/sessiond --cache $(BENCHMARKS) $(BENCH)

.PHONY: bench-decoder
bench-decoder: packages $(VENV)/tests $(BENCH_VENV)/ready ## Time the decoder beside Django's own, of 5.2 and 3.2 (BENCH="--json FILE" and others)
	swift build $(RELEASE) --product DecoderBenchmark
	@'$(PYTHON)/python' Tests/Benchmarks/decoder.py --ours .build/release/DecoderBenchmark \
	    --django '$(PYTHON)/python' --django32 $(BENCH_VENV)/bin/python $(BENCH)

# The programs in C of the two benchmarks that follow.
$(BENCHMARKS)/%: Tests/Benchmarks/programs/%.c $(wildcard Tests/Benchmarks/programs/*.h) | packages
	@mkdir -p $(BENCHMARKS)
	clang -O2 -Wall -Wextra -Werror -o $@ $<

.PHONY: bench-lag
bench-lag: release $(VENV)/tests $(BENCHMARKS)/subscriber ## Measure the lag from a DEL to the refusal under load (BENCH="--json FILE" and others)
	@'$(PYTHON)/python' Tests/Benchmarks/lag.py --sessiond .build/release/sessiond --subscriber $(BENCHMARKS)/subscriber $(BENCH)

.PHONY: bench-events
bench-events: release $(VENV)/tests $(BENCHMARKS)/subscriber $(BENCHMARKS)/listener ## Measure the journal: lag, events a second, bytes (BENCH="--sync full" and others)
	@'$(PYTHON)/python' Tests/Benchmarks/events.py --sessiond .build/release/sessiond --subscriber $(BENCHMARKS)/subscriber \
	    --listener $(BENCHMARKS)/listener $(BENCH)

.PHONY: bench-connections
bench-connections: release $(VENV)/tests ## Measure the memory of 10,000 idle connections (BENCH="--count 1000" and others)
	@'$(PYTHON)/python' Tests/Benchmarks/connections.py --sessiond .build/release/sessiond $(BENCH)

.PHONY: bench-python
bench-python: release $(BENCH_VENV)/ready ## Measure what a question costs in Python, beside redis-py's GET (BENCH="--json FILE" and others)
	@$(BENCH_VENV)/bin/python Tests/Benchmarks/python_client.py --sessiond .build/release/sessiond $(BENCH)

.PHONY: pictures
pictures: DEBIAN_PACKAGES += chromium
pictures: build $(VENV)/tests ## Take the documentation's picture of the page, of invented users (four minutes)
	cd Tests/HTTP && SESSIOND_BINARY='$(CURDIR)/.build/debug/sessiond' '$(PYTHON)/python' picture.py \
	    '$(CURDIR)/Sources/Daemon/Documentation.docc/Resources' page-light

.PHONY: packages
packages:
	@missing=(); for package in $(DEBIAN_PACKAGES); do \
	    [[ "$$(dpkg-query -W -f '$${db:Status-Status}' "$$package" 2>/dev/null)" == installed ]] || missing+=("$$package"); done; \
	if (( $${#missing[@]} )); then \
	    sudo=''; if (( EUID )); then sudo=sudo; fi; \
	    echo "installing $${missing[*]}"; \
	    $$sudo apt-get update -qq; \
	    DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; \
	fi

$(VENV)/bin/python: | packages
	/usr/bin/python3 -m venv $(VENV)

$(VENV)/example: $(VENV)/bin/python Examples/tutorial/requirements.txt $(shell find Clients/python/src Clients/python/pyproject.toml)
	'$(PYTHON)/pip' install --quiet --disable-pip-version-check --requirement Examples/tutorial/requirements.txt './Clients/python[flask]'
	@touch $@

$(VENV)/tests: $(VENV)/example Tests/requirements.txt
	'$(PYTHON)/pip' install --quiet --disable-pip-version-check --requirement Tests/requirements.txt
	@touch $@

$(BENCH_VENV)/ready: Tests/Benchmarks/requirements.txt | packages
	/usr/bin/python3 -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf .build .build-mutants $(FUZZER) $(DEB) $(DOCS) $(BENCHMARKS) $(VENV) $(BENCH_VENV)
