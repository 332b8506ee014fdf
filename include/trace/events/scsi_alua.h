/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM scsi_alua

#if !defined(_TRACE_SCSI_ALUA_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_SCSI_ALUA_H

#include <linux/tracepoint.h>
#include <scsi/scsi_alua.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#define SCSI_ALUA_DEVICE_FIELDS						\
	__field(unsigned int, host_no)					\
	__field(unsigned int, channel)					\
	__field(unsigned int, id)					\
	__field(u64, lun)

#define SCSI_ALUA_DEVICE_ASSIGN						\
	__entry->host_no = sdev->host->host_no;				\
	__entry->channel = sdev->channel;				\
	__entry->id = sdev->id;						\
	__entry->lun = sdev->lun

#define SCSI_ALUA_DEVICE_FORMAT		"%u:%u:%u:%llu "
#define SCSI_ALUA_DEVICE_ARGS \
	__entry->host_no, __entry->channel, __entry->id, __entry->lun

TRACE_DEFINE_ENUM(SCSI_ALUA_NONE);
TRACE_DEFINE_ENUM(SCSI_ALUA_KIND_UNKNOWN);
TRACE_DEFINE_ENUM(SCSI_ALUA_VALID);
TRACE_DEFINE_ENUM(SCSI_ALUA_TRANSITIONING);
TRACE_DEFINE_ENUM(SCSI_ALUA_STALE);

TRACE_DEFINE_ENUM(SCSI_ALUA_OUTCOME_FAILED);
TRACE_DEFINE_ENUM(SCSI_ALUA_OUTCOME_ANSWERED);
TRACE_DEFINE_ENUM(SCSI_ALUA_OUTCOME_STATE);
TRACE_DEFINE_ENUM(SCSI_ALUA_OUTCOME_AGAIN);
TRACE_DEFINE_ENUM(SCSI_ALUA_OUTCOME_BUSY);
TRACE_DEFINE_ENUM(SCSI_ALUA_OUTCOME_REFUSED);

TRACE_DEFINE_ENUM(SCSI_ALUA_CLASS_TRANSITION);
TRACE_DEFINE_ENUM(SCSI_ALUA_CLASS_STANDBY);
TRACE_DEFINE_ENUM(SCSI_ALUA_CLASS_UNAVAILABLE);
TRACE_DEFINE_ENUM(SCSI_ALUA_CLASS_CHANGED);
TRACE_DEFINE_ENUM(SCSI_ALUA_CLASS_RESET);
TRACE_DEFINE_ENUM(SCSI_ALUA_CLASS_IDENTITY);

#define SCSI_ALUA_KINDS							\
	{ SCSI_ALUA_NONE,		"none" },			\
	{ SCSI_ALUA_KIND_UNKNOWN,	"unknown" },			\
	{ SCSI_ALUA_VALID,		"valid" },			\
	{ SCSI_ALUA_TRANSITIONING,	"transitioning" },		\
	{ SCSI_ALUA_STALE,		"stale" }

#define SCSI_ALUA_OUTCOMES						\
	{ SCSI_ALUA_OUTCOME_FAILED,	"failed" },			\
	{ SCSI_ALUA_OUTCOME_ANSWERED,	"answered" },			\
	{ SCSI_ALUA_OUTCOME_STATE,	"state" },			\
	{ SCSI_ALUA_OUTCOME_AGAIN,	"again" },			\
	{ SCSI_ALUA_OUTCOME_BUSY,	"busy" },			\
	{ SCSI_ALUA_OUTCOME_REFUSED,	"refused" }

#define SCSI_ALUA_CLASSES						\
	{ SCSI_ALUA_CLASS_TRANSITION,	"transition" },			\
	{ SCSI_ALUA_CLASS_STANDBY,	"standby" },			\
	{ SCSI_ALUA_CLASS_UNAVAILABLE,	"unavailable" },		\
	{ SCSI_ALUA_CLASS_CHANGED,	"changed" },			\
	{ SCSI_ALUA_CLASS_RESET,	"reset" },			\
	{ SCSI_ALUA_CLASS_IDENTITY,	"identity" }

/**
 * scsi_alua_refresh - something calls for the access state of a device
 * @sdev: the device
 * @reason: what it is
 * @coalesced: a query that is due anyway will serve it
 */
