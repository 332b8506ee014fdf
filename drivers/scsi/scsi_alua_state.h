/* SPDX-License-Identifier: GPL-2.0 */
/* The access state of one device, and when to ask for it next. */
#ifndef _SCSI_ALUA_STATE_H
#define _SCSI_ALUA_STATE_H

#include <linux/types.h>
#include <scsi/scsi_alua.h>

/* Instead of a delay: nothing more to ask; or VPD page 0x83 is to be read before. */
#define SCSI_ALUA_IDLE		(-1)
#define SCSI_ALUA_READ_PAGE	(-2)

/**
 * enum scsi_alua_why - why the access state of a device is not known
 * @SCSI_ALUA_WHY_NONE: it is known, or the device has none
 * @SCSI_ALUA_WHY_ASKING: the first answer is awaited
 * @SCSI_ALUA_WHY_NO_GROUP: VPD page 0x83 does not tell the target port group
 * @SCSI_ALUA_WHY_RESERVED: the target tells a reserved state
 * @SCSI_ALUA_WHY_ABSENT: the group is not among those that the target lists
 * @SCSI_ALUA_WHY_CONFLICT: the target lists the group or the port with more than one state
 * @SCSI_ALUA_WHY_EXPIRED: a transition did not end in time
 * @SCSI_ALUA_WHY_REFUSED: the target refuses REPORT TARGET PORT GROUPS
 * @SCSI_ALUA_WHY_FAILED: REPORT TARGET PORT GROUPS has failed
 * @SCSI_ALUA_WHY_MALFORMED: its reply makes no sense
 */
enum scsi_alua_why {
	SCSI_ALUA_WHY_NONE,
	SCSI_ALUA_WHY_ASKING,
	SCSI_ALUA_WHY_NO_GROUP,
	SCSI_ALUA_WHY_RESERVED,
	SCSI_ALUA_WHY_ABSENT,
	SCSI_ALUA_WHY_CONFLICT,
	SCSI_ALUA_WHY_EXPIRED,
	SCSI_ALUA_WHY_REFUSED,
	SCSI_ALUA_WHY_FAILED,
	SCSI_ALUA_WHY_MALFORMED,
};

/**
 * struct scsi_alua_machine - access state of a device
 * @view: what is known
 * @why: why it is not
 * @began: jiffies at which the transition was first seen
 * @deadline: jiffies at which it must have ended
 * @in_transition: the two count
 * @expired: a transition was given up, and no other state was seen since
 * @was_valid: a state was known at some time
 * @again: unit attentions in a row that an RTPG has met
 * @busy: paced repetitions since the last answer
 * @rereads: paced readings in this transition, or after its expiry
 * @page_read: page 0x83 was read again because the reply did not fit it
 */
struct scsi_alua_machine {
	struct scsi_alua_view view;
	enum scsi_alua_why why;
	unsigned long began;
	unsigned long deadline;
	bool in_transition;
	bool expired;
	bool was_valid;
	u8 again;
	u8 busy;
	u16 rereads;
	bool page_read;
};

/**
 * struct scsi_alua_answer - what one query has brought for one device
 * @outcome: what came of it
 * @lookup: for SCSI_ALUA_OUTCOME_ANSWERED: what the reply says of the device
 * @state: state that the reply or the sense data tells
 * @preferred: PREF, with SCSI_ALUA_STATE
 * @transition_secs: implicit transition time in seconds; 0 or -1 if not told
 * @triggered: something has called for the query; it is not one of a series
 * @now: jiffies
 */
struct scsi_alua_answer {
	enum scsi_alua_outcome outcome;
	enum scsi_alua_lookup lookup;
	u8 state;
	bool preferred;
	int transition_secs;
	bool triggered;
	unsigned long now;
};

void scsi_alua_machine_init(struct scsi_alua_machine *m, enum scsi_alua_why why);
void scsi_alua_machine_none(struct scsi_alua_machine *m);
void scsi_alua_machine_told(struct scsi_alua_machine *m, u8 state, int transition_secs,
			    unsigned long now);
long scsi_alua_machine_answer(struct scsi_alua_machine *m, const struct scsi_alua_answer *a);

#endif /* _SCSI_ALUA_STATE_H */
