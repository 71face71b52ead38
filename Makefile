# tare: one Makefile. Settings go on the command line or into config.mk.
#
#   make               programs and library in build/
#   make check         build and run every test; the last line is "N passed, N failed"
#   make demo          the main job on a real model
#   make bench         speed against the peers, as ratios
#   make fuzz          libFuzzer targets, a fixed number of runs each
#   make install       DESTDIR= PREFIX=/usr/local
#   make list          all targets
#
#   CC=clang  SAN=1 (ASan+UBSan)  WERROR=1  V=1 (show commands)  BUILD=dir

-include config.mk

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/tare

VERSION := $(shell sed -n 's/^.define TARE_VERSION "\(.*\)"/\1/p' libformat/tare.h)
SOVERSION := 0

ifeq ($(origin CC),default)
CC := gcc
endif
AR ?= ar
PKG_CONFIG ?= pkg-config
SAN ?= 0
WERROR ?= 0
BUILD ?= build$(if $(filter 1,$(SAN)),/san)

PACKAGES := yaml-0.1 libzstd libcrypto libxxhash libprotobuf-c
OPT ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual \
	-Wcast-align -Wundef -Wvla -Wwrite-strings -Wformat=2 -Wimplicit-fallthrough -Wno-unused-parameter
ifeq ($(WERROR),1)
WARN += -Werror
endif
ifeq ($(SAN),1)
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# Instrumented, gcc loses sight of what is initialised; the plain build keeps the warning.
WARN += $(if $(findstring clang,$(CC)),,-Wno-maybe-uninitialized)
LDFLAGS += -fsanitize=address,undefined
endif
# Scalar code defines the bytes: no fused multiply-add, no fast-math, on any machine.
EXACT := -ffp-contract=off -fno-fast-math
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null)
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(OPT) $(WARN) $(EXACT) -fPIC -fvisibility=hidden -pthread \
	     -Ilibformat -I$(GEN) $(PKG_CFLAGS) $(CPPFLAGS) $(CFLAGS)
ALL_LIBS = $(LDFLAGS) -pthread $(PKG_LIBS) -lm $(LIBS)

