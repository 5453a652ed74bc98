# bearssl for Lua. Needs GNU make; `make help` lists what can be made, `make deps` installs the rest.

LUA     ?= lua5.4
PREFIX  ?= /usr/local
BUILD   ?= build
DESTDIR ?=

# Another BearSSL: its source directory after `make` (inc, build), or a prefix (include, lib).
BEARSSL_DIR ?=
# "static" links the archive also where there is a shared library beside it.
BEARSSL_LINK ?=

OPT      ?= -O2 -g
WARN     ?= -Wall -Wextra -pedantic
# Warnings of a compiler that is newer than ours must not break anybody's build: lint alone has -Werror.
WERROR   ?=
HARDEN   ?= -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
CFLAGS   ?=
# Put in front of the kernels' sources: see constant-time.
EMULATED ?=
# "none" leaves everything to BearSSL's arithmetic.
KERNELS  ?= auto
# What compresses certificates (RFC 8879), where pkg-config finds it; "none" leaves one out.
ZLIB     ?= auto
BROTLI   ?= auto
ZSTD     ?= auto
PKG_CONFIG ?= pkg-config
LDFLAGS  ?=
LUA_ID   := $(notdir $(LUA))
OUT      := $(BUILD)/$(LUA_ID)
UNAME    := $(shell uname -s)
# Where this make writes the paths that a run needs
HERE     := $(abspath .)
MODULE   := $(OUT)/bearssl/core.so
TOOL     := $(OUT)/bin/bearssl

ifeq ($(UNAME),Darwin)
  PLATFORM = -D_DARWIN_C_SOURCE
  SHARED   = -bundle -undefined dynamic_lookup
else
  PLATFORM =
  # nodelete: LuaJIT unloads modules before it runs the finalizers of objects that finalizers have made.
  SHARED   = -shared -Wl,-z,relro,-z,now,-z,nodelete -Wl,-z,noexecstack -Wl,--exclude-libs,ALL
endif

# The interpreter and the headers may be installed by the same `make deps demo` that uses them, so what
# depends on them is found when it is first used, and then kept.
keep = $(eval $(1) := $(2))$(2)

# Relative relocations take a fiftieth of the space in this form, which linker, loader and C library must know: a program
# that has one tells.
ifneq ($(UNAME),Darwin)
  PACKED ?= $(call keep,PACKED,$(shell t=$$(mktemp) && printf 'static int a, *p = &a; int main(void) { return p != &a; }' | \
      $(CC) -fPIE -pie -Wl,-z,pack-relative-relocs -o $$t -x c - 2>/dev/null && $$t && echo -Wl,-z,pack-relative-relocs; rm -f $$t))
endif

LUA_VERSION ?= $(call keep,LUA_VERSION,$(shell $(LUA) -e 'print((_VERSION:gsub("Lua ", "")))'))
LUA_INCDIR  ?= $(call keep,LUA_INCDIR,$(shell .ci/find-lua '$(LUA)'))

ifneq ($(BEARSSL_DIR),)
  bearssl_h      := $(firstword $(wildcard $(foreach d,inc include include/bearssl .,$(BEARSSL_DIR)/$(d)/bearssl.h)))
  bearssl_lib    := $(firstword $(wildcard $(foreach d,build lib lib64 .,$(foreach e,so dylib a,$(BEARSSL_DIR)/$(d)/libbearssl.$(e)))))
  ifeq ($(and $(bearssl_h),$(bearssl_lib)),)
    $(error BEARSSL_DIR=$(BEARSSL_DIR) has no inc/bearssl.h and build/libbearssl.a or .so (or include and lib))
  endif
  BEARSSL_INCDIR ?= $(abspath $(dir $(bearssl_h)))
  BEARSSL_LIBDIR ?= $(abspath $(dir $(bearssl_lib)))
endif
# Some systems keep the headers in a directory of their own.
BEARSSL_CFLAGS = $(if $(BEARSSL_INCDIR),-I$(BEARSSL_INCDIR),$(BEARSSL_FOUND)) $(OPTIONAL_CFLAGS)
BEARSSL_FOUND ?= $(call keep,BEARSSL_FOUND,$(shell for d in /usr/include /usr/local/include /usr/include/bearssl /opt/homebrew/include; do \
    if [ -f $$d/bearssl.h ]; then [ $$d = /usr/include ] || echo "-I$$d"; break; fi; done))
# A shared BearSSL outside the loader's directories is found again by its path.
BEARSSL_RPATH  = $(if $(filter-out /usr/lib% /lib%,$(wildcard $(BEARSSL_LIBDIR)/libbearssl.so)),-Wl$(comma)-rpath$(comma)$(BEARSSL_LIBDIR))
BEARSSL_SEARCH = $(if $(BEARSSL_LIBDIR),-L$(BEARSSL_LIBDIR) $(BEARSSL_RPATH),$(addprefix -L,$(wildcard /opt/homebrew/lib)))
BEARSSL_LIBS   = $(BEARSSL_SEARCH) $(if $(filter static,$(BEARSSL_LINK)),-l:libbearssl.a,-lbearssl) $(OPTIONAL_LIBS)
comma := ,

