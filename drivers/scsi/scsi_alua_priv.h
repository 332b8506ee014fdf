/* SPDX-License-Identifier: GPL-2.0 */
/* Asymmetric logical unit access: what the SCSI core calls, and the object of a device. */
#ifndef _SCSI_ALUA_PRIV_H
#define _SCSI_ALUA_PRIV_H

#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <scsi/scsi_alua.h>
#include "scsi_alua_slots.h"
#include "scsi_alua_state.h"

struct Scsi_Host;
struct scsi_cmnd;
struct scsi_device;

/* Time limit of a command of the core's own */
#define SCSI_ALUA_TIMEOUT_MS		20000

/* Why the state is not known, out of &scsi_alua.word */
#define SCSI_ALUA_WORD_WHY(word)	((word) >> 24)

/**
 * struct scsi_alua - access state of a device, and what keeps it right
 * @sdev: the device
 * @lock: protects what follows up to @read_tpgs
 * @machine: the state
 * @port: the target port through which the device is reached
 * @want: number of triggers
 * @have: @want when the last query was sent that has brought an answer
 * @told: @want after the last sense data that told a state, 0 if none has
 * @told_at: when that came
 * @answered_at: when the last query that was answered was sent
 * @asking: a query is under way
 * @stopped: the device goes away
 * @scans: number of rescans
 * @silent: queries in a row that nobody has answered in time, up to a bound
 * @not_before: jiffies before which no further one is sent then
 * @due: jiffies at which @work runs, while it is pending
 * @plain_only: the target gives no usable extended header
 * @transition_secs: implicit transition time in seconds, 0 or -1 if not told
 * @rtpgs: commands sent
 * @coalesced: triggers that a query which was due anyway has served
 * @failed: queries that have brought nothing
 * @transitions: transitions seen
 * @reason: what the last change came from
 * @changed: when it came, in seconds since 1970
 * @word: what @machine has come to, as one word; read without the lock
 * @watch: whom to tell of a change; called without the lock
 * @read_page: page 0x83 is to be read before the next query
 * @read_tpgs: so are the standard INQUIRY data
 * @work: sends the queries
 * @slot: of @work
 * @announce: tells user space of a change
 * @announced: @word that was announced last; of @announce
 */
struct scsi_alua {
	struct scsi_device *sdev;
	spinlock_t lock;	/* up to @read_tpgs */
	struct scsi_alua_machine machine;
	struct scsi_alua_port port;
	unsigned int want;
	unsigned int have;
	unsigned int told;
	ktime_t told_at;
	ktime_t answered_at;
	bool asking;
	bool stopped;
	unsigned int scans;
	unsigned int silent;
	unsigned long not_before;
	unsigned long due;
	bool plain_only;
	int transition_secs;
	unsigned int rtpgs;
	unsigned int coalesced;
	unsigned int failed;
	unsigned int transitions;
	const char *reason;
	time64_t changed;
	u32 word;
	struct scsi_alua_watch __rcu *watch;
	bool read_page;
	bool read_tpgs;
	struct delayed_work work;
	struct scsi_alua_slot slot;
	struct work_struct announce;
	u32 announced;
};

#ifdef CONFIG_SCSI_ALUA
int scsi_alua_read_port(struct scsi_device *sdev, struct scsi_alua_port *port);
int scsi_alua_read_tpgs(struct scsi_device *sdev);
void scsi_alua_add(struct scsi_device *sdev);
void scsi_alua_start(struct scsi_device *sdev);
void scsi_alua_rescanned(struct scsi_device *sdev);
void scsi_alua_stop(struct scsi_device *sdev);
void scsi_alua_free(struct scsi_device *sdev);
bool scsi_alua_sense(struct scsi_cmnd *cmd);
void scsi_alua_running(struct scsi_device *sdev);
void scsi_alua_host_recovered(struct Scsi_Host *shost);
int scsi_alua_init(void);
void scsi_alua_exit(void);
#else
static inline void scsi_alua_add(struct scsi_device *sdev) {}
static inline void scsi_alua_start(struct scsi_device *sdev) {}
static inline void scsi_alua_rescanned(struct scsi_device *sdev) {}
static inline void scsi_alua_stop(struct scsi_device *sdev) {}
static inline void scsi_alua_free(struct scsi_device *sdev) {}
static inline bool scsi_alua_sense(struct scsi_cmnd *cmd) { return false; }
static inline void scsi_alua_running(struct scsi_device *sdev) {}
static inline void scsi_alua_host_recovered(struct Scsi_Host *shost) {}
static inline int scsi_alua_init(void) { return 0; }
static inline void scsi_alua_exit(void) {}
#endif

extern const struct attribute_group scsi_alua_attr_group;

const char *scsi_access_state_name(unsigned char state);
const char *scsi_alua_why_text(enum scsi_alua_why why);
void scsi_alua_sysfs_notify(struct scsi_device *sdev);

#endif /* _SCSI_ALUA_PRIV_H */
