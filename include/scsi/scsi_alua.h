/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Asymmetric logical unit access (ALUA): what a REPORT TARGET PORT GROUPS reply, the ports in VPD
 * page 0x83 and sense data say about the state in which a device reaches its logical unit.
 */
#ifndef _SCSI_SCSI_ALUA_H
#define _SCSI_SCSI_ALUA_H

#include <linux/ktime.h>
#include <linux/types.h>
#include <linux/unaligned.h>
#include <scsi/scsi_common.h>

/* A reply for which the target asks for more is not believed at all. */
#define SCSI_ALUA_RTPG_MAX	65536

#define SCSI_ALUA_PORT_DESC_SIZE	4

/* In &scsi_device.access_state, where 0 is active/optimized: reserved, so no target's state. */
#define SCSI_ACCESS_STATE_UNKNOWN	0x05

/**
 * enum scsi_alua_result - how far a reply could be read
 * @SCSI_ALUA_OK: to its end
 * @SCSI_ALUA_SHORT: as far as it was transferred; what was read is right
 * @SCSI_ALUA_MALFORMED: it contradicts its format
 */
enum scsi_alua_result {
	SCSI_ALUA_OK,
	SCSI_ALUA_SHORT,
	SCSI_ALUA_MALFORMED,
};

/**
 * enum scsi_alua_header - parameter data format of an RTPG reply
 * @SCSI_ALUA_HEADER_NONE: not known, the header was not transferred or is not understood
 * @SCSI_ALUA_HEADER_PLAIN: length only
 * @SCSI_ALUA_HEADER_EXT: extended
 */
enum scsi_alua_header {
	SCSI_ALUA_HEADER_NONE,
	SCSI_ALUA_HEADER_PLAIN,
	SCSI_ALUA_HEADER_EXT,
};

/**
 * enum scsi_alua_next - what to do after an RTPG reply
 * @SCSI_ALUA_USE: use it
 * @SCSI_ALUA_REISSUE: the buffer was too small; again, with &scsi_alua_rtpg.reissue_len bytes
 * @SCSI_ALUA_FALLBACK: again, without the extended header
 * @SCSI_ALUA_RETRY: again, later
 * @SCSI_ALUA_FAIL: the state is unknown, and asking again would not help
 */
enum scsi_alua_next {
	SCSI_ALUA_USE,
	SCSI_ALUA_REISSUE,
	SCSI_ALUA_FALLBACK,
	SCSI_ALUA_RETRY,
	SCSI_ALUA_FAIL,
};

/**
 * struct scsi_alua_rtpg - an RTPG reply
 * @buf: the parameter data; not owned
 * @first: offset of the first target port group descriptor
 * @end: offset behind the last whole one, 0 if there is none
 * @declared_len: RETURN DATA LENGTH, or -1: not transferred
 * @transition_secs: IMPLICIT TRANSITION TIME in seconds, 0: not specified, or -1: not told
 * @reissue_len: allocation length for SCSI_ALUA_REISSUE
 * @result: how far it could be read
 * @header: its format
 * @next: what to do next
 * @complete: it has all groups: one that is not here does not exist
 */
struct scsi_alua_rtpg {
	const u8 *buf;
	u32 first;
	u32 end;
	s64 declared_len;
	int transition_secs;
	u32 reissue_len;
	enum scsi_alua_result result;
	enum scsi_alua_header header;
	enum scsi_alua_next next;
	bool complete;
};

/**
 * struct scsi_alua_desc - a target port group descriptor (SPC-5 6.36)
 * @group: TARGET PORT GROUP
 * @state: ASYMMETRIC ACCESS STATE, one of enum scsi_access_state or a reserved value
 * @preferred: PREF
 * @supported: the byte of supported states; 0 if the target does not tell
 * @status: STATUS CODE, why the state was altered last
 * @nr_ports: number of target port descriptors
 * @ports: the first of them, 4 bytes each
 */
struct scsi_alua_desc {
	u16 group;
	u8 state;
	bool preferred;
	u8 supported;
	u8 status;
	u8 nr_ports;
	const u8 *ports;
};

