/* SPDX-License-Identifier: GPL-2.0 */
/* How many REPORT TARGET PORT GROUPS may be in flight. */
#ifndef _SCSI_ALUA_SLOTS_H
#define _SCSI_ALUA_SLOTS_H

#include <linux/types.h>

/**
 * struct scsi_alua_slot - permission to ask
 * @entry: entry in the list of slots that are taken
 * @host: host of the device
 * @target: target of the device
 * @since: jiffies when it was taken
 */
struct scsi_alua_slot {
	struct list_head entry;
	const void *host;
	const void *target;
	unsigned long since;
};

unsigned long scsi_alua_slot_take(struct scsi_alua_slot *slot, const void *host,
				  const void *target, unsigned long now);
void scsi_alua_slot_give(struct scsi_alua_slot *slot);

#endif /* _SCSI_ALUA_SLOTS_H */
