// SPDX-License-Identifier: GPL-2.0
/*
 * Asymmetric logical unit access: the state in which a device reaches its logical unit, kept right.
 *
 * Each device with TPGS has one object, made when the device is added and freed with it. Its work
 * item sends REPORT TARGET PORT GROUPS and stores what the reply says of this device. Devices share
 * no state: equal group identifiers on two of them need not mean the same group.
 *
 * Objects:   struct scsi_alua, owned by its scsi_device.
 * Contexts:  triggers and sense data come from any context, interrupts may be off; the works sleep.
 *            No scan waits for them. They hold no reference to the device: removal stops them.
 * Locking:   scsi_alua.lock, irqsave, a leaf; the subscriber is called without it. The view is
 *            stored as one word, and read without the lock.
 * Invariant: a trigger is followed by a query that begins after it. What an older query brings does
 *            not undo what sense data has told since.
 */
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>
#include <scsi/scsi_alua.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_proto.h>
#include "scsi_alua_priv.h"

#define CREATE_TRACE_POINTS
#include <trace/events/scsi_alua.h>

#define SCSI_ALUA_PACED_DELAY	(HZ / 10)
#define SCSI_ALUA_SAME_DELAY	(1 * HZ)
#define SCSI_ALUA_SILENT_MAX	6	/* a minute */

static struct workqueue_struct *scsi_alua_wq;
static DEFINE_RATELIMIT_STATE(scsi_alua_known_ratelimit, 5 * HZ, 50);
static DEFINE_RATELIMIT_STATE(scsi_alua_unknown_ratelimit, 5 * HZ, 10);

static struct scsi_alua *scsi_alua_of(const struct scsi_device *sdev)
{
	/* Pairs with scsi_alua_install(): who sees the object sees all of it. */
	return smp_load_acquire(&sdev->alua);
}

/* One word, so that all of it is of the same time. */
static u32 scsi_alua_pack(const struct scsi_alua_machine *m)
{
	return m->why << 24 | m->view.kind << 16 | m->view.preferred << 8 | m->view.state;
}

static struct scsi_alua_view scsi_alua_unpack(u32 word)
{
	return (struct scsi_alua_view) {
		.kind = word >> 16 & 0xff,
		.preferred = word >> 8 & 1,
		.state = word & 0xff,
	};
}

/**
 * scsi_alua_view() - what is known of the access state of a device
 * @sdev: the device
 *
 * Context: Any.
 * Return: the state with its kind; SCSI_ALUA_NONE for a device without TPGS.
 */
struct scsi_alua_view scsi_alua_view(const struct scsi_device *sdev)
{
	const struct scsi_alua *alua = scsi_alua_of(sdev);

	return alua ? scsi_alua_unpack(READ_ONCE(alua->word)) : (struct scsi_alua_view) {};
}
EXPORT_SYMBOL_GPL(scsi_alua_view);

/* For those who look at &scsi_device.access_state alone, on a fast path. */
static u8 scsi_alua_field(const struct scsi_alua_view *view)
{
	if (view->kind != SCSI_ALUA_VALID && view->kind != SCSI_ALUA_TRANSITIONING)
		return SCSI_ACCESS_STATE_UNKNOWN;
	return view->state | (view->preferred ? SCSI_ACCESS_STATE_PREFERRED : 0);
}

/* Store what @alua->machine has come to. Return: true if that is something new. */
static bool scsi_alua_publish(struct scsi_alua *alua, const char *reason)
{
	u32 word = scsi_alua_pack(&alua->machine);
	struct scsi_device *sdev = alua->sdev;

	lockdep_assert_held(&alua->lock);
	if (word == alua->word)
		return false;
	trace_scsi_alua_state(sdev, alua->word, word, reason);
	if (alua->machine.view.kind == SCSI_ALUA_TRANSITIONING)
		alua->transitions++;
	alua->changed = ktime_get_real_seconds();
	alua->reason = reason;
	WRITE_ONCE(alua->word, word);
	WRITE_ONCE(sdev->access_state, scsi_alua_field(&alua->machine.view));
	if (!alua->stopped)
		queue_work(scsi_alua_wq, &alua->announce);
	return true;
}

