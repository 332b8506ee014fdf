// SPDX-License-Identifier: GPL-2.0
/*
 * The boot word scsi_multipath_always.
 *
 * Only built-in code sees a word without a module name on the kernel's command line, so this file
 * is built in even when scsi_multipath is a module, which reads the value when it is loaded.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/moduleparam.h>
#include <scsi/scsi_multipath.h>

bool scsi_multipath_always;
EXPORT_SYMBOL_GPL(scsi_multipath_always);

core_param(scsi_multipath_always, scsi_multipath_always, bool, 0444);