LIB_SRC := $(sort $(wildcard libformat/*/*.c))
# ONNX's messages, compiled, and names for the numbers of their fields.
PROTOC_C ?= protoc-c
GEN := $(BUILD)/gen
GENERATED := $(GEN)/onnx.pb-c.h $(GEN)/onnx_fields.h
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/%.o) $(GEN)/onnx.pb-c.o
COMMON_SRC := $(sort $(wildcard tools/common/*.c))
COMMON_OBJ := $(COMMON_SRC:%.c=$(BUILD)/%.o)
TOOLS := $(patsubst tools/%.c,tare-%,$(sort $(wildcard tools/*.c)))
STATIC := $(BUILD)/libtare.a
SHARED := $(BUILD)/libtare.so.$(SOVERSION)

Q := $(if $(filter 1,$(V)),,@)
say = @printf '  %-7s %s\n' '$(1)' '$(2)'
ifeq ($(V),1)
say =
endif

## all: programs and library (default)
.PHONY: all
all: $(STATIC) $(SHARED) $(TOOLS:%=$(BUILD)/%)

# Anything compiled anew when the compiler or its flags change.
FLAGS_STAMP := $(BUILD)/flags
FLAGS_TEXT = $(CC) $(ALL_CFLAGS) $(LDFLAGS)
$(shell mkdir -p $(BUILD) && { printf '%s\n' '$(FLAGS_TEXT)' | cmp -s - $(FLAGS_STAMP) || printf '%s\n' '$(FLAGS_TEXT)' > $(FLAGS_STAMP); })

# The suffix of a file alone selects its instruction set.
ifneq ($(findstring x86_64,$(shell $(CC) -dumpmachine)),)
isa_sse2 := -O3
isa_avx2 := -O3 -mavx2 -mf16c
isa_avx512 := -O3 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mf16c
else
isa_neon := -O3
endif
isa = $(isa_$(lastword $(subst _, ,$(basename $(notdir $(1))))))

$(BUILD)/%.o: %.c $(FLAGS_STAMP)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(call isa,$<) -MMD -MP -c -o $@ $<

$(GEN)/onnx.pb-c.h: libformat/formats/onnx.proto
	$(call say,PROTOC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(PROTOC_C) --c_out=$(@D) --proto_path=$(<D) $(<F)
$(GEN)/onnx.pb-c.c: $(GEN)/onnx.pb-c.h ;
$(GEN)/onnx_fields.h: libformat/formats/onnx.proto libformat/formats/onnx_fields.awk
	$(Q)mkdir -p $(@D)
	$(Q)awk -f libformat/formats/onnx_fields.awk $< > $@.part && mv $@.part $@
$(GEN)/onnx.pb-c.o: $(GEN)/onnx.pb-c.c $(FLAGS_STAMP)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -w -c -o $@ $<
$(LIB_SRC:%.c=$(BUILD)/%.o): | $(GENERATED)

$(STATIC): $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

$(SHARED): $(LIB_OBJ) libformat/tare.map
	$(call say,LINK,$@)
	$(Q)$(CC) -shared -Wl,-soname,libtare.so.$(SOVERSION) -Wl,--version-script=libformat/tare.map -o $@ $(LIB_OBJ) $(ALL_LIBS)
	$(Q)ln -sf libtare.so.$(SOVERSION) $(BUILD)/libtare.so

# A program is tools/NAME.c with its parts in tools/NAME/ and what all share in tools/common/. It carries the library inside, so that a
# built tree runs as it stands.
$(BUILD)/tools/%.o: CPPFLAGS += -Itools
.SECONDARY: $(patsubst %.c,$(BUILD)/%.o,$(wildcard tools/*.c tools/*/*.c))
.SECONDEXPANSION:
$(BUILD)/tare-%: $(BUILD)/tools/%.o $$(addprefix $(BUILD)/,$$(addsuffix .o,$$(basename $$(sort $$(wildcard tools/$$*/*.c))))) $(COMMON_OBJ) $(STATIC)
	$(call say,LINK,$@)
	$(Q)$(CC) -o $@ $^ $(ALL_LIBS)

-include $(LIB_OBJ:.o=.d) $(patsubst %.c,$(BUILD)/%.d,$(wildcard tools/*.c tools/*/*.c))
-include tests/tests.mk

# Installation. Pages, schemas and completions are found by wildcard; uninstall removes exactly what install put there.
PAGES := $(sort $(wildcard man/*.[1-8]))
SCHEMAS := $(sort $(wildcard schemas/*.json))
INSTALL ?= install
D = $(DESTDIR)
inst = $(Q)$(INSTALL) -d $(2) && $(INSTALL) -m $(3) $(1) $(2)

$(BUILD)/tare.pc: libformat/tare.pc.in libformat/tare.h $(FLAGS_STAMP)
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|;s|@LIBDIR@|$(LIBDIR)|;s|@INCLUDEDIR@|$(INCLUDEDIR)|;s|@VERSION@|$(VERSION)|;s|@PACKAGES@|$(PACKAGES)|' \
		$< > $@

## install: programs, library, header, manuals, schemas, completions (DESTDIR=, PREFIX=)
.PHONY: install
install: all $(BUILD)/tare.pc
	$(call inst,$(TOOLS:%=$(BUILD)/%),$(D)$(BINDIR),755)
	$(call inst,$(STATIC) $(SHARED),$(D)$(LIBDIR),644)
	$(Q)ln -sf libtare.so.$(SOVERSION) $(D)$(LIBDIR)/libtare.so
	$(call inst,libformat/tare.h,$(D)$(INCLUDEDIR),644)
	$(call inst,$(BUILD)/tare.pc,$(D)$(LIBDIR)/pkgconfig,644)
	$(Q)for p in $(PAGES); do $(INSTALL) -D -m 644 $$p $(D)$(MANDIR)/man$${p##*.}/$${p##*/}; done
	$(call inst,$(SCHEMAS),$(D)$(DATADIR)/schemas,644)
	$(call inst,tools/completions/bash/*,$(D)$(PREFIX)/share/bash-completion/completions,644)
	$(call inst,tools/completions/zsh/*,$(D)$(PREFIX)/share/zsh/site-functions,644)
	$(call inst,tools/completions/fish/*,$(D)$(PREFIX)/share/fish/vendor_completions.d,644)

## uninstall: remove what install put there
.PHONY: uninstall
uninstall:
	rm -f $(TOOLS:%=$(D)$(BINDIR)/%) $(D)$(INCLUDEDIR)/tare.h $(D)$(LIBDIR)/pkgconfig/tare.pc
	rm -f $(D)$(LIBDIR)/libtare.a $(D)$(LIBDIR)/libtare.so $(D)$(LIBDIR)/libtare.so.$(SOVERSION)
	for p in $(PAGES); do rm -f $(D)$(MANDIR)/man$${p##*.}/$${p##*/}; done
	rm -f $(patsubst tools/completions/bash/%,$(D)$(PREFIX)/share/bash-completion/completions/%,$(wildcard tools/completions/bash/*))
	rm -f $(patsubst tools/completions/zsh/%,$(D)$(PREFIX)/share/zsh/site-functions/%,$(wildcard tools/completions/zsh/*))
	rm -f $(patsubst tools/completions/fish/%,$(D)$(PREFIX)/share/fish/vendor_completions.d/%,$(wildcard tools/completions/fish/*))
	rm -rf $(D)$(DATADIR)

## dist: a reproducible source tarball of the committed tree
.PHONY: dist
dist:
	$(Q)mkdir -p build
	$(Q)git archive --format=tar --prefix=tare-$(VERSION)/ HEAD | zstd -q -19 -T1 > build/tare-$(VERSION).tar.zst
	@echo build/tare-$(VERSION).tar.zst

## clean: remove everything built
.PHONY: clean
clean:
	rm -rf build

## list: this list
.PHONY: list
list:
	@sed -n 's/^## //p' Makefile tests/tests.mk
