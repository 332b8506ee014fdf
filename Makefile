# SPDX-License-Identifier: GPL-2.0
# Native SCSI multipath for Linux: the series and its laboratory. "make help" lists the commands.

LAB := tools/testing/scsi_multipath
CONFIG ?= base

export KSRC VM_TIMEOUT VM_CPUS VM_MEM VM_QEMU VM_ENV VM_CMDLINE VM_KERNEL_LOG VM_ACCEL SEED JOBS

.PHONY: help demo test kernel vm shell kunit selftest series check bench soak

help:	## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name text; do printf 'make %-12s %s\n' "$$name" "$$text"; done

demo:	## show the main job: one disk from two paths, under fio, while paths fail and return
	@$(LAB)/vm.sh -c $(CONFIG) tools/testing/selftests/scsi_multipath/demo.sh

test:	## everything that CI runs; last line: N passed, N failed, N skipped
	@$(LAB)/test.sh

kernel:	## [CONFIG=base|base-y|base-y-on|debug|stock] build that kernel, patched; stock is base without the series
	@$(LAB)/kernel.sh $(CONFIG)

vm:	## RUN=file [CONFIG=] run a file as root in that kernel, pass on its output and status
	@$(LAB)/vm.sh -c $(CONFIG) "$(if $(RUN),$(RUN),$(error make vm RUN=file))"

shell:	## [CONFIG=] the same, interactive
	@$(LAB)/vm.sh -c $(CONFIG) --shell

kunit:	## [VECTORS="dir ..."] the KUnit suites; with VECTORS, the vector suite reads *.vec there
	@VECTORS="$(VECTORS)" $(LAB)/kunit.sh

selftest:	## [T=glob] [CONFIG=] the guest tests, or those whose names match
	@$(LAB)/selftest.py --config $(CONFIG) "$(or $(T),*)"

series:	## [O=dir] mail-ready patches with a cover letter, in out/
	@$(LAB)/series.sh "$(or $(O),out)"

check:	## [CHECKS="name ..."] sparse, checkpatch, kernel-doc, per-patch build, series integrity
	@$(LAB)/check.sh $(CHECKS)

bench:	## [OUT=file.json] measurements, with their peers from the same run
	@OUT="$(if $(OUT),$(abspath $(OUT)))" BENCH="$(BENCH)" $(LAB)/bench/run

soak:	## [SOAK=1h] [SEED=n] the long forms of the tests, resumable
	@$(LAB)/soak.sh "$(or $(SOAK),1h)"