/**
 * enum scsi_alua_role - whose state is looked up in a reply
 * @SCSI_ALUA_ISSUER: the device that sent the command: its group is enough, as a group need not
 *		      list its ports
 * @SCSI_ALUA_SIBLING: another path of the same logical unit: group and port must be listed
 */
enum scsi_alua_role {
	SCSI_ALUA_ISSUER,
	SCSI_ALUA_SIBLING,
};

/**
 * enum scsi_alua_lookup - what a reply says about the state of one device
 * @SCSI_ALUA_STATE: it has the state
 * @SCSI_ALUA_UNKNOWN: a reserved state
 * @SCSI_ALUA_OWN_RTPG: the device must ask for itself
 * @SCSI_ALUA_ABSENT: its group does not exist
 * @SCSI_ALUA_INCOMPLETE: its group is not among those that were transferred
 * @SCSI_ALUA_CONFLICT: its group or its port has more than one state
 * @SCSI_ALUA_VOID: nothing, the reply is malformed
 */
enum scsi_alua_lookup {
	SCSI_ALUA_STATE,
	SCSI_ALUA_UNKNOWN,
	SCSI_ALUA_OWN_RTPG,
	SCSI_ALUA_ABSENT,
	SCSI_ALUA_INCOMPLETE,
	SCSI_ALUA_CONFLICT,
	SCSI_ALUA_VOID,
};

/**
 * struct scsi_alua_port - the target port through which a device is reached
 * @group: its target port group, or -1: not told
 * @port: its relative target port identifier, or -1: not told
 */
struct scsi_alua_port {
	int group;
	int port;
};

/**
 * scsi_alua_desc_port() - a target port of a group
 * @desc: the group's descriptor
 * @i: number of the port in it, less than its @nr_ports
 *
 * Return: RELATIVE TARGET PORT IDENTIFIER; 0 is reserved.
 */
static inline u16 scsi_alua_desc_port(const struct scsi_alua_desc *desc, unsigned int i)
{
	return get_unaligned_be16(desc->ports + i * SCSI_ALUA_PORT_DESC_SIZE + 2);
}

void scsi_alua_rtpg_parse(struct scsi_alua_rtpg *rtpg, const u8 *buf, size_t xferlen,
			  size_t alloclen, bool ext);
bool scsi_alua_rtpg_desc(const struct scsi_alua_rtpg *rtpg, u32 *pos, struct scsi_alua_desc *desc);
bool scsi_alua_rtpg_conflict(const struct scsi_alua_rtpg *rtpg, u16 group);
enum scsi_alua_lookup scsi_alua_rtpg_lookup(const struct scsi_alua_rtpg *rtpg,
					    const struct scsi_alua_port *port,
					    enum scsi_alua_role role, u8 *state, bool *preferred);
enum scsi_alua_result scsi_alua_port_parse(const u8 *page, size_t xferlen,
					   struct scsi_alua_port *port);

/**
 * enum scsi_alua_sense_context - which command the sense data belongs to
 * @SCSI_ALUA_SENSE_IO: any that is not a REPORT TARGET PORT GROUPS of the kernel
 * @SCSI_ALUA_SENSE_RTPG: that one
 * @SCSI_ALUA_SENSE_RTPG_EXT: that one with the extended header asked for
 */
enum scsi_alua_sense_context {
	SCSI_ALUA_SENSE_IO,
	SCSI_ALUA_SENSE_RTPG,
	SCSI_ALUA_SENSE_RTPG_EXT,
};

