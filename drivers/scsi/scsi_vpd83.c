// SPDX-License-Identifier: GPL-2.0
/*
 * A walk over the designators of VPD page 0x83.
 *
 * Contexts:  any; pure functions over a buffer and its length.
 * Invariant: a designator that is given out lies whole within the page and within the transfer.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include "scsi_vpd83.h"

#define VPD_HEADER_SIZE	4

/**
 * scsi_vpd83_begin() - begin a walk over the designators of a page
 * @walk: the walk
 * @page: VPD page 0x83, header included
 * @xferlen: bytes that were transferred
 *
 * Context: Any.
 */
void scsi_vpd83_begin(struct scsi_vpd83 *walk, const u8 *page, size_t xferlen)
{
	size_t len;

	*walk = (struct scsi_vpd83) { .next = page, .end = page, .result = SCSI_ALUA_OK };
	if (xferlen < VPD_HEADER_SIZE) {
		walk->result = SCSI_ALUA_SHORT;
		return;
	}
	if (page[1] != 0x83) {
		walk->result = SCSI_ALUA_MALFORMED;
		return;
	}
	len = VPD_HEADER_SIZE + get_unaligned_be16(page + 2);
	walk->cut = xferlen < len;
	walk->next = page + VPD_HEADER_SIZE;
	walk->end = page + min(len, xferlen);
	if (walk->cut)
		walk->result = SCSI_ALUA_SHORT;
}

/**
 * scsi_vpd83_next() - take the next designator
 * @walk: a walk that was begun
 *
 * Context: Any.
 * Return: its header, behind which as many bytes are as that says, at least 1; NULL if there is no
 * further one.
 */
const u8 *scsi_vpd83_next(struct scsi_vpd83 *walk)
{
	const u8 *d;

	while (walk->end - walk->next >= SCSI_VPD83_DESIG_HEADER) {
		d = walk->next;
		if (walk->end - d < SCSI_VPD83_DESIG_HEADER + d[3])
			break;
		walk->next += SCSI_VPD83_DESIG_HEADER + d[3];
		if (d[3])
			return d;
	}
	/* Too little for a designator may only be padding. */
	if (!walk->cut && (walk->end - walk->next >= SCSI_VPD83_DESIG_HEADER ||
			   memchr_inv(walk->next, 0, walk->end - walk->next)))
		walk->result = SCSI_ALUA_MALFORMED;
	walk->end = walk->next;
	return NULL;
}