static void scsi_alua_tell(struct scsi_alua *alua)
{
	struct scsi_alua_watch *watch;

	guard(rcu)();
	watch = rcu_dereference(alua->watch);
	if (watch)
		watch->changed(alua->sdev, watch);
}

/* Unless it is due before that anyway. Return: true if it was due already. */
static bool scsi_alua_queue(struct scsi_alua *alua, unsigned long delay)
{
	unsigned long due = jiffies + delay;
	bool pending = delayed_work_pending(&alua->work);

	lockdep_assert_held(&alua->lock);
	if (alua->stopped)
		return false;
	if (!pending || time_before(due, alua->due)) {
		alua->due = due;
		mod_delayed_work(scsi_alua_wq, &alua->work, delay);
	}
	return pending;
}

/* Return: true if a query will begin. */
static bool scsi_alua_trigger(struct scsi_alua *alua, unsigned long delay, const char *reason)
{
	unsigned long now = jiffies;
	bool coalesced;

	lockdep_assert_held(&alua->lock);
	if (alua->stopped || (alua->machine.view.kind == SCSI_ALUA_NONE && !alua->read_tpgs))
		return false;
	alua->want++;
	/* An attempt that ends in error handling may itself be what calls for the next one. */
	if (alua->silent && time_before(now + delay, alua->not_before))
		delay = min(alua->not_before - now, HZ << SCSI_ALUA_SILENT_MAX);
	coalesced = scsi_alua_queue(alua, delay);
	alua->coalesced += coalesced;
	trace_scsi_alua_refresh(alua->sdev, reason, coalesced);
	return true;
}

/**
 * scsi_alua_refresh() - have the access state of a device read again
 * @sdev: the device
 * @reason: what calls for it; a string constant
 *
 * Calls before the query begins are served by it, a call after that by another one.
 *
 * Context: Any, interrupts may be off.
 * Return: true if a query will be sent; false if the device has no access state or goes away.
 */
bool scsi_alua_refresh(struct scsi_device *sdev, const char *reason)
{
	struct scsi_alua *alua = scsi_alua_of(sdev);

	if (!alua)
		return false;
	guard(spinlock_irqsave)(&alua->lock);
	return scsi_alua_trigger(alua, 0, reason);
}
EXPORT_SYMBOL_GPL(scsi_alua_refresh);

/**
 * scsi_alua_refresh_later() - the same, for what may call for it with each I/O
 * @sdev: the device
 * @reason: what calls for it; a string constant
 *
 * The query is sent within a second, and serves all calls of that second.
 *
 * Context: Any, interrupts may be off.
 * Return: true if a query will be sent; false if the device has no access state or goes away.
 */
bool scsi_alua_refresh_later(struct scsi_device *sdev, const char *reason)
{
	struct scsi_alua *alua = scsi_alua_of(sdev);

	if (!alua)
		return false;
	guard(spinlock_irqsave)(&alua->lock);
	return scsi_alua_trigger(alua, SCSI_ALUA_SAME_DELAY, reason);
}
EXPORT_SYMBOL_GPL(scsi_alua_refresh_later);

/* Return: true if the reply tells the state of the device, and sense data has told no newer one. */
static bool scsi_alua_take(struct scsi_alua *alua, const struct scsi_alua_query *query,
			   enum scsi_alua_role role, bool *changed)
{
	struct scsi_alua_answer a = {
		.outcome = SCSI_ALUA_OUTCOME_ANSWERED,
		.transition_secs = query->transition_secs,
		.triggered = true,
		.now = jiffies,
	};
	long delay;