/**
 * enum scsi_alua_class - what sense data means for the access state
 * @SCSI_ALUA_CLASS_NONE: there is no sense data
 * @SCSI_ALUA_CLASS_PASS: nothing
 * @SCSI_ALUA_CLASS_DEFERRED: nothing, it belongs to an earlier command
 * @SCSI_ALUA_CLASS_DONE: the command has succeeded
 * @SCSI_ALUA_CLASS_TRANSITION: the port is between two states
 * @SCSI_ALUA_CLASS_STANDBY: the port is in standby
 * @SCSI_ALUA_CLASS_UNAVAILABLE: the port is unavailable
 * @SCSI_ALUA_CLASS_CHANGED: a state has changed, or was not changed as it should have been
 * @SCSI_ALUA_CLASS_RESET: a reset, or the nexus was lost: states may have changed
 * @SCSI_ALUA_CLASS_IDENTITY: what INQUIRY tells has changed, the port's group with it perhaps
 * @SCSI_ALUA_CLASS_LUNS: the logical units of the target have changed
 * @SCSI_ALUA_CLASS_RETRY: the command was not executed and can be sent again
 * @SCSI_ALUA_CLASS_WAIT: the logical unit becomes ready
 * @SCSI_ALUA_CLASS_GONE: there is no such logical unit
 * @SCSI_ALUA_CLASS_FALLBACK: the extended header is refused
 * @SCSI_ALUA_CLASS_UNSUPPORTED: the command is refused
 * @SCSI_ALUA_CLASS_FAIL: the command has failed
 */
enum scsi_alua_class {
	SCSI_ALUA_CLASS_NONE,
	SCSI_ALUA_CLASS_PASS,
	SCSI_ALUA_CLASS_DEFERRED,
	SCSI_ALUA_CLASS_DONE,
	SCSI_ALUA_CLASS_TRANSITION,
	SCSI_ALUA_CLASS_STANDBY,
	SCSI_ALUA_CLASS_UNAVAILABLE,
	SCSI_ALUA_CLASS_CHANGED,
	SCSI_ALUA_CLASS_RESET,
	SCSI_ALUA_CLASS_IDENTITY,
	SCSI_ALUA_CLASS_LUNS,
	SCSI_ALUA_CLASS_RETRY,
	SCSI_ALUA_CLASS_WAIT,
	SCSI_ALUA_CLASS_GONE,
	SCSI_ALUA_CLASS_FALLBACK,
	SCSI_ALUA_CLASS_UNSUPPORTED,
	SCSI_ALUA_CLASS_FAIL,
};

/**
 * enum scsi_alua_refresh - when to ask for the states
 * @SCSI_ALUA_REFRESH_NONE: no need to
 * @SCSI_ALUA_REFRESH_NOW: at once
 * @SCSI_ALUA_REFRESH_PACED: repeatedly, until the transition has ended
 */
enum scsi_alua_refresh {
	SCSI_ALUA_REFRESH_NONE,
	SCSI_ALUA_REFRESH_NOW,
	SCSI_ALUA_REFRESH_PACED,
};

/**
 * struct scsi_alua_sense - sense data, classified
 * @class: what it means
 * @state: state that it tells, one of enum scsi_access_state, or -1: none
 * @refresh: when to ask for the states
 */
struct scsi_alua_sense {
	enum scsi_alua_class class;
	int state;
	enum scsi_alua_refresh refresh;
};

struct scsi_alua_sense scsi_alua_sense_class(const struct scsi_sense_hdr *sshdr,
					     enum scsi_alua_sense_context context);
struct scsi_alua_sense scsi_alua_sense_classify(const u8 *sense, size_t len,
						enum scsi_alua_sense_context context);

/**
 * enum scsi_alua_kind - what is known of the access state of a device
 * @SCSI_ALUA_NONE: it has none, all its ports are alike
 * @SCSI_ALUA_KIND_UNKNOWN: nothing
 * @SCSI_ALUA_VALID: the state
 * @SCSI_ALUA_TRANSITIONING: it is between two states
 * @SCSI_ALUA_STALE: the state that it once had; whether it has it still could not be learned
 */
enum scsi_alua_kind {
	SCSI_ALUA_NONE,
	SCSI_ALUA_KIND_UNKNOWN,
	SCSI_ALUA_VALID,
	SCSI_ALUA_TRANSITIONING,
	SCSI_ALUA_STALE,
};

/**
 * struct scsi_alua_view - what is known of the access state of a device
 * @kind: how much of it
 * @state: one of enum scsi_access_state; only with SCSI_ALUA_VALID it says how I/O fares. 0 is
 *	   active/optimized, so it says nothing without @kind.
 * @preferred: PREF, as told last
 */
struct scsi_alua_view {
	u8 kind;
	u8 state;
	bool preferred;
};

