/* SPDX-License-Identifier: GPL-2.0 */
/* VPD page 0x83, device identification (SPC-5 7.7.6): a walk over its designators. */
#ifndef _SCSI_VPD83_H
#define _SCSI_VPD83_H

#include <linux/types.h>
#include <scsi/scsi_alua.h>

#define SCSI_VPD83_DESIG_HEADER	4

/* Fields of a designator. */
#define SCSI_VPD83_CODE_SET(d)		((d)[0] & 0x0f)
#define SCSI_VPD83_ASSOCIATION(d)	(((d)[1] >> 4) & 3)
#define SCSI_VPD83_TYPE(d)		((d)[1] & 0x0f)

/* Values of these fields. */
enum {
	SCSI_VPD83_BINARY = 1,
	SCSI_VPD83_UTF8 = 3,
};

enum {
	SCSI_VPD83_LOGICAL_UNIT = 0,
	SCSI_VPD83_TARGET_PORT = 1,
};

enum {
	SCSI_VPD83_EUI64 = 2,
	SCSI_VPD83_NAA = 3,
	SCSI_VPD83_RELATIVE_PORT = 4,
	SCSI_VPD83_TARGET_PORT_GROUP = 5,
	SCSI_VPD83_NAME = 8,
	SCSI_VPD83_UUID = 0xa,
};

/**
 * struct scsi_vpd83 - a walk over the designators of a page
 * @next: where the next one should be
 * @end: where the page ends, or what was transferred of it
 * @cut: not all of the page was transferred
 * @result: how far it could be read; final when scsi_vpd83_next() has returned NULL
 */
struct scsi_vpd83 {
	const u8 *next;
	const u8 *end;
	bool cut;
	enum scsi_alua_result result;
};

void scsi_vpd83_begin(struct scsi_vpd83 *walk, const u8 *page, size_t xferlen);
const u8 *scsi_vpd83_next(struct scsi_vpd83 *walk);

#endif /* _SCSI_VPD83_H */
