// SPDX-License-Identifier: GPL-2.0
/*
 * The commands of a probe: does the target answer on a path, and with the right logical unit.
 *
 * Contexts:  process context; allocates nothing that would need a path, as memory may have to be
 *            written through this one.
 * Invariant: of page 0x83 only bytes are looked at that the target has sent.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_proto.h>
#include "scsi_mpath.h"

#define SCSI_MPATH_PROBE_TIMEOUT	(5 * HZ)
#define SCSI_MPATH_PROBE_TRIES		3
#define SCSI_MPATH_PAGE_MIN		255
#define SCSI_MPATH_PAGE_MAX		65535

/**
 * scsi_mpath_heed() - what the target has told a command that is nobody's I/O
 * @sshdr: sense data of the command
 *
 * Nobody else will hear of it.
 *
 * Context: Any context.
 * Return: actions of the verdict.
 */
unsigned int scsi_mpath_heed(const struct scsi_sense_hdr *sshdr)
{
	const struct scsi_mpath_failure f = {
		.stage = SCSI_MPATH_ENDING,
		.result = SAM_STAT_CHECK_CONDITION,
		.state = SDEV_RUNNING,
		.sense_valid = true,
		.deferred = scsi_sense_is_deferred(sshdr),
		.key = sshdr->sense_key,
		.asc = sshdr->asc,
		.ascq = sshdr->ascq,
	};

	return scsi_mpath_judge(&f).actions;
}

/*
 * A target that answers is there, whatever it answers: the access state says the rest.
 *
 * Return: 0 if it answers, -EAGAIN if it is between two access states, -EIO if it does not answer.
 */
static int scsi_mpath_test(struct scsi_mpath_path *path)
{
	unsigned int tries = SCSI_MPATH_PROBE_TRIES, actions;
	struct scsi_sense_hdr sshdr;
	int ret;

	do {
		sshdr = (struct scsi_sense_hdr) {};
		ret = scsi_test_unit_ready(path->sdev, SCSI_MPATH_PROBE_TIMEOUT, 1, &sshdr);
		if (ret < 0 || host_byte(ret))
			return -EIO;
		if (!ret || !scsi_sense_valid(&sshdr))
			return 0;
		actions = scsi_mpath_heed(&sshdr);
		if (actions & SCSI_MPATH_ACT_TRANSITION)
			return -EAGAIN;
		if (actions & SCSI_MPATH_ACT_REFRESH)
			WRITE_ONCE(path->refresh, true);
		if (actions & SCSI_MPATH_ACT_REVALIDATE)
			scsi_mpath_reread_later(path);
	} while (sshdr.sense_key == UNIT_ATTENTION && --tries);
	return 0;
}

/* Return: bytes of page 0x83 in @page, or -EIO. What the target did not send is not looked at. */
static int scsi_mpath_read_page(struct scsi_device *sdev, u8 *page, unsigned int size)
{
	const u8 cmd[6] = { INQUIRY, 1, 0x83, size >> 8, size & 0xff };
	int resid;
	const struct scsi_exec_args args = { .resid = &resid };

	if (scsi_execute_cmd(sdev, cmd, REQ_OP_DRV_IN, page, size, SCSI_MPATH_PROBE_TIMEOUT,
			     SCSI_MPATH_PROBE_TRIES, &args))
		return -EIO;
	if (resid < 0 || resid > size - 4 || page[1] != 0x83)
		return -EIO;
	return size - resid;
}

/* The size of page 0x83 when the device was scanned: what a device can bear to be asked for. */
static unsigned int scsi_mpath_page_size(struct scsi_device *sdev)
{
	const struct scsi_vpd *vpd;

	guard(rcu)();
	vpd = rcu_dereference(sdev->vpd_pg83);
	return vpd ? clamp(vpd->len, SCSI_MPATH_PAGE_MIN, SCSI_MPATH_PAGE_MAX) :
		     SCSI_MPATH_PAGE_MIN;
}

/* Return: 0 if page 0x83 names the head's logical unit, -ESTALE if another, -EIO if not read. */
static int scsi_mpath_authenticate(struct scsi_mpath_path *path)
{
	unsigned int size = scsi_mpath_page_size(path->sdev), tries;
	struct scsi_lun_id id;
	int len, got;

	/* Once more if the page has grown. */
	for (tries = 2; tries; tries--, size = len) {
		u8 *page __free(kfree) = kzalloc(size, GFP_NOIO);

		if (!page)
			return -EIO;
		got = scsi_mpath_read_page(path->sdev, page, size);
		if (got < 0)
			return got;
		len = min_t(int, 4 + get_unaligned_be16(page + 2), SCSI_MPATH_PAGE_MAX);
		if (len > got)
			continue;
		if (!scsi_lun_id_parse(page, len, &id))
			return -EIO;
		return scsi_lun_id_equal(&id, &path->head->id) ? 0 : -ESTALE;
	}
	return -EIO;
}

/**
 * scsi_mpath_ask() - does a path still lead to the logical unit of its head
 * @path: the path
 *
 * Sends TEST UNIT READY and reads VPD page 0x83.
 *
 * Context: Process context, sleeps; starts no I/O for memory. Bounded by the time-outs of a few
 * commands and by error handling.
 * Return: 0 if it does, -EAGAIN if it does and says that its access state changes just now, -ESTALE
 * if it leads to another logical unit, -EIO if it does not answer.
 */
int scsi_mpath_ask(struct scsi_mpath_path *path)
{
	unsigned int noio = memalloc_noio_save();
	int ret = scsi_mpath_test(path), identity;

	if (ret != -EIO) {
		identity = scsi_mpath_authenticate(path);
		ret = identity ?: ret;
	}
	memalloc_noio_restore(noio);
	return ret;
}