ifeq ($(filter auto none,$(KERNELS)),)
$(error KERNELS must be auto or none, not '$(KERNELS)'; BEARSSL_LUA_KERNELS chooses among those that are built)
endif
$(foreach l,ZLIB BROTLI ZSTD,$(if $(filter auto none,$($(l))),,$(error $(l) must be auto or none, not '$($(l))')))

# Optional libraries: what pkg-config says of those that are there, and what tells the sources so.
optional = $(if $(filter auto,$($(1))),$(shell $(PKG_CONFIG) --exists $(2) 2>/dev/null && echo "$(3) $$($(PKG_CONFIG) $(4) $(2))"))
all_optional = $(strip $(call optional,ZLIB,zlib,$(if $(filter --cflags,$(1)),-DTLS_ZLIB),$(1)) \
    $(call optional,BROTLI,libbrotlienc libbrotlidec,$(if $(filter --cflags,$(1)),-DTLS_BROTLI),$(1)) \
    $(call optional,ZSTD,libzstd,$(if $(filter --cflags,$(1)),-DTLS_ZSTD),$(1)))
OPTIONAL_CFLAGS ?= $(call keep,OPTIONAL_CFLAGS,$(call all_optional,--cflags))
OPTIONAL_LIBS   ?= $(call keep,OPTIONAL_LIBS,$(call all_optional,--libs))
COMPILE  = $(CC) -std=c99 -D_DEFAULT_SOURCE $(PLATFORM) $(OPT) -fPIC -fvisibility=hidden $(WARN) $(WERROR) $(HARDEN) $(if $(filter none,$(KERNELS)),-DTLS_KERNELS_NONE )$(BEARSSL_CFLAGS) $(CFLAGS)

# What computes and what reads and writes bytes calls nobody back, so that nobody unwinds through it but debuggers,
# which look into -g.
PURE       = -fno-asynchronous-unwind-tables
PURE_ROOMS = asn1 crypto issue kernel key wire x509
# What no handshake and no record waits for is compiled for size, and so is what a handshake does once or twice, around
# what takes the time; in the rooms of which most is so, HOT is not.
SMALL         = $(if $(filter -O2,$(lastword $(filter -O%,$(OPT) $(CFLAGS)))),-Os)
HOT           := $(addsuffix .c,$(addprefix csrc/lua/,connection descriptor object receive value) \
    $(addprefix csrc/tls/x509/,certificate certificate_parse der_kind distinguished_name_match hostname key_use \
    signature_budget signed_structure verdict_cache))