	lockdep_assert_held(&alua->lock);
	if (alua->told && ktime_after(alua->told_at, query->started))
		return false;
	a.lookup = scsi_alua_rtpg_lookup(&query->rtpg, &alua->port, role, &a.state, &a.preferred);
	if (a.lookup != SCSI_ALUA_STATE && a.lookup != SCSI_ALUA_UNKNOWN)
		return false;
	delay = scsi_alua_machine_answer(&alua->machine, &a);
	if (delay >= 0)
		scsi_alua_queue(alua, delay);
	*changed = scsi_alua_publish(alua, "reply");
	return true;
}

/**
 * scsi_alua_offer() - tell a device what a reply says that somebody else has got
 * @sdev: the device, of the same logical unit as the one that was asked
 * @query: the query, answered
 * @role: SCSI_ALUA_ISSUER if @sdev was asked, or if the caller answers for its being in the group
 *
 * Triggers that @sdev has had stay; its own query will follow them.
 *
 * Context: Any, interrupts may be off. @sdev cannot be released meanwhile.
 * Return: true if @sdev has taken the state; if not, it should ask for itself.
 */
bool scsi_alua_offer(struct scsi_device *sdev, const struct scsi_alua_query *query,
		     enum scsi_alua_role role)
{
	struct scsi_alua *alua = scsi_alua_of(sdev);
	bool changed = false, taken;

	if (!alua)
		return true;
	scoped_guard(spinlock_irqsave, &alua->lock) {
		if (alua->stopped || alua->machine.view.kind == SCSI_ALUA_NONE)
			return true;
		taken = scsi_alua_take(alua, query, role, &changed);
	}
	if (changed)
		scsi_alua_tell(alua);
	return taken;
}
EXPORT_SYMBOL_GPL(scsi_alua_offer);

/**
 * scsi_alua_subscribe() - be told of each change of the access state of a device
 * @sdev: the device; the caller holds a reference
 * @watch: whom to tell; one for each device
 *
 * Context: Process context.
 * Return: 0, -ENODEV if the device has no access state, -EBUSY if there is another subscriber.
 */
int scsi_alua_subscribe(struct scsi_device *sdev, struct scsi_alua_watch *watch)
{
	struct scsi_alua *alua = scsi_alua_of(sdev);

	if (!alua)
		return -ENODEV;
	guard(spinlock_irqsave)(&alua->lock);
	if (rcu_access_pointer(alua->watch))
		return -EBUSY;
	rcu_assign_pointer(alua->watch, watch);
	return 0;
}
EXPORT_SYMBOL_GPL(scsi_alua_subscribe);

/**
 * scsi_alua_unsubscribe() - be told no more
 * @sdev: the device
 * @watch: who was subscribed
 *
 * Context: Process context, sleeps. @watch is not called any more when this returns.
 */
