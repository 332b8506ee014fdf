/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM multipath

#if !defined(_TRACE_MULTIPATH_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_MULTIPATH_H

#include <linux/blktrace_api.h>
#include <linux/blkdev.h>
#include <linux/tracepoint.h>

#define RWBS_LEN 10

/* Hidden disks have no device number that means anything, so a path is shown by its name. */

/**
 * mpath_path_error - a clone failed on its path, and its bio is to be moved
 * @orig: the bio that was submitted to the head
 * @path: disk of the path
 * @status: error of the clone
 */
TRACE_EVENT(mpath_path_error,
	    TP_PROTO(struct bio *orig, struct gendisk *path, blk_status_t status),
	    TP_ARGS(orig, path, status),
	    TP_STRUCT__entry(__field(dev_t, dev)
			     __field(sector_t, sector)
			     __field(unsigned int, nr_sectors)
			     __field(int, error)
			     __array(char, rwbs, RWBS_LEN)
			     __string(path, path->disk_name)),
	    TP_fast_assign(__entry->dev = disk_devt(orig->bi_bdev->bd_disk);
			   __entry->sector = orig->bi_iter.bi_sector;
			   __entry->nr_sectors = bio_sectors(orig);
			   __entry->error = blk_status_to_errno(status);
			   blk_fill_rwbs(__entry->rwbs, orig->bi_opf);
			   __assign_str(path);),
	    TP_printk("%d,%d %s %s %llu + %u [%d]",
		      MAJOR(__entry->dev), MINOR(__entry->dev), __get_str(path), __entry->rwbs,
		      (unsigned long long)__entry->sector, __entry->nr_sectors, __entry->error)
);

/**
 * mpath_reissue - a bio that failed on a path is sent on another path, or again
 * @orig: the bio that was submitted to the head
 * @path: disk of the path that it goes to
 * @ns: time since its last failure
 */
TRACE_EVENT(mpath_reissue,
	    TP_PROTO(struct bio *orig, struct gendisk *path, u64 ns),
	    TP_ARGS(orig, path, ns),
	    TP_STRUCT__entry(__field(dev_t, dev)
			     __field(sector_t, sector)
			     __field(unsigned int, nr_sectors)
			     __field(u64, ns)
			     __array(char, rwbs, RWBS_LEN)
			     __string(path, path->disk_name)),
	    TP_fast_assign(__entry->dev = disk_devt(orig->bi_bdev->bd_disk);
			   __entry->sector = orig->bi_iter.bi_sector;
			   __entry->nr_sectors = bio_sectors(orig);
			   __entry->ns = ns;
			   blk_fill_rwbs(__entry->rwbs, orig->bi_opf);
			   __assign_str(path);),
	    TP_printk("%d,%d %s %s %llu + %u ns=%llu",
		      MAJOR(__entry->dev), MINOR(__entry->dev), __get_str(path), __entry->rwbs,
		      (unsigned long long)__entry->sector, __entry->nr_sectors, __entry->ns)
);

/**
 * mpath_park - a bio that no path has seen begins to wait
 * @orig: the bio that was submitted to the head
 * @memory: it waits for memory, not for a path
 */
TRACE_EVENT(mpath_park,
	    TP_PROTO(struct bio *orig, bool memory),
	    TP_ARGS(orig, memory),
	    TP_STRUCT__entry(__field(dev_t, dev)
			     __field(sector_t, sector)
			     __field(unsigned int, nr_sectors)
			     __field(bool, memory)
			     __array(char, rwbs, RWBS_LEN)),
	    TP_fast_assign(__entry->dev = disk_devt(orig->bi_bdev->bd_disk);
			   __entry->sector = orig->bi_iter.bi_sector;
			   __entry->nr_sectors = bio_sectors(orig);
			   __entry->memory = memory;
			   blk_fill_rwbs(__entry->rwbs, orig->bi_opf);),
	    TP_printk("%d,%d %s %llu + %u for %s",
		      MAJOR(__entry->dev), MINOR(__entry->dev), __entry->rwbs,
		      (unsigned long long)__entry->sector, __entry->nr_sectors,
		      __entry->memory ? "memory" : "path")
);

#endif /* _TRACE_MULTIPATH_H */

#include <trace/define_trace.h>
