// SPDX-License-Identifier: GPL-2.0
/*
 * How many REPORT TARGET PORT GROUPS may be in flight.
 *
 * After an event each device of a host may want to ask. A slot is what a device needs to do so.
 * Who has waited for a second without an answer occupies none any more, so that a silent array
 * does not keep others from asking; an array with two such devices gets one slot until it answers.
 *
 * Contexts:  any.
 * Locking:   scsi_alua_slots_lock, a leaf, protects the list of slots that are taken.
 * Invariant: who was refused asks again by a timer of his own, so no slot is lost with a waiter.
 */
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <kunit/visibility.h>
#include "scsi_alua_slots.h"

#define SLOTS_PER_HOST		64
#define SLOTS_PER_TARGET	16
#define SLOT_OVERDUE		HZ
#define SILENT_TARGET		2
#define FULL_DELAY		(HZ / 50)

static LIST_HEAD(scsi_alua_slots);
static DEFINE_SPINLOCK(scsi_alua_slots_lock);

/**
 * scsi_alua_slot_take() - may a device ask now
 * @slot: slot of the device, not taken
 * @host: the host, for comparison only
 * @target: the target, for comparison only
 * @now: jiffies
 *
 * Context: Any.
 * Return: 0 if it may; the slot is to be given back by scsi_alua_slot_give(). Else jiffies after
 * which to try again.
 */
unsigned long scsi_alua_slot_take(struct scsi_alua_slot *slot, const void *host,
				  const void *target, unsigned long now)
{
	unsigned int of_host = 0, of_target = 0, silent = 0;
	struct scsi_alua_slot *taken;

	guard(spinlock_irqsave)(&scsi_alua_slots_lock);
	list_for_each_entry(taken, &scsi_alua_slots, entry) {
		bool overdue = time_after_eq(now, taken->since + SLOT_OVERDUE);

		of_host += taken->host == host && !overdue;
		of_target += taken->target == target && !overdue;
		silent += taken->target == target && overdue;
	}
	if (silent >= SILENT_TARGET && of_target)
		return SLOT_OVERDUE;
	if (of_host >= SLOTS_PER_HOST || of_target >= SLOTS_PER_TARGET)
		return FULL_DELAY;
	slot->host = host;
	slot->target = target;
	slot->since = now;
	list_add(&slot->entry, &scsi_alua_slots);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(scsi_alua_slot_take);

/**
 * scsi_alua_slot_give() - a device has its answer
 * @slot: slot that was taken
 *
 * Context: Any.
 */
void scsi_alua_slot_give(struct scsi_alua_slot *slot)
{
	guard(spinlock_irqsave)(&scsi_alua_slots_lock);
	list_del(&slot->entry);
}
EXPORT_SYMBOL_IF_KUNIT(scsi_alua_slot_give);
