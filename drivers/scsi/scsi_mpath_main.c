// SPDX-License-Identifier: GPL-2.0
/*
 * Native SCSI multipath: one disk over all paths of a logical unit, without a daemon.
 *
 * Loading this module is the opt-in. While it is there, sd asks it about every disk that appears,
 * and the paths of an eligible logical unit become one disk. Built in, it needs the boot word
 * scsi_multipath_always, scsi_multipath.enable=1 or CONFIG_SCSI_MULTIPATH_DEFAULT_ENABLE, because
 * a new kernel must not rearrange anybody's disks.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include "scsi_mpath.h"

static bool always;
module_param(always, bool, 0444);
MODULE_PARM_DESC(always,
		 "also take disks without target port groups or with a local name only (default: N)");

/* -1 until the command line, modprobe or the default has decided. */
static int enable = -1;
module_param(enable, bint, 0444);
MODULE_PARM_DESC(enable,
		 "make multipath disks (default: 1 as a module or with the boot word, else as configured)");

/* NULL is the default of the library. */
static const char *iopolicy;

static int iopolicy_set(const char *val, const struct kernel_param *kp)
{
	const char *name = mpath_policy_name(val);

	if (!name) {
		pr_err("iopolicy \"%s\" is not known; numa, round-robin and queue-depth are\n",
		       val);
		return -EINVAL;
	}
	WRITE_ONCE(iopolicy, name);
	return 0;
}

static int iopolicy_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", scsi_mpath_iopolicy());
}

static const struct kernel_param_ops iopolicy_ops = {
	.set = iopolicy_set,
	.get = iopolicy_get,
};

module_param_cb(iopolicy, &iopolicy_ops, NULL, 0644);
MODULE_PARM_DESC(iopolicy,
		 "path selection of new heads: numa (default), round-robin or queue-depth");

/**
 * scsi_mpath_always() - are disks taken that do not say that they have several paths
 *
 * Context: Any.
 * Return: true if "always" or the boot word scsi_multipath_always was given.
 */
bool scsi_mpath_always(void)
{
	return always || scsi_multipath_always;
}

/**
 * scsi_mpath_iopolicy() - the policy of heads to come
 *
 * Return: a name that mpath_head_init() accepts.
 */
const char *scsi_mpath_iopolicy(void)
{
	return mpath_policy_name(READ_ONCE(iopolicy));
}

static const struct scsi_mpath_ops scsi_mpath_ops = {
	.attach = scsi_mpath_take_disk,
};

static bool scsi_mpath_active;

static int __init scsi_mpath_init(void)
{
	int ret;

	if (enable < 0)
		enable = IS_MODULE(CONFIG_SCSI_MULTIPATH) ||
			 IS_ENABLED(CONFIG_SCSI_MULTIPATH_DEFAULT_ENABLE) ||
			 scsi_multipath_always;
	if (!enable) {
		pr_info("disabled; disks stay ordinary\n");
		return 0;
	}

	ret = scsi_mpath_heads_init();
	if (ret)
		return ret;
	ret = scsi_register_multipath(&scsi_mpath_ops);
	if (ret)
		goto heads_exit;
	ret = scsi_mpath_records_init();
	if (ret)
		goto unregister;
	scsi_mpath_active = true;
	return 0;

unregister:
	scsi_unregister_multipath(&scsi_mpath_ops);
	scsi_mpath_give_back_all();
heads_exit:
	scsi_mpath_heads_exit();
	return ret;
}

static void __exit scsi_mpath_exit(void)
{
	if (!scsi_mpath_active)
		return;
	scsi_unregister_multipath(&scsi_mpath_ops);
	scsi_mpath_give_back_all();
	scsi_mpath_records_exit();
	scsi_mpath_heads_exit();
}

/* Before the initcall level at which host drivers find disks, after that of scsi_mod. */
fs_initcall(scsi_mpath_init);
module_exit(scsi_mpath_exit);

MODULE_DESCRIPTION("Native SCSI multipath");
MODULE_LICENSE("GPL");
