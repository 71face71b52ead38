# Tests: included by the Makefile. Every suite prints TAP; tests/run.sh runs them and adds up.

UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
UNIT_BIN := $(UNIT_SRC:%.c=$(BUILD)/%)
FIXTURE_SRC := $(sort $(wildcard fixtures/*.txt fixtures/*/*.txt))
FIXTURES := $(FIXTURE_SRC:%.txt=$(BUILD)/%.bin)
# jansson judges the JSON that the library reads and writes.
TEST_LIBS = $(ALL_LIBS) $(shell $(PKG_CONFIG) --libs cmocka jansson)

$(BUILD)/tests/%.o: CPPFLAGS += -Itests
$(UNIT_SRC:%.c=$(BUILD)/%.o): | $(GENERATED)

$(UNIT_BIN): $(BUILD)/%: $(BUILD)/%.o $(STATIC)
	$(call say,LINK,$@)
	$(Q)$(CC) -o $@ $< $(STATIC) $(TEST_LIBS)

# Scalar code that kernels call, put under a count: see the test.
COUNTED := k_encode $(patsubst %,q%_encode_weighted,4_0 4_1 5_0 5_1) $(patsubst %,iq4_%_encode_block,nl xs) \
	   $(patsubst %,iq%_coder,1_s 1_m 2_xxs 2_xs 2_s 3_xxs 3_s)
$(BUILD)/tests/unit/test_guarded: TEST_LIBS += $(COUNTED:%=-Wl,--wrap=tare_%)

# Fixtures are compiled from readable text: fixtures/<group>/<name>.txt -> build/fixtures/<group>/<name>.bin
# The compiler runs here, whatever the machine built for.
HOSTCC ?= cc
$(BUILD)/fixtures/assemble: fixtures/assemble.c
	$(call say,HOSTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=c11 -D_GNU_SOURCE -O1 -Wall -Wextra -o $@ $<

$(BUILD)/fixtures/%.bin: fixtures/%.txt $(BUILD)/fixtures/assemble
	$(Q)mkdir -p $(@D)
	$(Q)$(BUILD)/fixtures/assemble $< $@

# The types alone with a C library that has none of the others at hand: make CC=musl-gcc BUILD=build/musl types-bytes
TYPES_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard libformat/types/*.c) libformat/base/cpu.c libformat/base/error.c libformat/base/escape.c)
$(BUILD)/tests/libc/types_bytes: $(BUILD)/tests/libc/types_bytes.o $(TYPES_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) -static -o $@ $^ -pthread -lm

.PHONY: types-bytes
types-bytes: $(BUILD)/tests/libc/types_bytes

# Calls that fail on purpose: a library to preload (never sanitized itself: it stands in for malloc), and the smallest program to try it on.
FAULT := $(BUILD)/tests/fault/inject.so $(BUILD)/tests/fault/copy
$(BUILD)/tests/fault/inject.so: tests/fault/inject.c tests/fault/inject.h
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -O2 -g $(WARN) -Itests -fPIC -shared -pthread -o $@ $< -ldl

$(BUILD)/tests/fault/copy: $(BUILD)/tests/fault/copy.o $(STATIC)
	$(call say,LINK,$@)
	$(Q)$(CC) -o $@ $< $(STATIC) $(ALL_LIBS)

## check: build and run every test
.PHONY: check
check: all tests
	$(Q)BUILD=$(BUILD) CC=$(CC) SAN=$(SAN) bash tests/run.sh $(SUITES)

## tests: build the test programs and fixtures
.PHONY: tests
tests: $(UNIT_BIN) $(FIXTURES) $(FAULT)

## unit: only the unit tests
.PHONY: unit
unit: tests
	$(Q)BUILD=$(BUILD) bash tests/run.sh unit

-include $(UNIT_BIN:%=%.d)

# Fuzz targets: always clang, sanitized, in build/fuzz.
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BIN := $(FUZZ_SRC:tests/fuzz/%.c=build/fuzz/%)
FUZZ_FLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

ifneq ($(BUILD),build/fuzz/lib)
build/fuzz/lib/libtare.a: $(LIB_SRC) $(wildcard libformat/*.h libformat/*/*.h libformat/*/*.def)
	$(Q)$(MAKE) -s CC=clang BUILD=build/fuzz/lib OPT="$(FUZZ_FLAGS)" build/fuzz/lib/libtare.a
endif

build/fuzz/fuzz_%: tests/fuzz/fuzz_%.c build/fuzz/lib/libtare.a
	$(call say,LINK,$@)
	$(Q)clang $(filter-out -fPIC,$(ALL_CFLAGS)) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $< build/fuzz/lib/libtare.a $(ALL_LIBS)

.PHONY: fuzz-targets
fuzz-targets: $(FUZZ_BIN) $(FIXTURES)

## fuzz: run every fuzz target (FUZZ_RUNS=1000000)
.PHONY: fuzz
fuzz:
	$(Q)FUZZ_RUNS=$(or $(FUZZ_RUNS),1000000) BUILD=$(BUILD) bash tests/run.sh fuzz

## bench: speed against the peers, as ratios; also kept in build/BENCH.md
.PHONY: bench
bench: all
	$(Q)BUILD=$(BUILD) bash tests/bench/run.sh | tee build/BENCH.md

## demo: the main job on a real model; leaves build/demo/stories260K-q.gguf
.PHONY: demo
demo: all
	$(Q)BUILD=$(BUILD) sh tests/demo/demo.sh
