# ACSGD: build, run, test. "make" alone prints the targets.
#
# Only Go, git, make and a C compiler are expected. What else a target needs is installed
# where that is possible (as root on Debian), else named.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:

GO ?= go
BUILD := internal/build
NODE := $(BUILD)/node.sh $(BUILD)/web.sh

# Arguments of the user: make run ARGS="--lanes 4", make test PKG=./fusion/...
ARGS ?=
PKG ?= ./...
TESTFLAGS ?= -timeout 10m
BENCH ?= .
DIR ?= ../shared/data/anpr
T ?= 10s
FUZZ ?=
SCENARIO ?=
SEED ?= 1
README ?=

# The second plate reader (devices/anpr/vision) is OpenCV through cgo: run and test-vision
# build with it, everything else without. With the tag customenv the libraries are named here
# and not by pkg-config, whose file wants the contributed modules too.
TAGS ?=
CGO := 0
VISION := gocv,customenv
OPENCV := core imgproc imgcodecs highgui videoio video objdetect features2d calib3d dnn photo flann
export CGO_CXXFLAGS := --std=c++11
export CGO_CPPFLAGS := -I/usr/include/opencv4
export CGO_LDFLAGS := $(OPENCV:%=-lopencv_%)
export OPENCV_FOR_THREADS_NUM := 1
RUN_PACKAGES := g++:g++ libc6-dev:/usr/include/stdlib.h npm:npm \
	$(foreach m,$(OPENCV) ml stitching,libopencv-$m-dev:/usr/include/opencv4/opencv2/$m.hpp)