/**
 * enum scsi_alua_outcome - what came of a query
 * @SCSI_ALUA_OUTCOME_BUSY: no answer; to be asked again later
 * @SCSI_ALUA_OUTCOME_ANSWERED: &scsi_alua_query.rtpg has the reply
 * @SCSI_ALUA_OUTCOME_STATE: no reply, but sense data that tells the state
 * @SCSI_ALUA_OUTCOME_AGAIN: a unit attention: to be asked again at once
 * @SCSI_ALUA_OUTCOME_FAILED: the target has failed it; asking again would not help
 * @SCSI_ALUA_OUTCOME_REFUSED: the target does not know the command, or the logical unit
 */
enum scsi_alua_outcome {
	SCSI_ALUA_OUTCOME_BUSY,
	SCSI_ALUA_OUTCOME_ANSWERED,
	SCSI_ALUA_OUTCOME_STATE,
	SCSI_ALUA_OUTCOME_AGAIN,
	SCSI_ALUA_OUTCOME_FAILED,
	SCSI_ALUA_OUTCOME_REFUSED,
};

/**
 * struct scsi_alua_query - a query for the states of all target port groups
 * @background: nobody waits for it: it is sent only while the device runs, fails at once while the
 *		host recovers, is not repeated, and its sense data calls for no further query
 * @plain_only: the target does not give a usable extended header; kept from query to query
 * @outcome: what came of it
 * @state: for SCSI_ALUA_OUTCOME_STATE: one of enum scsi_access_state
 * @result: of a command that has failed; negative if it was not executed
 * @sshdr: its sense data
 * @transition_secs: IMPLICIT TRANSITION TIME of any reply, 0: not specified, or -1: not told
 * @rtpg: the last reply
 * @sent: number of commands
 * @started: the time before the first of them
 * @identity: sense data has told that what INQUIRY tells has changed
 * @buf: buffer of @rtpg
 * @len: length of @buf
 */
struct scsi_alua_query {
	bool background;
	bool plain_only;
	enum scsi_alua_outcome outcome;
	int state;
	int result;
	struct scsi_sense_hdr sshdr;
	int transition_secs;
	struct scsi_alua_rtpg rtpg;
	unsigned int sent;
	ktime_t started;
	bool identity;
	u8 *buf;
	u32 len;
};

struct scsi_device;

/**
 * struct scsi_alua_watch - subscriber of the access state of a device
 * @changed: what is known has changed; called in any context, interrupts may be off, by one caller
 *	     after another or by several at once; scsi_alua_view() has what is known now
 * @attention: a query has collected a unit attention, which nobody else will see; called in any
 *	       context, interrupts may be off
 */
struct scsi_alua_watch {
	void (*changed)(struct scsi_device *sdev, struct scsi_alua_watch *watch);
	void (*attention)(struct scsi_device *sdev, struct scsi_alua_watch *watch,
			  const struct scsi_sense_hdr *sshdr);
};

#ifdef CONFIG_SCSI_ALUA
struct scsi_alua_view scsi_alua_view(const struct scsi_device *sdev);
#else
static inline struct scsi_alua_view scsi_alua_view(const struct scsi_device *sdev)
{
	return (struct scsi_alua_view) {};
}
#endif
bool scsi_alua_refresh(struct scsi_device *sdev, const char *reason);
bool scsi_alua_refresh_later(struct scsi_device *sdev, const char *reason);
int scsi_alua_subscribe(struct scsi_device *sdev, struct scsi_alua_watch *watch);
void scsi_alua_unsubscribe(struct scsi_device *sdev, struct scsi_alua_watch *watch);

void scsi_alua_query(struct scsi_device *sdev, struct scsi_alua_query *query);
void scsi_alua_query_end(struct scsi_alua_query *query);
void scsi_alua_tur(struct scsi_device *sdev, struct scsi_alua_query *query);
int scsi_alua_stpg(struct scsi_device *sdev, u16 group, u8 state, struct scsi_sense_hdr *sshdr);
struct scsi_alua_port scsi_alua_port(struct scsi_device *sdev);
bool scsi_alua_offer(struct scsi_device *sdev, const struct scsi_alua_query *query,
		     enum scsi_alua_role role);

#endif /* _SCSI_SCSI_ALUA_H */