SMALL_SOURCES := $(filter-out $(HOT),$(wildcard $(addsuffix .c,$(addprefix csrc/,lua/* tls/context/* tls/issue/* tls/tls12/* tls/tls13/* tls/x509/*) \
    $(addprefix csrc/tls/connection/,answer explain exporter info renegotiation) \
    $(addprefix csrc/tls/handshake/,client_hello ech facts handshake local_certificate no_common peer_certificate record_limits) csrc/tls/wire/compression* csrc/tls/wire/ech* \
    csrc/tls/session/* csrc/tls/wire/imported_identity csrc/tls/wire/suite_names csrc/tls/asn1/pem csrc/tls/asn1/der_write \
    $(addprefix csrc/tls/key/,curve_point key key_describe key_encode key_encrypted key_file key_generate key_openssh key_traditional \
    password_cipher password_protect) $(addprefix csrc/tls/crypto/,pkcs12_kdf rc2 scrypt) \
    $(addprefix csrc/tls/crypto/,ffdhe hpke hybrid key_exchange ml_kem ml_kem_encryption sha3))))
small         = $(if $(filter $(SMALL_SOURCES),$(1)),$(SMALL))

TLS_SOURCES  := $(sort $(wildcard csrc/tls/*/*.c))
LUA_SOURCES  := $(sort $(wildcard csrc/lua/*.c))
CORE_TESTS   := $(sort $(wildcard spec/core/*/*_test.c))
CORE_SUPPORT := $(sort $(wildcard spec/core/support/*.c))
TLS_OBJECTS  := $(TLS_SOURCES:csrc/tls/%.c=$(BUILD)/tls/%.o)
LUA_OBJECTS  := $(LUA_SOURCES:csrc/lua/%.c=$(OUT)/lua/%.o)
TEST_BINS    := $(addprefix $(BUILD)/core/,$(basename $(notdir $(CORE_TESTS))))
TEST_OBJECTS := $(CORE_SUPPORT:spec/core/%.c=$(BUILD)/core/%.o)
LUA_MODULES  := $(sort $(shell find lua/bearssl -name '*.lua' 2>/dev/null))

.PHONY: all lib deps demo test lint bench install uninstall install-lib uninstall-lib clean env deps-test coverage sanitize valgrind doc help core-tests
.DELETE_ON_ERROR:

all: $(MODULE) $(TOOL) ## build the C module and the tool for LUA

help: ## this list
	@echo 'make [TARGET] [LUA=lua5.4|lua5.5|lua5.3|lua5.2|lua5.1|luajit] [BEARSSL_DIR=…] [PREFIX=…] [DESTDIR=…] [CC=…] [BUILD=…] [KERNELS=none] [ZLIB=none] [BROTLI=none] [ZSTD=none]'
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1 /p' Makefile | while read -r t d; do printf '  %-13s %s\n' "$$t" "$$d"; done

deps: ## install what building and running need (apt; apk, dnf and Homebrew in part)
	@LUA='$(LUA)' .ci/deps
deps-test: ## install what the tests need as well
	@LUA='$(LUA)' .ci/deps --test

# `make deps demo` and `make deps-test test` install first, also with -j
asked_deps := $(filter deps deps-test,$(MAKECMDGOALS))
ifneq ($(asked_deps),)
$(filter-out deps deps-test,$(MAKECMDGOALS)) $(BUILD)/tls/flags $(OUT)/lua/flags $(OUT)/flags: | $(asked_deps)
endif

# Objects are made again when what they are made with changes: `make BEARSSL_DIR=…` after `make` is enough.
define remember
@mkdir -p $(@D)
@new=$@.$$$$; printf '%s\n' '$(subst ','\'',$(1))' >$$new; if cmp -s $$new $@; then rm -f $$new; else mv -f $$new $@; fi
endef

.PHONY: always
$(BUILD)/tls/flags: always
	$(call remember,$(COMPILE) $(PURE) $(PURE_ROOMS) $(SMALL) $(SMALL_SOURCES))
$(OUT)/lua/flags: always
	$(if $(LUA_INCDIR),,$(error no lua.h for LUA=$(LUA): try `make deps`, another LUA=…, or LUA_INCDIR=…))
	$(call remember,$(COMPILE) $(SMALL) $(SMALL_SOURCES) -I$(LUA_INCDIR))
$(OUT)/flags: always
	$(call remember,$(LUA) $(CC) $(SHARED) $(PACKED) $(LDFLAGS) $(BEARSSL_LIBS) $(TLS_OBJECTS) $(LUA_OBJECTS))

# Shows what is made; with V=1, how.
run = $(if $(V),,@echo '  $(1)  $@'; )$(2)

$(BUILD)/tls/%.o: csrc/tls/%.c $(BUILD)/tls/flags
	@mkdir -p $(@D)
	$(call run,CC,$(COMPILE) $(if $(filter $(PURE_ROOMS:%=csrc/tls/%/),$(dir $<)),$(PURE)) $(call small,$<) $(if $(findstring /kernel/,$<),$(EMULATED)) -Icsrc/tls -MMD -MP -c -o $@ $<)

$(OUT)/lua/%.o: csrc/lua/%.c $(OUT)/lua/flags
	$(call run,CC,$(COMPILE) $(call small,$<) -Icsrc/tls -I$(LUA_INCDIR) -MMD -MP -c -o $@ $<)

$(MODULE): $(TLS_OBJECTS) $(LUA_OBJECTS) $(OUT)/flags
	@mkdir -p $(@D)
	$(call run,LINK,$(CC) $(SHARED) $(PACKED) $(OPT) $(LDFLAGS) -o $@ $(TLS_OBJECTS) $(LUA_OBJECTS) $(BEARSSL_LIBS))

$(BUILD)/core/support/%.o: spec/core/support/%.c $(BUILD)/tls/flags
	@mkdir -p $(@D)
	$(call run,CC,$(COMPILE) -Icsrc/tls -Ispec/core -MMD -MP -c -o $@ $<)

.SECONDARY: $(TEST_OBJECTS)
# The rooms of spec/core share one directory of programs: a test's name is its own.
vpath %_test.c $(sort $(dir $(CORE_TESTS)))
$(BUILD)/core/%_test: %_test.c $(TEST_OBJECTS) $(TLS_OBJECTS) $(BUILD)/tls/flags
	@mkdir -p $(@D)
	$(call run,LINK,$(COMPILE) -Icsrc/tls -Ispec/core -MMD -MP $(LDFLAGS) -o $@ $< $(TEST_OBJECTS) $(TLS_OBJECTS) $(BEARSSL_LIBS))

# ---- the core alone, for hosts in C

ARCHIVE   := $(BUILD)/lib/libtlscore.a
PKGCONFIG := $(BUILD)/lib/tlscore.pc

lib: $(ARCHIVE) $(PKGCONFIG) ## build the TLS core alone, for hosts in C: libtlscore.a and tlscore.pc in BUILD/lib

$(BUILD)/lib/flags: always
	$(call remember,$(AR) $(TLS_OBJECTS))

$(ARCHIVE): $(TLS_OBJECTS) $(BUILD)/lib/flags
	@rm -f $@
	$(call run,AR,$(AR) rcs $@ $(TLS_OBJECTS))

# There is no shared library, so whoever links the archive links BearSSL himself: it stands in Libs.
$(PKGCONFIG): csrc/tls/tlscore.pc.in always
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(abspath $(PREFIX))|' -e 's|@ARCHIVEDIR@|$(abspath $(ARCHIVEDIR))|' \
	    -e 's|@INCLUDEDIR@|$(abspath $(INCLUDEDIR))|' -e 's|@VERSION@|'"$$(.ci/version)"'|' \
	    -e 's|@LIBS@|$(strip $(BEARSSL_LIBS))|' $< >$@

# ---- the whole library as one archive, for programs that have a Lua of their own

STATIC         := $(OUT)/static/libbearssl-$(LUA_ID).a
STATIC_PC      := $(OUT)/static/bearssl-$(LUA_ID).pc
STATIC_OBJECTS := $(OUT)/static/preload.o $(OUT)/static/modules.o

.PHONY: static install-static uninstall-static
static: $(STATIC) $(STATIC_PC) ## build C modules and Lua files as one archive, for hosts in C with a Lua of their own

# A file that is gone changes the list alone.
$(OUT)/static/flags: always
	$(call remember,$(LUA_MODULES))
$(OUT)/static/modules.c: .ci/embed $(OUT)/static/flags $(LUA_MODULES)
	@mkdir -p $(@D)
	@.ci/embed $(LUA_MODULES) >$@

$(OUT)/static/modules.o: $(OUT)/static/modules.c csrc/static/modules.h $(OUT)/lua/flags
	$(call run,CC,$(COMPILE) -Icsrc/static -c -o $@ $<)
$(OUT)/static/preload.o: csrc/static/preload.c $(OUT)/lua/flags
	@mkdir -p $(@D)
	$(call run,CC,$(COMPILE) -Icsrc/static -I$(LUA_INCDIR) -MMD -MP -c -o $@ $<)

$(STATIC): $(STATIC_OBJECTS) $(TLS_OBJECTS) $(LUA_OBJECTS) $(OUT)/flags
	@rm -f $@
	$(call run,AR,$(AR) rcs $@ $(STATIC_OBJECTS) $(TLS_OBJECTS) $(LUA_OBJECTS))

# Whoever links it links his Lua, and BearSSL, which stands in Libs.
$(STATIC_PC): csrc/static/bearssl-lua.pc.in always
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(abspath $(PREFIX))|' -e 's|@ARCHIVEDIR@|$(abspath $(ARCHIVEDIR))|' -e 's|@LUA@|$(LUA_ID)|' \
	    -e 's|@INCLUDEDIR@|$(abspath $(INCLUDEDIR))|' -e 's|@VERSION@|'"$$(.ci/version)"'|' \
	    -e 's|@LIBS@|$(strip $(BEARSSL_LIBS))|' $< >$@

# Make every allocation fail once; the last looks into what is freed.
$(BUILD)/core/x509_allocation_test $(BUILD)/core/issue_allocation_test $(BUILD)/core/handshake_memory_test $(BUILD)/core/connection13_memory_test: override LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
$(BUILD)/core/connection13_memory_test: override LDFLAGS += -Wl,--wrap=free
# Counts what a decoder asks for.
$(BUILD)/core/compression_test: override LDFLAGS += -Wl,--wrap=malloc
# Counts what the system is asked, and has it fail.
$(BUILD)/core/random_test: override LDFLAGS += -Wl,--wrap=getentropy,--wrap=open,--wrap=madvise,--wrap=clock_gettime

core-tests: $(TEST_BINS)

# Debian's cross compilers build the core for them. OPT and the rest are as for this machine.
MACHINES ?= aarch64 i686 s390x
.PHONY: cross
cross: ## the core's C unit tests on other processors: MACHINES, run by qemu (needs cross compilers)
	@BUILD='$(BUILD)' MAKE='$(MAKE)' .ci/cross $(MACHINES)

# The tool starts with the interpreter it was made for.
SHEBANG = $(if $(findstring /,$(LUA)),$(LUA),/usr/bin/env $(LUA))
$(TOOL): bin/bearssl $(OUT)/flags
	@mkdir -p $(@D)
	@sed '1s|.*|#!$(SHEBANG)|' bin/bearssl >$@ && chmod 755 $@

-include $(TLS_OBJECTS:.o=.d) $(LUA_OBJECTS:.o=.d) $(OUT)/static/preload.d $(TEST_OBJECTS:.o=.d) $(TEST_BINS:=.d)

# ---- running from the checkout

RUN_LUA_PATH  = $(HERE)/lua/?.lua;$(HERE)/lua/?/init.lua;;$(if $(wildcard $(OUT)/share),$(abspath $(OUT))/share/?.lua)
RUN_LUA_CPATH = $(abspath $(OUT))/?.so;;
RUN           = LUA='$(LUA)' LUA_PATH='$(RUN_LUA_PATH)' LUA_CPATH='$(RUN_LUA_CPATH)' PATH='$(abspath $(OUT))/bin':"$$PATH"

env: ## print the exports that let a checkout run: eval "$(make -s env)"
	@echo "export LUA='$(LUA)'"
	@echo "export LUA_PATH='$(RUN_LUA_PATH)'"
	@echo "export LUA_CPATH='$(RUN_LUA_CPATH)'"
	@echo "export PATH='$(abspath $(OUT))/bin':\"\$$PATH\""

demo: all ## a server and a client over loopback, drawn as a ladder
	@$(RUN) $(LUA) examples/demo.lua

# What to test, and how: make test SPEC=spec/session_spec.lua SPECFLAGS='--filter=resumes'
# The specs of spec/ itself are quick and need few other programs; those of its rooms are about such programs.
QUICK_SPECS = $(wildcard spec/*_spec.lua)
OTHER_SPECS = $(wildcard spec/*/*_spec.lua)
SPECS     ?= $(QUICK_SPECS)
SPEC      ?= $(SPECS)
SPECFLAGS ?=
# Test programs and spec files that run at once. They wait for their peers more than they compute.
JOBS      ?= 3
# Specs that wait may wait this many times longer than usual, which with others beside them they sometimes must.
SLOWDOWN  ?= 2
SUITE      = $(RUN) SPEC='$(SPEC)' SPECFLAGS='$(SPECFLAGS)' OUT='$(OUT)' JOBS=$(JOBS) SLOWDOWN=$(SLOWDOWN) .ci/suite

test: all core-tests ## the C unit tests and the quick specs, in some two minutes
	@$(SUITE) $(if $(filter file,$(origin SPEC)),$(TEST_BINS))

.PHONY: test-all test-rest
test-all: ## all specs: also those with other libraries' peers, nginx, and whole programs
	@$(MAKE) --no-print-directory test SPECS='$(QUICK_SPECS) $(OTHER_SPECS)'
test-rest: ## what test-all has and test has not
	@$(MAKE) --no-print-directory test SPEC='$(OTHER_SPECS)' LABEL='$(or $(LABEL),$(LUA) rest)'

BENCH_BIN := $(BUILD)/bench/primitives
$(BENCH_BIN): spec/bench/primitives.c $(TLS_OBJECTS) $(BUILD)/tls/flags
	@mkdir -p $(@D)
	$(call run,LINK,$(COMPILE) -Icsrc/tls $(LDFLAGS) -o $@ $< $(TLS_OBJECTS) $(BEARSSL_LIBS))

BENCH_THREADS := $(BUILD)/bench/$(LUA_ID)/threads
$(BENCH_THREADS): spec/bench/threads.c
	@mkdir -p $(@D)
	$(call run,LINK,$(COMPILE) -I$(LUA_INCDIR) $(LDFLAGS) -rdynamic -pthread -o $@ $< $$(.ci/find-lua --libs '$(LUA)'))

bench: all $(BENCH_BIN) $(if $(filter Linux,$(shell uname)),$(BENCH_THREADS)) ## measure beside LuaSec, luaossl and OpenSSL
	@$(RUN) PRIMITIVES='$(BENCH_BIN)' THREADS='$(BENCH_THREADS)' $(LUA) spec/bench/run.lua $(BENCHFLAGS)

# ---- the same suite under other eyes; each has a build directory of its own

.PHONY: host checked fuzz
HOST := $(abspath $(BUILD))/host/$(LUA_ID)
host: $(HOST)
$(HOST): .ci/host.c $(BUILD)/tls/flags
	@mkdir -p $(@D)
	$(call run,LINK,$(COMPILE) -I$(LUA_INCDIR) $(LDFLAGS) -rdynamic -o $@ $< $$(.ci/find-lua --libs '$(LUA)'))

SANITIZERS = -fsanitize=address,undefined -fno-sanitize-recover=all
# More to build in: see `checked`.
INSTRUMENT ?=
SANITIZED   = OPT='-O1 -g -fno-omit-frame-pointer $(SANITIZERS) $(INSTRUMENT)' HARDEN= LDFLAGS='-Wl,-z,nodelete'
# Without whole programs that load the module into an interpreter of their own, which knows no sanitizer.
SANITIZE_SPECS = $(QUICK_SPECS) $(wildcard spec/robustness/*_spec.lua spec/interop/*_spec.lua spec/nginx/*_spec.lua)
sanitize: ## the suite under AddressSanitizer, LeakSanitizer and UBSan
	@$(MAKE) --no-print-directory host BUILD=$(BUILD)/sanitize $(SANITIZED)
	@ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=0 \
	 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 LABEL=sanitize TEST_PORTION=20 \
	 $(MAKE) --no-print-directory test BUILD=$(BUILD)/sanitize LUA=$(abspath $(BUILD))/sanitize/host/$(LUA_ID) \
	    LUA_INCDIR='$(LUA_INCDIR)' SPECS='$(SANITIZE_SPECS)' SLOWDOWN=4 $(SANITIZED)

VALGRIND = valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=99 --num-callers=24
# What the sanitizers cannot see is a read of memory that nobody wrote. All C unit tests look for it. Of the specs those
# do that drive the binding in the interpreter's own process. The others have their work done by peers, the tool or
# a build, which valgrind does not follow; or alter bytes and chains in tables that the C unit tests have as well.
VALGRIND_PASSED_OVER = rockspec c_host examples tool_* ca_tool system_bundle chains robustness/transport
VALGRIND_SPECS = $(shell find spec/*_spec.lua spec/robustness -name '*_spec.lua' $(VALGRIND_PASSED_OVER:%=! -path 'spec/%_spec.lua'))
valgrind: ## the C unit tests, and the specs that need no other program, under valgrind (but for specs tagged slow)
	@LABEL=valgrind TEST_PORTION=100 CHECKER='$(VALGRIND)' SPEC_TIMEOUT=$${SPEC_TIMEOUT:-1800} \
	 $(MAKE) --no-print-directory test BUILD=$(BUILD)/valgrind OPT='-O1 -g' LDFLAGS='-Wl,-z,nodelete' \
	    JOBS=2 SLOWDOWN=20 SPECS='$(VALGRIND_SPECS)' SPECFLAGS='--exclude-tags=slow $(SPECFLAGS)'

.PHONY: constant-time constant-time-run
constant-time: ## no branch, index or division depends on a secret: kernels, keys, tickets (needs valgrind and its headers)
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/constant-time CFLAGS='$(CFLAGS) -DTLS_CONSTANT_TIME' OPT='-O2 -gdwarf-4' \
	    EMULATED='-include spec/constant_time/instructions.h' constant-time-run
CONSTANT_TIME := $(BUILD)/constant_time
constant-time-run: $(CONSTANT_TIME)
	@sh spec/constant_time/run.sh $< $(filter $(BUILD)/tls/kernel/% $(BUILD)/tls/crypto/ml_kem% $(BUILD)/tls/crypto/sha3%,$(TLS_OBJECTS))
# It says itself what the processor can do, and does what memcheck's cannot.
CONSTANT_TIME_OWN = processor rsa_ifma x25519_ifma
$(CONSTANT_TIME): $(wildcard spec/constant_time/*.[ch]) $(TEST_OBJECTS) $(TLS_OBJECTS) $(BUILD)/tls/flags
	$(call run,LINK,$(COMPILE) -Icsrc/tls -Ispec/core -Ispec/constant_time -o $@ $(filter %.c,$^) $(TEST_OBJECTS) \
	    $(filter-out $(foreach o,$(CONSTANT_TIME_OWN),%/kernel/$(o).o),$(TLS_OBJECTS)) $(LDFLAGS) $(BEARSSL_LIBS))
	@$(COMPILE) -Icsrc/tls -c -o $@.planted.o spec/constant_time/constant_time.c

# What computes, and handshakes of both versions; the tests of spec/core/kernel choose by themselves.
KERNEL_TESTS = $(patsubst %,$(BUILD)/core/%_test,key_exchange ml_kem hybrid key_schedule record_protection connection13_records ticket \
    signature signature_vectors rsa_pss_12 handshake12 renegotiation connection13 connection13_psk connection13_early)
KERNEL_SPECS = spec/tls12_spec.lua spec/tls13_sessions_spec.lua spec/sign_spec.lua spec/kernels_spec.lua
KERNEL_RUN   = $(RUN) SPEC='$(KERNEL_SPECS)' SPECFLAGS= OUT='$(OUT)' JOBS=$(JOBS) SLOWDOWN=$(SLOWDOWN)
# A hundred thousand multiples for each curve's kernel, those first that take longest.
MULTIPLES    = $(patsubst %,$(BUILD)/core/%_arithmetic_test,p521 p384 p384_adx p256 p256_adx)
.PHONY: kernels-tests without-kernels
kernels-tests: all $(MULTIPLES) $(KERNEL_TESTS) $(BUILD)/kernels_list ## handshakes and unit tests with each kernel, with each fallback, and in a build that has none
	@$(RUN) TEST_WHOLE=yes SPEC=/dev/null OUT='$(OUT)' JOBS=$(JOBS) LABEL=multiples .ci/suite $(MULTIPLES)
	@$(KERNEL_RUN) sh spec/kernels/run.sh $(BUILD)/kernels_list $(KERNEL_TESTS)
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/kernels-none KERNELS=none ZLIB=none BROTLI=none ZSTD=none without-kernels
# Nor has it any of the optional libraries.
WITHOUT_TESTS = $(KERNEL_TESTS) $(patsubst %,$(BUILD)/core/%_test,compression compressed_chains compressed_certificate13)
without-kernels: all $(WITHOUT_TESTS) $(BUILD)/kernels_list
	@[ -z "$$($(BUILD)/kernels_list)" ] || { echo 'KERNELS=none builds kernels'; exit 1; }
	@$(KERNEL_RUN) LABEL=KERNELS=none .ci/suite $(WITHOUT_TESTS)
	@$(RUN) LUA_PATH='$(HERE)/?.lua;$(RUN_LUA_PATH)' $(LUA) spec/kernels/without_compression.lua
$(BUILD)/kernels_list: spec/kernels/list.c $(TLS_OBJECTS) $(BUILD)/tls/flags
	$(call run,LINK,$(COMPILE) -Icsrc/tls -o $@ $< $(TLS_OBJECTS) $(LDFLAGS) $(BEARSSL_LIBS))

# Seconds for each target, and which (all of spec/fuzz); two run at once.
FUZZ_SECONDS ?= 40
FUZZ_TARGETS ?=
fuzz: ## both engines and every parser under libFuzzer (needs clang), FUZZ_SECONDS for each target
	@mkdir -p $(BUILD)/fuzz
	@CORPUS='$(abspath $(BUILD))/fuzz' CFLAGS='$(BEARSSL_CFLAGS)' LIBS='$(BEARSSL_LIBS)' \
	    sh spec/fuzz/fuzz.sh $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# Operators of csrc/tls flipped one at a time, and who lives: not for CI. FILES are sources to keep to. Some mutants only
# the sanitizers see, such as a read behind an end, so there is a second build for who survives the first.
COUNT ?= 20
SEED  ?= 1
FILES ?=
MUTANTS = $(abspath $(BUILD))/mutants
.PHONY: mutants
mutants: ## flip COUNT operators, chosen by SEED, and list those that no test finds
	@$(MAKE) --no-print-directory BUILD=$(MUTANTS)/plain OPT=-O1 HARDEN= CFLAGS='-fvisibility=default' \
	    mutant-core mutant-binding
	@$(MAKE) --no-print-directory BUILD=$(MUTANTS)/sanitized HARDEN= CFLAGS='-fvisibility=default' \
	    OPT='-O1 -g -fno-omit-frame-pointer $(SANITIZERS)' mutant-core
	@COMPILE='$(CC) -std=c99 -D_DEFAULT_SOURCE $(PLATFORM) -O1 -fPIC $(BEARSSL_CFLAGS)' SANITIZERS='$(SANITIZERS)' \
	    BEARSSL_LIBS='$(BEARSSL_LIBS)' LUA='$(LUA)' LUA_PATH='$(RUN_LUA_PATH)' \
	    $(LUA) spec/mutants/run.lua '$(MUTANTS)' $(COUNT) $(SEED) $(FILES)
.PHONY: mutant-core mutant-binding
mutant-core: $(TLS_OBJECTS) $(TEST_OBJECTS)
mutant-binding: $(LUA_OBJECTS)

COVERAGE_MIN ?= 90
# Both take the directory of one build: forget what earlier runs counted; say what was counted since.
uncount = find $(1) -name '*.gcda' -delete 2>/dev/null; true
count   = .ci/coverage $(1)/tls $(COVERAGE_MIN) $(TLS_SOURCES)
coverage: ## lines of csrc/tls that the suite runs; fails under COVERAGE_MIN percent
	@$(call uncount,$(BUILD)/coverage)
	@LABEL=coverage $(MAKE) --no-print-directory test BUILD=$(BUILD)/coverage CC=gcc \
	    OPT='-O0 -g --coverage' HARDEN= SLOWDOWN=3
	@$(call count,$(BUILD)/coverage)

checked: ## sanitize and coverage in one run of the suite
	@$(call uncount,$(BUILD)/checked/sanitize)
	@$(MAKE) --no-print-directory sanitize BUILD=$(BUILD)/checked CC=gcc INSTRUMENT=--coverage
	@$(call count,$(BUILD)/checked/sanitize)

doc: ## README, the guides, the reference and the examples as HTML, in BUILD/doc (needs ldoc and discount: make deps-test)
	@mkdir -p $(BUILD)
	@.ci/docstrings '$(abspath $(BUILD))/docstrings'
	@rm -rf '$(BUILD)/doc'
	@$(LUA) .ci/pages/pages.lua '$(BUILD)/doc'
	@echo 'doc: $(BUILD)/doc/index.html'

# ---- lint

TIDY_FLAGS = -std=c99 -D_DEFAULT_SOURCE $(WARN) $(BEARSSL_CFLAGS) -Icsrc/tls -Icsrc/static -I$(LUA_INCDIR)
C_FILES   = $(sort $(shell find csrc spec .ci examples -name '*.[ch]'))
# The style is that of Debian 12's release; others lay out some lines differently.
CLANG_FORMAT ?= $(firstword $(foreach f,clang-format-14 clang-format,$(shell command -v $(f) 2>/dev/null)) clang-format)
lint: ## rooms, layout, luacheck, clang-tidy, and -Werror builds with gcc and clang
	@.ci/rooms
	@.ci/lengths
	@.ci/version check
	@$(CLANG_FORMAT) --dry-run --Werror $(C_FILES)
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/gcc CC=gcc WERROR=-Werror all core-tests
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/clang CC=clang WERROR=-Werror all core-tests
	luacheck --quiet --no-color . bin/bearssl rockspec/*.rockspec .busted .luacheckrc
	printf '%s\n' $(TLS_SOURCES) $(LUA_SOURCES) csrc/static/preload.c | xargs -P 2 -I '{}' clang-tidy --quiet '{}' -- $(TIDY_FLAGS) 2>/dev/null
	@echo 'lint: clean'

# ---- install

LUADIR ?= $(PREFIX)/share/lua/$(LUA_VERSION)
LIBDIR ?= $(PREFIX)/lib/lua/$(LUA_VERSION)
BINDIR ?= $(PREFIX)/bin
# Lua looks in /usr and /usr/local by itself; a tool installed elsewhere must be told where its modules are.
TOOL_PATHS = $(if $(filter-out /usr /usr/local,$(PREFIX)),package.path = "$(LUADIR)/?.lua;$(LUADIR)/?/init.lua;" .. package.path package.cpath = "$(LIBDIR)/?.so;" .. package.cpath)

install: all ## install below PREFIX
	mkdir -p '$(DESTDIR)$(LIBDIR)/bearssl' '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LUADIR)'
	install -m 755 $(MODULE) '$(DESTDIR)$(LIBDIR)/bearssl/core.so'
	for f in $(LUA_MODULES:lua/%=%); do \
	    mkdir -p "$$(dirname "$(DESTDIR)$(LUADIR)/$$f")" && install -m 644 "lua/$$f" "$(DESTDIR)$(LUADIR)/$$f" || exit 1; done
	{ head -n 1 $(TOOL); $(if $(TOOL_PATHS),echo '$(TOOL_PATHS)';) tail -n +2 $(TOOL); } >'$(DESTDIR)$(BINDIR)/bearssl'
	chmod 755 '$(DESTDIR)$(BINDIR)/bearssl'

# The tool may be another Lua's, which was installed later and is still there.
uninstall: ## remove what install put there
	rm -f '$(DESTDIR)$(LIBDIR)/bearssl/core.so'
	for f in $(LUA_MODULES:lua/%=%); do rm -f "$(DESTDIR)$(LUADIR)/$$f"; done
	for d in '$(DESTDIR)$(LUADIR)/bearssl' '$(DESTDIR)$(LIBDIR)/bearssl'; do \
	    [ ! -d "$$d" ] || find "$$d" -depth -type d -empty -exec rmdir {} \; ; done
	tool='$(DESTDIR)$(BINDIR)/bearssl'; \
	    if [ -f "$$tool" ] && { [ "$$(head -n 1 "$$tool")" = '#!$(SHEBANG)' ] || \
	    ! ls '$(DESTDIR)$(PREFIX)'/share/lua/*/bearssl/init.lua >/dev/null 2>&1; }; then rm -f "$$tool"; fi

ARCHIVEDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
# Headers are public when they say so, and what those need.
PUBLIC_HEADERS = tls.h base/error_table.h base/linkage.h \
    $(patsubst csrc/tls/%,%,$(sort $(shell grep -l '^TLS_PUBLIC_BEGIN' csrc/tls/*/*.h)))

install-lib: lib ## install the TLS core for hosts in C below PREFIX, with its headers and for pkg-config
	mkdir -p '$(DESTDIR)$(ARCHIVEDIR)/pkgconfig'
	install -m 644 $(ARCHIVE) '$(DESTDIR)$(ARCHIVEDIR)/libtlscore.a'
	install -m 644 $(PKGCONFIG) '$(DESTDIR)$(ARCHIVEDIR)/pkgconfig/tlscore.pc'
	for f in $(PUBLIC_HEADERS); do \
	    to="$(DESTDIR)$(INCLUDEDIR)/tlscore/$$f"; \
	    mkdir -p "$$(dirname "$$to")" && install -m 644 "csrc/tls/$$f" "$$to" || exit 1; done

uninstall-lib: ## remove what install-lib put there
	rm -f '$(DESTDIR)$(ARCHIVEDIR)/libtlscore.a' '$(DESTDIR)$(ARCHIVEDIR)/pkgconfig/tlscore.pc'
	for f in $(PUBLIC_HEADERS); do rm -f "$(DESTDIR)$(INCLUDEDIR)/tlscore/$$f"; done
	d='$(DESTDIR)$(INCLUDEDIR)/tlscore'; [ ! -d "$$d" ] || find "$$d" -depth -type d -empty -exec rmdir {} \;

install-static: static ## install the archive of static below PREFIX, with its header and for pkg-config
	mkdir -p '$(DESTDIR)$(ARCHIVEDIR)/pkgconfig' '$(DESTDIR)$(INCLUDEDIR)/bearssl-lua'
	install -m 644 $(STATIC) '$(DESTDIR)$(ARCHIVEDIR)/$(notdir $(STATIC))'
	install -m 644 $(STATIC_PC) '$(DESTDIR)$(ARCHIVEDIR)/pkgconfig/$(notdir $(STATIC_PC))'
	install -m 644 csrc/static/bearssl_lua.h '$(DESTDIR)$(INCLUDEDIR)/bearssl-lua/bearssl_lua.h'

uninstall-static: ## remove what install-static put there
	rm -f '$(DESTDIR)$(ARCHIVEDIR)/$(notdir $(STATIC))' '$(DESTDIR)$(ARCHIVEDIR)/pkgconfig/$(notdir $(STATIC_PC))' \
	    '$(DESTDIR)$(INCLUDEDIR)/bearssl-lua/bearssl_lua.h'
	[ ! -d '$(DESTDIR)$(INCLUDEDIR)/bearssl-lua' ] || rmdir '$(DESTDIR)$(INCLUDEDIR)/bearssl-lua' 2>/dev/null || true

# ---- a release: see RELEASING.md

DIST       := $(BUILD)/dist
# Where the archive will lie for who installs the rock, without its name.
SOURCE_URL ?=

.PHONY: dist
dist: ## the source archive of the last commit and its rockspec, in BUILD/dist; the same bytes from the same commit
	@.ci/dist '$(DIST)' '$(SOURCE_URL)'

clean: ## remove everything that was built
	rm -rf $(BUILD)