TRACE_EVENT(scsi_alua_refresh,
	    TP_PROTO(struct scsi_device *sdev, const char *reason, bool coalesced),
	    TP_ARGS(sdev, reason, coalesced),
	    TP_STRUCT__entry(SCSI_ALUA_DEVICE_FIELDS
			     __field(bool, coalesced)
			     __string(reason, reason)),
	    TP_fast_assign(SCSI_ALUA_DEVICE_ASSIGN;
			   __entry->coalesced = coalesced;
			   __assign_str(reason);),
	    TP_printk(SCSI_ALUA_DEVICE_FORMAT "reason=%s%s", SCSI_ALUA_DEVICE_ARGS,
		      __get_str(reason), __entry->coalesced ? " coalesced" : "")
);

/**
 * scsi_alua_rtpg_send - a query is about to be sent to a device
 * @sdev: the device
 */
TRACE_EVENT(scsi_alua_rtpg_send,
	    TP_PROTO(struct scsi_device *sdev),
	    TP_ARGS(sdev),
	    TP_STRUCT__entry(SCSI_ALUA_DEVICE_FIELDS),
	    TP_fast_assign(SCSI_ALUA_DEVICE_ASSIGN;),
	    TP_printk("%u:%u:%u:%llu", SCSI_ALUA_DEVICE_ARGS)
);

/**
 * scsi_alua_rtpg_done - a query has ended
 * @sdev: the device
 * @outcome: what came of it
 * @sent: number of commands that it took
 */
TRACE_EVENT(scsi_alua_rtpg_done,
	    TP_PROTO(struct scsi_device *sdev, enum scsi_alua_outcome outcome, unsigned int sent),
	    TP_ARGS(sdev, outcome, sent),
	    TP_STRUCT__entry(SCSI_ALUA_DEVICE_FIELDS
			     __field(int, outcome)
			     __field(unsigned int, sent)),
	    TP_fast_assign(SCSI_ALUA_DEVICE_ASSIGN;
			   __entry->outcome = outcome;
			   __entry->sent = sent;),
	    TP_printk(SCSI_ALUA_DEVICE_FORMAT "outcome=%s sent=%u", SCSI_ALUA_DEVICE_ARGS,
		      __print_symbolic(__entry->outcome, SCSI_ALUA_OUTCOMES), __entry->sent)
);

/**
 * scsi_alua_state - what is known of the access state of a device has changed
 * @sdev: the device
 * @old: what was known, &scsi_alua.word
 * @new: what is known now
 * @reason: what told
 */
TRACE_EVENT(scsi_alua_state,
	    TP_PROTO(struct scsi_device *sdev, u32 old, u32 new, const char *reason),
	    TP_ARGS(sdev, old, new, reason),
	    TP_STRUCT__entry(SCSI_ALUA_DEVICE_FIELDS
			     __field(u8, old_kind)
			     __field(u8, old_state)
			     __field(u8, kind)
			     __field(u8, state)
			     __field(bool, preferred)
			     __string(reason, reason)),
	    TP_fast_assign(SCSI_ALUA_DEVICE_ASSIGN;
			   __entry->old_kind = old >> 16;
			   __entry->old_state = old & 0xff;
			   __entry->kind = new >> 16;
			   __entry->state = new & 0xff;
			   __entry->preferred = new >> 8 & 1;
			   __assign_str(reason);),
	    TP_printk(SCSI_ALUA_DEVICE_FORMAT "%s/%#x -> %s/%#x%s reason=%s", SCSI_ALUA_DEVICE_ARGS,
		      __print_symbolic(__entry->old_kind, SCSI_ALUA_KINDS), __entry->old_state,
		      __print_symbolic(__entry->kind, SCSI_ALUA_KINDS), __entry->state,
		      __entry->preferred ? " preferred" : "", __get_str(reason))
);

/**
 * scsi_alua_sense - sense data tells of access states
 * @sdev: the device
 * @class: what it means
 */
TRACE_EVENT(scsi_alua_sense,
	    TP_PROTO(struct scsi_device *sdev, enum scsi_alua_class class),
	    TP_ARGS(sdev, class),
	    TP_STRUCT__entry(SCSI_ALUA_DEVICE_FIELDS
			     __field(int, class)),
	    TP_fast_assign(SCSI_ALUA_DEVICE_ASSIGN;
			   __entry->class = class;),
	    TP_printk(SCSI_ALUA_DEVICE_FORMAT "class=%s", SCSI_ALUA_DEVICE_ARGS,
		      __print_symbolic(__entry->class, SCSI_ALUA_CLASSES))
);

#endif /* _TRACE_SCSI_ALUA_H */

#include <trace/define_trace.h>
