// SPDX-License-Identifier: GPL-2.0
/*
 * ioctl of a multipath disk: what sd offers, sent once, down one path.
 *
 * A SCSI command from user space is not repeated on another path, because nobody knows whether it
 * may be. No reference that path removal waits for is held while it runs: it may last for hours.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blkdev.h>
#include <linux/capability.h>
#include <linux/cdrom.h>
#include <scsi/scsi_ioctl.h>
#include <scsi/scsi_proto.h>
#include <scsi/sg.h>
#include "scsi_mpath.h"

/* First byte of the CDB that SG_IO would send; 0 if there is none, which sd answers. */
static u8 scsi_mpath_sg_opcode(void __user *argp)
{
	struct sg_io_hdr hdr;
	u8 opcode;

	if (get_sg_io_hdr(&hdr, argp) || !hdr.cmd_len || get_user(opcode, hdr.cmdp))
		return 0;
	return opcode;
}

static u8 scsi_mpath_byte(const u8 __user *p)
{
	u8 opcode;

	return get_user(opcode, p) ? 0 : opcode;
}

/*
 * A registration made on one I_T nexus is none on the others, and a reservation taken over it
 * would shut them out: not before registrations cover every path. This keeps administrators from
 * a mistake, no more: who changes the command while it is looked at, or sends it to a path, can.
 */
static int scsi_mpath_check_command(struct gendisk *disk, unsigned int cmd, void __user *argp)
{
	u8 opcode;

	switch (cmd) {
	case SG_IO:
		opcode = scsi_mpath_sg_opcode(argp);
		break;
	case SCSI_IOCTL_SEND_COMMAND:
		opcode = scsi_mpath_byte(((struct scsi_ioctl_command __user *)argp)->data);
		break;
	case CDROM_SEND_PACKET:
		opcode = scsi_mpath_byte(((struct cdrom_generic_command __user *)argp)->cmd);
		break;
	default:
		return 0;
	}
	if (opcode != PERSISTENT_RESERVE_OUT)
		return 0;
	pr_notice_ratelimited("%s: PERSISTENT RESERVE OUT refused: it would reach one path only\n",
			      disk->disk_name);
	return -EOPNOTSUPP;
}

/* The hidden disk of a path, with a reference of it and of its scsi_device. */
static struct gendisk *scsi_mpath_get_path_disk(struct mpath_head *mh, struct scsi_device **sdev)
{
	struct mpath_path *mp = mpath_path_get_any(mh);
	struct scsi_mpath_path *path;
	struct gendisk *disk = NULL;

	if (!mp)
		return NULL;
	path = to_scsi_mpath_path(mp);
	/* What may be another logical unit gets no command. */
	if (!(READ_ONCE(path->flags) & (BIT(SCSI_MPATH_HELD) | BIT(SCSI_MPATH_OUTAGE))) &&
	    !scsi_device_get(path->sdev)) {
		*sdev = path->sdev;
		disk = path->disk;
		get_device(disk_to_dev(disk));
	}
	mpath_path_put(mp);
	return disk;
}

/**
 * scsi_mpath_ioctl() - &block_device_operations.ioctl of a head
 * @bdev: the disk or a partition of it
 * @mode: mode in which it was opened
 * @cmd: ioctl number
 * @arg: its argument
 *
 * Context: Process context, may sleep.
 * Return: what sd returns; -EAGAIN if no path runs; -EOPNOTSUPP for PERSISTENT RESERVE OUT.
 */
int scsi_mpath_ioctl(struct block_device *bdev, blk_mode_t mode, unsigned int cmd,
		     unsigned long arg)
{
	struct mpath_head *mh = bdev->bd_disk->private_data;
	struct scsi_device *sdev;
	struct gendisk *disk;
	int ret;

	/* sd asks this of the device it is given, and that is the whole disk of the path. */
	if (bdev_is_partition(bdev) && !capable(CAP_SYS_RAWIO))
		return -ENOIOCTLCMD;
	ret = scsi_mpath_check_command(bdev->bd_disk, cmd, (void __user *)arg);
	if (ret)
		return ret;
	disk = scsi_mpath_get_path_disk(mh, &sdev);
	if (!disk)
		return -EAGAIN;
	ret = disk->fops->ioctl(disk->part0, mode, cmd, arg);
	put_device(disk_to_dev(disk));
	scsi_device_put(sdev);
	return ret;
}