void scsi_alua_unsubscribe(struct scsi_device *sdev, struct scsi_alua_watch *watch)
{
	struct scsi_alua *alua = scsi_alua_of(sdev);

	if (!alua)
		return;
	scoped_guard(spinlock_irqsave, &alua->lock)
		if (rcu_access_pointer(alua->watch) == watch)
			RCU_INIT_POINTER(alua->watch, NULL);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(scsi_alua_unsubscribe);

/**
 * scsi_alua_port() - the target port through which a device is reached
 * @sdev: the device
 *
 * Context: Any.
 * Return: what VPD page 0x83 has told when the device was scanned last.
 */
struct scsi_alua_port scsi_alua_port(struct scsi_device *sdev)
{
	struct scsi_alua_port port = { .group = -1, .port = -1 };
	struct scsi_vpd *page;

	guard(rcu)();
	page = rcu_dereference(sdev->vpd_pg83);
	if (page)
		scsi_alua_port_parse(page->data, page->len, &port);
	return port;
}
EXPORT_SYMBOL_GPL(scsi_alua_port);

/* Page 0x83 again, because it or the reply is not what it was. */
static void scsi_alua_reread_port(struct scsi_alua *alua)
{
	struct scsi_alua_port port;
	unsigned int scans;
	int failed;

	scoped_guard(spinlock_irqsave, &alua->lock)
		scans = alua->scans;
	failed = scsi_alua_read_port(alua->sdev, &port);
	guard(spinlock_irqsave)(&alua->lock);
	/* With the next query, that of a series or that of the next trigger. */
	if (failed)
		alua->read_page = true;
	/* A rescan has read it later. */
	else if (scans == alua->scans)
		alua->port = port;
}

/* A rescan reads pages; the standard data, which TPGS are in, it does not. */
static void scsi_alua_reread_tpgs(struct scsi_alua *alua)
{
	struct scsi_device *sdev = alua->sdev;
	int tpgs = scsi_alua_read_tpgs(sdev);

	guard(spinlock_irqsave)(&alua->lock);
	if (tpgs < 0) {
		/* With the next query. */
		alua->read_tpgs = true;
		return;
	}
	sdev->inquiry[5] = (sdev->inquiry[5] & ~0x30) | tpgs << 4;
	if (!tpgs)
		scsi_alua_machine_none(&alua->machine);
	else if (alua->machine.view.kind == SCSI_ALUA_NONE)
		scsi_alua_machine_init(&alua->machine, SCSI_ALUA_WHY_ASKING);
}

/* Nobody has answered: the next one is sent the later, the longer that goes on. */
static void scsi_alua_note_silence(struct scsi_alua *alua, const struct scsi_alua_query *query)
{
	lockdep_assert_held(&alua->lock);
	if (query->result >= 0 && host_byte(query->result) == DID_OK) {
		alua->silent = 0;
		return;
	}
	/* The host byte of a command that was aborted is the driver's choice. */
	if (!query->sent ||
	    ktime_before(ktime_get(), ktime_add_ms(query->started, SCSI_ALUA_TIMEOUT_MS)))
		return;
	alua->silent = min(alua->silent + 1, SCSI_ALUA_SILENT_MAX);
	alua->not_before = jiffies + (HZ << alua->silent);
}

static void scsi_alua_look_up(struct scsi_alua *alua, const struct scsi_alua_query *query,
			      struct scsi_alua_answer *a)
{
	a->outcome = query->outcome;
	a->transition_secs = alua->transition_secs;
	a->now = jiffies;
	if (query->outcome == SCSI_ALUA_OUTCOME_STATE) {
		a->state = query->state;
	} else if (query->outcome == SCSI_ALUA_OUTCOME_ANSWERED) {
		a->lookup = scsi_alua_rtpg_lookup(&query->rtpg, &alua->port, SCSI_ALUA_ISSUER,
						  &a->state, &a->preferred);
	}
}

/* Return: jiffies until the next query, or SCSI_ALUA_IDLE. */
static long scsi_alua_apply(struct scsi_alua *alua, const struct scsi_alua_query *query,
			    unsigned int sample, bool *changed)
{
	struct scsi_alua_answer a = { .triggered = sample != alua->have };
	long delay;

	lockdep_assert_held(&alua->lock);
	/* What a rescan has made forget stays so. */
	if (sample == alua->want)
		alua->plain_only = query->plain_only;
	alua->rtpgs += query->sent;
	if (query->transition_secs >= 0)
		alua->transition_secs = query->transition_secs;
	if (query->identity)
		alua->read_page = true;
	if (query->outcome == SCSI_ALUA_OUTCOME_ANSWERED)
		alua->answered_at = query->started;
	scsi_alua_note_silence(alua, query);
	/* Sense data that came after the query was sent knows better, and has called for one. */
	if ((int)(alua->told - sample) > 0)
		return SCSI_ALUA_IDLE;

	scsi_alua_look_up(alua, query, &a);
	delay = scsi_alua_machine_answer(&alua->machine, &a);
	if (delay == SCSI_ALUA_IDLE && alua->machine.why == SCSI_ALUA_WHY_FAILED)
		alua->failed++;
	if (delay == SCSI_ALUA_READ_PAGE) {
		alua->read_page = true;
		delay = 0;
	} else if (delay == SCSI_ALUA_IDLE || (a.outcome != SCSI_ALUA_OUTCOME_AGAIN &&
					       a.outcome != SCSI_ALUA_OUTCOME_BUSY)) {
		alua->have = sample;
	}
	*changed = scsi_alua_publish(alua, "rtpg");
	/* A trigger that came meanwhile has queued the work by itself. */
	return delay;
}

/* Sysfs may be polled for the state, and the log has one line for a change. */
static void scsi_alua_announce(struct work_struct *work)
{
	struct scsi_alua *alua = container_of(work, struct scsi_alua, announce);
	u32 word = READ_ONCE(alua->word);
	struct scsi_alua_view view = scsi_alua_unpack(word);

	/* Nobody can have asked for a device that is still to be added. */
	if (word == alua->announced || !alua->sdev->is_visible)
		return;
	alua->announced = word;
	scsi_alua_sysfs_notify(alua->sdev);
	if (view.kind == SCSI_ALUA_VALID && __ratelimit(&scsi_alua_known_ratelimit))
		sdev_printk(KERN_INFO, alua->sdev, "access state %s%s\n",
			    scsi_access_state_name(view.state),
			    view.preferred ? ", preferred" : "");
	else if ((view.kind == SCSI_ALUA_KIND_UNKNOWN || view.kind == SCSI_ALUA_STALE) &&
		 __ratelimit(&scsi_alua_unknown_ratelimit))
		sdev_printk(KERN_WARNING, alua->sdev, "access state not known: %s\n",
			    scsi_alua_why_text(SCSI_ALUA_WORD_WHY(word)));
}

/* Without TPGS nothing is asked; without a group identifier no reply tells the state. */
static bool scsi_alua_may_ask(struct scsi_alua *alua, bool *changed)
{
	bool none = alua->machine.view.kind == SCSI_ALUA_NONE;

	lockdep_assert_held(&alua->lock);
	if (!none && alua->port.group >= 0)
		return true;
	if (!none)
		scsi_alua_machine_init(&alua->machine, SCSI_ALUA_WHY_NO_GROUP);
	*changed = scsi_alua_publish(alua, none ? "rescan" : "no group");
	alua->have = alua->want;
	return false;
}

static void scsi_alua_ask_now(struct scsi_alua *alua, unsigned int sample, bool *changed)
{
	struct scsi_alua_query query = {
		.background = true,
		.plain_only = READ_ONCE(alua->plain_only),
	};
	long delay;

	trace_scsi_alua_rtpg_send(alua->sdev);
	scsi_alua_query(alua->sdev, &query);
	trace_scsi_alua_rtpg_done(alua->sdev, query.outcome, query.sent);
	scoped_guard(spinlock_irqsave, &alua->lock) {
		alua->asking = false;
		delay = scsi_alua_apply(alua, &query, sample, changed);
		if (delay >= 0)
			scsi_alua_queue(alua, delay);
	}
	scsi_alua_query_end(&query);
}

/* What the query builds on is read first, where it may not be what it was. */
static void scsi_alua_reread(struct scsi_alua *alua)
{
	bool page, tpgs;

	scoped_guard(spinlock_irqsave, &alua->lock) {
		tpgs = alua->read_tpgs;
		page = alua->read_page || alua->port.group < 0;
		alua->read_tpgs = false;
		alua->read_page = false;
	}
	if (tpgs)
		scsi_alua_reread_tpgs(alua);
	if (page)
		scsi_alua_reread_port(alua);
}

static void scsi_alua_refresh_now(struct scsi_alua *alua)
{
	bool changed = false, ask;
	unsigned int sample;

	scsi_alua_reread(alua);
	scoped_guard(spinlock_irqsave, &alua->lock) {
		sample = alua->want;
		ask = scsi_alua_may_ask(alua, &changed);
		alua->asking = ask;
	}
	if (ask)
		scsi_alua_ask_now(alua, sample, &changed);
	if (changed)
		scsi_alua_tell(alua);
}

static void scsi_alua_work(struct work_struct *work)
{
	struct scsi_alua *alua = container_of(to_delayed_work(work), struct scsi_alua, work);
	struct scsi_device *sdev = alua->sdev;
	unsigned long wait;
	unsigned int noio;

	wait = scsi_alua_slot_take(&alua->slot, sdev->host, sdev->sdev_target, jiffies);
	if (wait) {
		guard(spinlock_irqsave)(&alua->lock);
		scsi_alua_queue(alua, wait);
		return;
	}
	/* I/O may wait for what this learns. */
	noio = memalloc_noio_save();
	scsi_alua_refresh_now(alua);
	memalloc_noio_restore(noio);
	scsi_alua_slot_give(&alua->slot);
}

static bool scsi_alua_is_recent(ktime_t when)
{
	return when && ktime_before(ktime_get(), ktime_add_ms(when, MSEC_PER_SEC));
}

/*
 * A state is told by each command that it fails. Where replies say otherwise, that goes on: once a
 * second is enough.
 */
static unsigned long scsi_alua_sense_delay(struct scsi_alua *alua,
					   const struct scsi_alua_sense *sense)
{
	if (sense->state >= 0 && scsi_alua_is_recent(alua->told_at))
		return SCSI_ALUA_SAME_DELAY;
	return sense->refresh == SCSI_ALUA_REFRESH_PACED ? SCSI_ALUA_PACED_DELAY : 0;
}

/* Was that told or answered within the last second? One query for it is enough. */
static bool scsi_alua_is_known(struct scsi_alua *alua, const struct scsi_alua_sense *sense)
{
	lockdep_assert_held(&alua->lock);
	return sense->state >= 0 && alua->machine.view.kind == SCSI_ALUA_VALID &&
	       alua->machine.view.state == sense->state &&
	       (scsi_alua_is_recent(alua->told_at) || scsi_alua_is_recent(alua->answered_at));
}

/* Also at once: I/O must not be sent where sense data has just said that it fails. */
static bool scsi_alua_heed(struct scsi_alua *alua, const struct scsi_alua_sense *sense)
{
	unsigned long delay = scsi_alua_sense_delay(alua, sense);
	bool changed = false;

	lockdep_assert_held(&alua->lock);
	/* Who sends sense data is not silent, but for that of a reset, as error handling ends. */
	if (sense->class != SCSI_ALUA_CLASS_RESET)
		alua->silent = 0;
	if (sense->state >= 0) {
		scsi_alua_machine_told(&alua->machine, sense->state, alua->transition_secs,
				       jiffies);
		changed = scsi_alua_publish(alua, "sense");
	}
	if (sense->class == SCSI_ALUA_CLASS_IDENTITY)
		alua->read_page = true;
	scsi_alua_trigger(alua, delay, "sense");
	if (sense->state >= 0) {
		alua->told = alua->want;
		alua->told_at = ktime_get();
	}
	return changed;
}

/*
 * That a transition goes on is nothing new, also if it was given up: no other one begins with that.
 * But it may be another one, of which a query that is under way does not know.
 */
static bool scsi_alua_goes_on(struct scsi_alua *alua, const struct scsi_alua_sense *sense)
{
	lockdep_assert_held(&alua->lock);
	if (sense->class != SCSI_ALUA_CLASS_TRANSITION ||
	    !(alua->machine.in_transition || alua->machine.expired))
		return false;
	if (alua->asking || alua->machine.expired)
		scsi_alua_queue(alua, SCSI_ALUA_SAME_DELAY);
	return true;
}

static void scsi_alua_io_sense(struct scsi_alua *alua, struct scsi_cmnd *cmd)
{
	struct scsi_alua_sense sense =
		scsi_alua_sense_classify(cmd->sense_buffer, SCSI_SENSE_BUFFERSIZE,
					 SCSI_ALUA_SENSE_IO);
	bool changed = false;

	if (sense.refresh == SCSI_ALUA_REFRESH_NONE)
		return;
	trace_scsi_alua_sense(cmd->device, sense.class);
	scoped_guard(spinlock_irqsave, &alua->lock) {
		if (alua->stopped || alua->machine.view.kind == SCSI_ALUA_NONE ||
		    scsi_alua_is_known(alua, &sense) || scsi_alua_goes_on(alua, &sense))
			return;
		changed = scsi_alua_heed(alua, &sense);
	}
	if (changed)
		scsi_alua_tell(alua);
}

/* The target has told a query what an I/O would have been told. */
static void scsi_alua_pass_on(struct scsi_alua *alua, struct scsi_cmnd *cmd)
{
	struct scsi_alua_watch *watch;
	struct scsi_sense_hdr sshdr;

	if (!scsi_command_normalize_sense(cmd, &sshdr) || scsi_sense_is_deferred(&sshdr) ||
	    sshdr.sense_key != UNIT_ATTENTION)
		return;
	guard(rcu)();
	watch = rcu_dereference(alua->watch);
	if (watch)
		watch->attention(cmd->device, watch, &sshdr);
}

/**
 * scsi_alua_sense() - a command has ended with sense data
 * @cmd: the command
 *
 * Context: Any, interrupts may be off.
 * Return: true if it is a query of the SCSI core, which nobody else is to repeat.
 */
bool scsi_alua_sense(struct scsi_cmnd *cmd)
{
	struct scsi_alua *alua = scsi_alua_of(cmd->device);
	bool query = cmd->flags & SCMD_ALUA;

	if (alua && query)
		scsi_alua_pass_on(alua, cmd);
	else if (alua)
		scsi_alua_io_sense(alua, cmd);
	return query;
}

/**
 * scsi_alua_running() - the state of a device has changed
 * @sdev: the device
 *
 * While it did not run, nobody could tell of a change.
 *
 * Context: Any, interrupts may be off.
 */
void scsi_alua_running(struct scsi_device *sdev)
{
	struct scsi_alua *alua = scsi_alua_of(sdev);

	if (!alua || READ_ONCE(sdev->sdev_state) != SDEV_RUNNING)
		return;
	guard(spinlock_irqsave)(&alua->lock);
	alua->silent = 0;
	scsi_alua_trigger(alua, 0, "running");
}

/* Not on a device that goes away, which nobody would stop; and two may try at once. */
static bool scsi_alua_install(struct scsi_device *sdev, struct scsi_alua *alua)
{
	guard(mutex)(&sdev->state_mutex);
	if (sdev->alua || sdev->sdev_state == SDEV_CANCEL || sdev->sdev_state == SDEV_DEL)
		return false;
	/* Pairs with scsi_alua_of(). */
	smp_store_release(&sdev->alua, alua);
	return true;
}

/**
 * scsi_alua_add() - give a new device an access state
 * @sdev: the device, whose pages were read and which is not visible yet
 *
 * A device without TPGS costs nothing. Neither does a lack of memory cost the device. Drivers of
 * tapes and others have to see each unit attention, which a query would collect: disks only.
 *
 * Context: Process context, sleeps but does not wait for the device.
 */
void scsi_alua_add(struct scsi_device *sdev)
{
	struct scsi_alua *alua;

	if (sdev->alua || !scsi_device_tpgs(sdev) ||
	    (sdev->type != TYPE_DISK && sdev->type != TYPE_ZBC))
		return;
	WRITE_ONCE(sdev->access_state, SCSI_ACCESS_STATE_UNKNOWN);
	alua = kzalloc_obj(*alua, GFP_KERNEL);
	if (!alua) {
		sdev_printk(KERN_WARNING, sdev, "no memory for its access state\n");
		return;
	}
	alua->sdev = sdev;
	alua->transition_secs = -1;
	spin_lock_init(&alua->lock);
	INIT_DELAYED_WORK(&alua->work, scsi_alua_work);
	INIT_WORK(&alua->announce, scsi_alua_announce);
	alua->port = scsi_alua_port(sdev);
	scsi_alua_machine_init(&alua->machine, SCSI_ALUA_WHY_ASKING);
	alua->word = scsi_alua_pack(&alua->machine);
	alua->announced = alua->word;
	if (!scsi_alua_install(sdev, alua))
		kfree(alua);
}

/**
 * scsi_alua_start() - keep the access state of a device right
 * @sdev: the device, which has become visible
 *
 * Context: Process context, does not wait for the device.
 */
void scsi_alua_start(struct scsi_device *sdev)
{
	scsi_alua_refresh(sdev, "scan");
}

/**
 * scsi_alua_rescanned() - pages of a device were read again
 * @sdev: the device
 *
 * Context: Process context, sleeps but does not wait for the device.
 */
void scsi_alua_rescanned(struct scsi_device *sdev)
{
	struct scsi_alua *alua = sdev->alua;

	if (!alua) {
		scsi_alua_add(sdev);
		scsi_alua_start(sdev);
		return;
	}
	guard(spinlock_irqsave)(&alua->lock);
	alua->port = scsi_alua_port(sdev);
	alua->scans++;
	alua->silent = 0;
	alua->plain_only = false;
	alua->read_tpgs = true;
	scsi_alua_trigger(alua, 0, "rescan");
}

/**
 * scsi_alua_stop() - a device goes away
 * @sdev: the device, still in sysfs if it has come so far
 *
 * Context: Process context. Waits for a query under way: for one command, which its time limit and
 * error handling bound, as no further one is sent.
 */
void scsi_alua_stop(struct scsi_device *sdev)
{
	struct scsi_alua *alua = sdev->alua;

	if (!alua)
		return;
	scoped_guard(spinlock_irqsave, &alua->lock)
		alua->stopped = true;
	/* The work may sleep in the queue of a device that is quiesced. */
	scsi_device_resume(sdev);
	cancel_delayed_work_sync(&alua->work);
	cancel_work_sync(&alua->announce);
}

/**
 * scsi_alua_free() - a device is released
 * @sdev: the device, after scsi_alua_stop()
 *
 * Context: Process context.
 */
void scsi_alua_free(struct scsi_device *sdev)
{
	kfree(sdev->alua);
	sdev->alua = NULL;
}

/* It may be the query that led to the error handling, whose end is then no reason for another. */
static bool scsi_alua_is_silent(struct scsi_device *sdev)
{
	struct scsi_alua *alua = scsi_alua_of(sdev);

	return alua && READ_ONCE(alua->silent);
}

/**
 * scsi_alua_host_recovered() - the error handling of a host has ended
 * @shost: the host
 *
 * A device that has left a query unanswered is not asked: that would lead to error handling again.
 *
 * Context: Process context, in the error handler's thread.
 */
void scsi_alua_host_recovered(struct Scsi_Host *shost)
{
	struct scsi_device *sdev;

	shost_for_each_device(sdev, shost)
		if (!scsi_alua_is_silent(sdev))
			scsi_alua_refresh(sdev, "recovery");
}

/**
 * scsi_alua_init() - set up what all devices share
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int __init scsi_alua_init(void)
{
	scsi_alua_wq = alloc_workqueue("scsi_alua", WQ_MEM_RECLAIM | WQ_UNBOUND | WQ_FREEZABLE, 0);
	return scsi_alua_wq ? 0 : -ENOMEM;
}

/**
 * scsi_alua_exit() - undo scsi_alua_init()
 *
 * Context: Process context; no device is left.
 */
void scsi_alua_exit(void)
{
	destroy_workqueue(scsi_alua_wq);
}
