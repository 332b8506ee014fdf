// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of a device with asymmetric logical unit access, in its directory alua/. The state
 * itself is in access_state and preferred_path beside that.
 *
 * Contexts:  process context.
 */
#include <linux/array_size.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/sysfs.h>
#include <scsi/scsi_device.h>
#include "scsi_alua_priv.h"

static const char * const scsi_alua_whys[] = {
	[SCSI_ALUA_WHY_NONE]		= "none",
	[SCSI_ALUA_WHY_ASKING]		= "the first answer is awaited",
	[SCSI_ALUA_WHY_NO_GROUP]	= "VPD page 0x83 has no target port group",
	[SCSI_ALUA_WHY_RESERVED]	= "the target reports a reserved state",
	[SCSI_ALUA_WHY_ABSENT]		= "the target does not list the target port group",
	[SCSI_ALUA_WHY_CONFLICT]	= "the target lists more than one state",
	[SCSI_ALUA_WHY_EXPIRED]		= "a transition did not end in time",
	[SCSI_ALUA_WHY_REFUSED]		= "REPORT TARGET PORT GROUPS is refused",
	[SCSI_ALUA_WHY_FAILED]		= "REPORT TARGET PORT GROUPS fails",
	[SCSI_ALUA_WHY_MALFORMED]	= "the reply to REPORT TARGET PORT GROUPS is malformed",
};

/**
 * scsi_alua_why_text() - why an access state is not known, for people
 * @why: the reason
 *
 * Return: a string constant.
 */
const char *scsi_alua_why_text(enum scsi_alua_why why)
{
	return scsi_alua_whys[why];
}

static ssize_t number_show(char *buf, int number)
{
	return number < 0 ? sysfs_emit(buf, "none\n") : sysfs_emit(buf, "%d\n", number);
}

static ssize_t target_port_group_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return number_show(buf, READ_ONCE(to_scsi_device(dev)->alua->port.group));
}
static DEVICE_ATTR_RO(target_port_group);

static ssize_t relative_port_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return number_show(buf, READ_ONCE(to_scsi_device(dev)->alua->port.port));
}
static DEVICE_ATTR_RO(relative_port);

static ssize_t unknown_reason_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	u32 word = READ_ONCE(to_scsi_device(dev)->alua->word);

	return sysfs_emit(buf, "%s\n", scsi_alua_why_text(SCSI_ALUA_WORD_WHY(word)));
}
static DEVICE_ATTR_RO(unknown_reason);

static ssize_t last_change_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct scsi_alua *alua = to_scsi_device(dev)->alua;

	guard(spinlock_irqsave)(&alua->lock);
	return alua->reason ? sysfs_emit(buf, "%lld\n", (long long)alua->changed) :
			      sysfs_emit(buf, "none\n");
}
static DEVICE_ATTR_RO(last_change);

static ssize_t last_change_reason_show(struct device *dev, struct device_attribute *attr,
				       char *buf)
{
	return sysfs_emit(buf, "%s\n", READ_ONCE(to_scsi_device(dev)->alua->reason) ?: "none");
}
static DEVICE_ATTR_RO(last_change_reason);

#define SCSI_ALUA_COUNTER(name)								\
static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf)	\
{											\
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_scsi_device(dev)->alua->name));	\
}											\
static DEVICE_ATTR_RO(name)

SCSI_ALUA_COUNTER(rtpgs);
SCSI_ALUA_COUNTER(coalesced);
SCSI_ALUA_COUNTER(failed);
SCSI_ALUA_COUNTER(transitions);

static struct attribute *scsi_alua_attrs[] = {
	&dev_attr_target_port_group.attr,
	&dev_attr_relative_port.attr,
	&dev_attr_unknown_reason.attr,
	&dev_attr_last_change.attr,
	&dev_attr_last_change_reason.attr,
	&dev_attr_rtpgs.attr,
	&dev_attr_coalesced.attr,
	&dev_attr_failed.attr,
	&dev_attr_transitions.attr,
	NULL
};

static bool scsi_alua_group_visible(struct kobject *kobj)
{
	return to_scsi_device(kobj_to_dev(kobj))->alua;
}

DEFINE_SIMPLE_SYSFS_GROUP_VISIBLE(scsi_alua);

const struct attribute_group scsi_alua_attr_group = {
	.name = "alua",
	.attrs = scsi_alua_attrs,
	.is_visible = SYSFS_GROUP_VISIBLE(scsi_alua),
};

/**
 * scsi_alua_sysfs_notify() - wake those who poll the access state of a device
 * @sdev: the device
 *
 * Context: Process context, sleeps.
 */
void scsi_alua_sysfs_notify(struct scsi_device *sdev)
{
	sysfs_notify(&sdev->sdev_gendev.kobj, NULL, "access_state");
	sysfs_notify(&sdev->sdev_gendev.kobj, NULL, "preferred_path");
}