# PACKAGE:PROBE, see internal/build/packages.sh.
TEST_PACKAGES := $(RUN_PACKAGES) \
	postgresql:/usr/lib/postgresql/*/bin/initdb \
	chromium:chromium \
	fonts-dejavu-core:/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf \
	poppler-utils:pdftotext \
	mbpoll:mbpoll \
	libxml2-utils:xmllint \
	default-jre-headless:java \
	libsaxonhe-java:/usr/share/java/Saxon-HE.jar
RACE_PACKAGES := gcc:gcc libc6-dev:/usr/include/stdlib.h

# Every Go file that is ours: node_modules and var are not.
GOFILES = find . -name '*.go' -not -path '*/node_modules/*' -not -path './var/*' -not -path './.git/*'

.PHONY: help
help: ## print this help
	@echo "ACSGD. Targets:"
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

.PHONY: run
run: run-packages networks ## install what is missing, build with the second plate reader, start the demo (ARGS= is passed on)
	@echo "==> building bin/acsgd (OpenCV's first build takes a minute or two)"
	@CGO_ENABLED=1 $(GO) build -trimpath -tags '$(VISION)' -o bin/ ./cmd/acsgd
	@exec bin/acsgd demo $(ARGS)

.PHONY: networks
networks: ## fetch the public networks of the second plate reader, and link them beside the program (bin/ocr)
	@home=$$($(BUILD)/ocr.sh) && mkdir -p bin && ln -sfnT "$$home" bin/ocr

.PHONY: run-lite
run-lite: need-go ## the demo with nothing but Go: no cgo, nothing installed
	@echo "==> building bin/acsgd"
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/ ./cmd/acsgd
	@exec bin/acsgd demo $(ARGS)

.PHONY: build
build: need-go ## static binaries into bin/
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/ ./cmd/...
	@ls -l bin

.PHONY: test
test: test-packages networks check-fmt ## install what is missing, then every check and test (10 minutes at most)
	@mkdir -p var/build
	@$(MAKE) test-vision >var/build/vision.log 2>&1 & b=$$!; bad=0; $(MAKE) check-web check-vet || bad=1; \
		wait $$b || bad=1; cat var/build/vision.log; exit $$bad
	@$(MAKE) test-go
	@echo "==> all checks and tests passed"

.PHONY: test-vision
test-vision: need-go networks ## the second plate reader alone: OpenCV, onnxruntime, photographs where there are any
	@echo "==> go test with OpenCV"
	@CGO_ENABLED=1 $(GO) vet -tags '$(VISION)' ./devices/anpr/vision ./cmd/acsgd
	@CGO_ENABLED=1 $(GO) test $(TESTFLAGS) -tags '$(VISION)' ./devices/anpr/vision
	@CGO_ENABLED=1 $(GO) test $(TESTFLAGS) -tags '$(VISION)' -run Vision ./cmd/acsgd

.PHONY: bench-plates
bench-plates: run-packages networks ## how well and how fast plates are read in photographs: DIR= with ground_truth.csv (SITE=, ARGS=)
	@CGO_ENABLED=1 $(GO) build -trimpath -tags '$(VISION)' -o bin/ ./cmd/acsgd
	@for e in joint ppocr own; do echo "engine $$e"; bin/acsgd plates bench --engine $$e $(ARGS) "$(DIR)"; done

.PHONY: check
check: need-go check-fmt check-vet ## before a commit: formatting, vet, Go tests without what needs installing
	@CGO_ENABLED=$(CGO) $(GO) test -short $(TESTFLAGS) -tags '$(TAGS)' $$($(GO) list $(PKG) | grep -vE '/internal/(browser|pgtest|store)$$')

.PHONY: test-go
test-go: need-go ## the Go tests alone (PKG=, TESTFLAGS=)
	@echo "==> go test $(PKG)"
	@CGO_ENABLED=$(CGO) $(GO) test $(TESTFLAGS) -tags '$(TAGS)' $(PKG)

.PHONY: check-web
check-web: ## the front end: is the committed build what its sources give, types, unit tests
	@$(NODE) check

.PHONY: race
race: need-go ## the Go tests under the race detector (PKG=)
	@$(BUILD)/packages.sh $(RACE_PACKAGES) $(TEST_PACKAGES)
	@CGO_ENABLED=1 $(GO) test -race -timeout 20m -tags '$(TAGS)' $(PKG)

.PHONY: e2e
e2e: test-packages ## the programs as a user starts them, and the page in a browser (SCENARIO= picks one script)
	@CGO_ENABLED=$(CGO) $(GO) test -count=1 -timeout 15m -tags '$(TAGS)' $(if $(SCENARIO),-v -run '/$(SCENARIO)') ./cmd/...
	@$(NODE) e2e

.PHONY: bench
bench: need-go ## all benchmarks, one package at a time (BENCH= filters, PKG=); kept in var/build/bench.txt
	@mkdir -p var/build
	@CGO_ENABLED=$(CGO) $(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -p 1 -timeout 60m -tags '$(TAGS)' $(PKG) | tee var/build/bench.txt

.PHONY: bench-radiation
bench-radiation: need-go ## detection of weak sources at equal false alarms, table and var/build/roc.csv, .svg (SEED=, ARGS=, README=1)
	@mkdir -p var/build
	@CGO_ENABLED=$(CGO) $(GO) build -trimpath -o bin/ ./cmd/acsgd-sim
	@bin/acsgd-sim roc --seed $(SEED) --csv var/build/roc.csv --svg var/build/roc.svg $(if $(README),--md README.md) $(ARGS)
	@$(if $(README),cp var/build/roc.svg internal/readme/roc.svg)

.PHONY: bench-match
bench-match: need-go ## plate matching against other methods on the same reads, tables and var/build/match.csv, .svg (SEED=, ARGS=, README=1)
	@mkdir -p var/build
	@CGO_ENABLED=$(CGO) $(GO) build -trimpath -o bin/ ./cmd/acsgd-sim
	@bin/acsgd-sim matchbench --seed $(SEED) --csv var/build/match.csv --svg var/build/match.svg $(if $(README),--md README.md) $(ARGS)
	@$(if $(README),cp var/build/match.svg internal/readme/match.svg)

.PHONY: fuzz
fuzz: need-go ## all fuzz targets in turn (T=10s each, FUZZ= filters by package/name)
	@CGO_ENABLED=0 $(BUILD)/fuzz.sh '$(T)' '$(FUZZ)'

.PHONY: cover
cover: need-go ## test coverage by package, and as a page in var/build/cover.html
	@mkdir -p var/build
	@CGO_ENABLED=$(CGO) $(GO) test -coverprofile var/build/cover.out -timeout 15m -tags '$(TAGS)' $(PKG)
	@$(GO) tool cover -html var/build/cover.out -o var/build/cover.html
	@$(GO) tool cover -func var/build/cover.out | tail -n 1

.PHONY: web
web: ## rebuild the committed page console/web/dist with the pinned Node.js
	@$(NODE) build

.PHONY: lint
lint: need-go ## staticcheck (fetched by Go at its pinned version; needs nothing else)
	@$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 $(PKG)

.PHONY: clean
clean: ## remove what was built here; records in var/ and the tools' cache stay
	@rm -rf bin var/build console/web/node_modules

# Parts of the targets above.

.PHONY: need-go
need-go:
	@command -v $(GO) >/dev/null || { echo "Go is needed, the version that go.mod names: $$(sed -n 's/^go //p' go.mod)" >&2; exit 1; }

.PHONY: run-packages
run-packages: need-go
	@$(BUILD)/packages.sh $(RUN_PACKAGES)

.PHONY: test-packages
test-packages: need-go
	@$(BUILD)/packages.sh $(TEST_PACKAGES)

.PHONY: check-fmt
check-fmt: need-go
	@echo "==> gofmt"
	@bad=$$($(GOFILES) -print0 | xargs -0 gofmt -l); [ -z "$$bad" ] || { printf 'not formatted by gofmt:\n%s\n' "$$bad" >&2; exit 1; }

.PHONY: check-vet
check-vet: need-go
	@echo "==> go vet"
	@CGO_ENABLED=$(CGO) $(GO) vet -tags '$(TAGS)' ./...
