// SPDX-License-Identifier: GPL-2.0
/*
 * One operation on a block device, and exactly what came of it.
 *
 * Shell tests need to know the errno of one read, or whether one FUA write reached the disk while
 * its path died. dd and friends retry, print prose or do several things at once. This does one
 * operation (count=N: N times in a row, stopping at the first failure), prints
 *
 *	OP ok=N again=N bytes=N max_ms=N err=NAME
 *
 * and says by its exit status: 0 done, 1 the operation failed (err= names the errno), 2 usage,
 * 3 the data read differs from the pattern.
 *
 * The pattern of a byte range depends on the seed and on the position on the disk, so that data
 * that was written to a wrong place is found.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/cdrom.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/pr.h>
#include <linux/types.h>
#include <scsi/scsi_ioctl.h>
#include <scsi/sg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define ALIGNMENT 4096

struct job {
	const char *op;
	int fd;
	__u64 off;
	__u64 len;
	__u64 step;
	__u64 seed;
	unsigned long count;
	bool direct;
	__u8 cdb[16];
	int cdb_len;
	const char *reclaim;
	__u8 *buf;
	unsigned long again;
};

static void fill(const struct job *job, __u64 off, __u8 *buf)
{
	for (__u64 i = 0; i < job->len; i += 8) {
		__u64 word = (off + i) * 0x9e3779b97f4a7c15ULL ^ job->seed;

		memcpy(buf + i, &word, 8);
	}
}

/* 0, or 3 after a line that says where the first wrong byte is. */
static int compare(const struct job *job, __u64 off, const __u8 *want)
{
	for (__u64 i = 0; i < job->len; i++) {
		if (job->buf[i] == want[i])
			continue;
		fprintf(stderr, "%s: byte %llu is 0x%02x, want 0x%02x\n", job->op,
			(unsigned long long)(off + i), job->buf[i], want[i]);
		return 3;
	}
	return 0;
}

static int check_pattern(const struct job *job, __u64 off)
{
	__u8 *want = malloc(job->len);
	int ret;

	if (!want)
		return 2;
	fill(job, off, want);
	ret = compare(job, off, want);
	free(want);
	return ret;
}

static int check_zero(const struct job *job, __u64 off)
{
	__u8 *want = calloc(1, job->len);
	int ret;

	if (!want)
		return 2;
	ret = compare(job, off, want);
	free(want);
	return ret;
}

/* All of these return 0, -1 with errno, or 3 for wrong data. */
static int read_whole(struct job *job, __u64 off, int flags)
{
	struct iovec iov = { .iov_base = job->buf, .iov_len = job->len };
	ssize_t n = preadv2(job->fd, &iov, 1, off, flags);

	if (n < 0)
		return -1;
	if ((__u64)n != job->len) {
		errno = EIO;
		return -1;
	}
	return 0;
}

static int write_whole(struct job *job, __u64 off, int flags)
{
	struct iovec iov = { .iov_base = job->buf, .iov_len = job->len };
	ssize_t n;

	fill(job, off, job->buf);
	n = pwritev2(job->fd, &iov, 1, off, flags);
	if (n < 0)
		return -1;
	if ((__u64)n != job->len) {
		errno = EIO;
		return -1;
	}
	return 0;
}

static int op_read(struct job *job, __u64 off)
{
	return read_whole(job, off, 0);
}

static int op_verify(struct job *job, __u64 off)
{
	return read_whole(job, off, 0) ?: check_pattern(job, off);
}

static int op_zero(struct job *job, __u64 off)
{
	return read_whole(job, off, 0) ?: check_zero(job, off);
}

static int op_write(struct job *job, __u64 off)
{
	return write_whole(job, off, 0);
}

static int op_fua(struct job *job, __u64 off)
{
	return write_whole(job, off, RWF_DSYNC);
}

static int op_flush(struct job *job, __u64 off)
{
	return write_whole(job, off, 0) ?: fsync(job->fd);
}

static int op_fsync(struct job *job, __u64 off)
{
	return fsync(job->fd);
}

static int again(struct job *job, int ret)
{
	if (ret != -1 || errno != EAGAIN)
		return ret;
	job->again++;
	return 0;
}

static int op_nowait_read(struct job *job, __u64 off)
{
	unsigned long before = job->again;
	int ret = again(job, read_whole(job, off, RWF_NOWAIT));

	if (ret || job->again != before)
		return ret;
	return check_pattern(job, off);
}

static int op_nowait_write(struct job *job, __u64 off)
{
	return again(job, write_whole(job, off, RWF_NOWAIT));
}

static int op_discard(struct job *job, __u64 off)
{
	__u64 range[2] = { off, job->len };

	return ioctl(job->fd, BLKDISCARD, range);
}

static int op_zeroout(struct job *job, __u64 off)
{
	__u64 range[2] = { off, job->len };

	return ioctl(job->fd, BLKZEROOUT, range);
}

static int op_mmap(struct job *job, __u64 off)
{
	__u8 *map = mmap(NULL, job->len, PROT_READ | PROT_WRITE, MAP_SHARED, job->fd, off);
	int ret;

	if (map == MAP_FAILED)
		return -1;
	fill(job, off, map);
	ret = msync(map, job->len, MS_SYNC);
	munmap(map, job->len);
	return ret;
}

/* Every page is dropped first, so the faults read the disk. A lost page is SIGBUS, status 135. */
static int op_mmap_verify(struct job *job, __u64 off)
{
	__u8 *map;
	int ret;

	if (ioctl(job->fd, BLKFLSBUF))
		return -1;
	map = mmap(NULL, job->len, PROT_READ, MAP_SHARED, job->fd, off);
	if (map == MAP_FAILED)
		return -1;
	memcpy(job->buf, map, job->len);
	ret = check_pattern(job, off);
	munmap(map, job->len);
	return ret;
}

/* Sends a CDB; one that reads gets len bytes, len=0 is a command without data. */
static int op_sg_io(struct job *job, __u64 off)
{
	__u8 sense[32] = { 0 };
	struct sg_io_hdr hdr = {
		.interface_id = 'S',
		.dxfer_direction = SG_DXFER_NONE,
		.cmd_len = job->cdb_len,
		.mx_sb_len = sizeof(sense),
		.cmdp = job->cdb,
		.sbp = sense,
		.timeout = 20000,
	};

	if (job->len) {
		/* PERSISTENT RESERVE OUT is the one command that tests send with data. */
		hdr.dxfer_direction = job->cdb[0] == 0x5f ? SG_DXFER_TO_DEV : SG_DXFER_FROM_DEV;
		hdr.dxfer_len = job->len;
		hdr.dxferp = job->buf;
	}
	if (ioctl(job->fd, SG_IO, &hdr))
		return -1;
	if (hdr.info & SG_INFO_CHECK)
		fprintf(stderr, "sg_io: host 0x%02x status 0x%02x sense %x/%02x/%02x\n",
			hdr.host_status, hdr.status, sense[2] & 0xf, sense[12], sense[13]);
	if (!hdr.host_status && !hdr.status)
		return 0;
	errno = EREMOTEIO;
	return -1;
}

/* The command that CD writers send packets with; every disk takes it. */
static int op_send_packet(struct job *job, __u64 off)
{
	struct cdrom_generic_command cgc = {
		.buffer = job->buf,
		.buflen = job->len,
		.data_direction = CGC_DATA_WRITE,
		.timeout = 20000,
	};

	memcpy(cgc.cmd, job->cdb, sizeof(cgc.cmd));
	return ioctl(job->fd, CDROM_SEND_PACKET, &cgc);
}

/* SG_IO's oldest ancestor. */
static int op_send_command(struct job *job, __u64 off)
{
	struct {
		unsigned int inlen, outlen;
		__u8 data[512];
	} cmd = { .inlen = job->len };

	memcpy(cmd.data, job->cdb, sizeof(job->cdb));
	return ioctl(job->fd, SCSI_IOCTL_SEND_COMMAND, &cmd);
}

/* A positive number is a SCSI status. */
static int pr_result(int ret)
{
	if (ret <= 0)
		return ret;
	errno = EREMOTEIO;
	return -1;
}

static int op_pr_register(struct job *job, __u64 off)
{
	struct pr_registration reg = { .new_key = 0x1234 };

	return pr_result(ioctl(job->fd, IOC_PR_REGISTER, &reg));
}

static int op_pr_reserve(struct job *job, __u64 off)
{
	struct pr_reservation rsv = { .key = 0x1234, .type = PR_WRITE_EXCLUSIVE };

	return pr_result(ioctl(job->fd, IOC_PR_RESERVE, &rsv));
}

static int op_pr_clear(struct job *job, __u64 off)
{
	struct pr_clear clear = { .key = 0x1234 };

	return pr_result(ioctl(job->fd, IOC_PR_CLEAR, &clear));
}

/* One T10 protection information tuple of type 1; for each block of 512 bytes. */
struct pi_tuple {
	__be16 guard;
	__be16 app;
	__be32 ref;
};

/* The headers of a distribution may be older than this attribute of io_uring. */
struct pi_attr {
	__u16 flags;
	__u16 app_tag;
	__u32 len;
	__u64 addr;
	__u64 seed;
	__u64 rsvd;
};

#define PI_BLOCK		512
#define PI_CHECK_GUARD_REF	3	/* IO_INTEGRITY_CHK_GUARD | IO_INTEGRITY_CHK_REFTAG */
#define PI_ATTR			1	/* IORING_RW_ATTR_FLAG_PI */
#define SQE_ATTR_PTR		48	/* offsets in struct io_uring_sqe */
#define SQE_ATTR_MASK		56

static __u16 crc_t10dif(const __u8 *data, size_t len)
{
	__u16 crc = 0;

	while (len--) {
		crc ^= *data++ << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x8000 ? crc << 1 ^ 0x8bb7 : crc << 1;
	}
	return crc;
}

static void pi_fill(const struct job *job, __u64 off, struct pi_tuple *pi)
{
	for (__u64 i = 0; i < job->len / PI_BLOCK; i++) {
		pi[i].guard = htons(crc_t10dif(job->buf + i * PI_BLOCK, PI_BLOCK));
		pi[i].app = 0;
		pi[i].ref = htonl(off / PI_BLOCK + i);
	}
}

/* Waits for the one request that is in flight. */
static int ring_result(int ring, const struct io_uring_params *p)
{
	size_t size = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	__u8 *cq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
	const struct io_uring_cqe *cqe;
	int ret = -1;

	if (cq == MAP_FAILED)
		return -1;
	if (syscall(__NR_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1) {
		cqe = (const void *)(cq + p->cq_off.cqes);
		ret = cqe->res;
		if (ret < 0) {
			errno = -ret;
			ret = -1;
		}
	}
	munmap(cq, size);
	return ret;
}

/* A ring for one request: slow, and simple. */
static int ring_rw(int op, const struct job *job, __u64 off, const struct pi_attr *attr)
{
	struct iovec iov = { .iov_base = job->buf, .iov_len = job->len };
	struct io_uring_params p = { 0 };
	int ring = syscall(__NR_io_uring_setup, 1, &p), ret = -1;
	__u64 ptr = (unsigned long)attr, mask = PI_ATTR;
	struct io_uring_sqe *sqe;
	size_t size;
	__u8 *sq;

	if (ring < 0)
		return -1;
	sqe = mmap(NULL, sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	size = p.sq_off.array + p.sq_entries * sizeof(__u32);	/* all 0: the first request */
	sq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	if (sqe != MAP_FAILED && sq != MAP_FAILED) {
		sqe->opcode = op;
		sqe->fd = job->fd;
		sqe->off = off;
		sqe->addr = (unsigned long)&iov;
		sqe->len = 1;
		memcpy((__u8 *)sqe + SQE_ATTR_PTR, &ptr, sizeof(ptr));
		memcpy((__u8 *)sqe + SQE_ATTR_MASK, &mask, sizeof(mask));
		__atomic_store_n((unsigned int *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
		ret = ring_result(ring, &p);
	}
	if (sqe != MAP_FAILED)
		munmap(sqe, sizeof(*sqe));
	if (sq != MAP_FAILED)
		munmap(sq, size);
	close(ring);
	return ret;
}

/* 0, or -1 with errno; the tuples are in @pi before a write and after a read. */
static int pi_rw(int op, struct job *job, __u64 off, struct pi_tuple *pi)
{
	struct pi_attr attr = {
		.flags = PI_CHECK_GUARD_REF,
		.len = job->len / PI_BLOCK * sizeof(*pi),
		.addr = (unsigned long)pi,
		.seed = off / PI_BLOCK,
	};
	int n = ring_rw(op, job, off, &attr);

	if (n < 0)
		return -1;
	if ((__u64)n != job->len) {
		errno = EIO;
		return -1;
	}
	return 0;
}

static struct pi_tuple *pi_alloc(const struct job *job)
{
	return aligned_alloc(ALIGNMENT, (job->len / PI_BLOCK * sizeof(struct pi_tuple) |
					 (ALIGNMENT - 1)) + 1);
}

static int op_pi_write(struct job *job, __u64 off)
{
	struct pi_tuple *pi = pi_alloc(job);
	int ret;

	if (!pi)
		return 2;
	fill(job, off, job->buf);
	pi_fill(job, off, pi);
	ret = pi_rw(IORING_OP_WRITEV, job, off, pi);
	free(pi);
	return ret;
}

static int op_pi_verify(struct job *job, __u64 off)
{
	struct pi_tuple *pi = pi_alloc(job), *want = pi_alloc(job);
	int ret = 2;

	if (pi && want) {
		ret = pi_rw(IORING_OP_READV, job, off, pi);
		if (!ret)
			ret = check_pattern(job, off);
		if (!ret) {
			pi_fill(job, off, want);
			ret = memcmp(pi, want, job->len / PI_BLOCK * sizeof(*pi)) ? 3 : 0;
		}
	}
	free(pi);
	free(want);
	return ret;
}

static int op_reread(struct job *job, __u64 off)
{
	return ioctl(job->fd, BLKRRPART);
}

/* Has the memory cgroup of the caller give up what was written already: the swap cache. */
static int reclaim(const char *file, __u64 bytes)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	/* EAGAIN: it could not find as much as that. */
	if (dprintf(fd, "%llu", (unsigned long long)bytes) < 0 && errno != EAGAIN) {
		close(fd);
		return -1;
	}
	return close(fd);
}

/* Pages of its own are filled, pushed out to swap, and read back; the device has no part in it. */
static int op_swap(struct job *job, __u64 off)
{
	fill(job, 0, job->buf);
	if (madvise(job->buf, job->len, MADV_PAGEOUT))
		return -1;
	if (job->reclaim && reclaim(job->reclaim, job->len))
		return -1;
	return check_pattern(job, 0);
}

/* Holds the device open until the standard input ends; says so first. */
static int op_hold(struct job *job, __u64 off)
{
	char c;

	puts("holding");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}

static const struct op {
	const char *name;
	int (*run)(struct job *job, __u64 off);
	int flags;
	const char *what;
} ops[] = {
	{ "read", op_read, O_RDONLY, "read, whatever the data" },
	{ "verify", op_verify, O_RDONLY, "read and compare with the pattern" },
	{ "zero", op_zero, O_RDONLY, "read and compare with zeroes" },
	{ "write", op_write, O_RDWR, "write the pattern" },
	{ "fua", op_fua, O_RDWR, "write the pattern with RWF_DSYNC" },
	{ "flush", op_flush, O_RDWR, "write the pattern, then fsync" },
	{ "fsync", op_fsync, O_RDWR, "fsync alone" },
	{ "nowait_read", op_nowait_read, O_RDONLY, "verify with RWF_NOWAIT, EAGAIN counted" },
	{ "nowait_write", op_nowait_write, O_RDWR, "write with RWF_NOWAIT, EAGAIN counted" },
	{ "discard", op_discard, O_RDWR, "BLKDISCARD" },
	{ "zeroout", op_zeroout, O_RDWR, "BLKZEROOUT" },
	{ "mmap", op_mmap, O_RDWR, "write the pattern through a shared mapping" },
	{ "mmap_verify", op_mmap_verify, O_RDONLY, "compare through a mapping, cache dropped" },
	{ "sg_io", op_sg_io, O_RDONLY, "send cdb=HEX by SG_IO" },
	{ "pi_write", op_pi_write, O_RDWR, "write the pattern with protection information" },
	{ "pi_verify", op_pi_verify, O_RDONLY, "read and compare both" },
	{ "send_packet", op_send_packet, O_RDWR, "send cdb=HEX by CDROM_SEND_PACKET" },
	{ "send_command", op_send_command, O_RDWR, "send cdb=HEX by SCSI_IOCTL_SEND_COMMAND" },
	{ "pr_register", op_pr_register, O_RDWR, "IOC_PR_REGISTER of key 0x1234" },
	{ "pr_reserve", op_pr_reserve, O_RDWR, "IOC_PR_RESERVE, write exclusive" },
	{ "pr_clear", op_pr_clear, O_RDWR, "IOC_PR_CLEAR" },
	{ "reread", op_reread, O_RDONLY, "BLKRRPART" },
	{ "swap", op_swap, O_RDONLY, "push len bytes out to swap, read back (reclaim= for real)" },
	{ "hold", op_hold, O_RDONLY, "keep the device open until stdin ends" },
	{ "hold_excl", op_hold, O_RDWR | O_EXCL, "the same, with an exclusive claim" },
	{ NULL },
};

static int usage(void)
{
	fputs("mpath_io OP DEVICE [off=N] [len=N] [step=N] [count=N] [seed=N] [direct=0|1]\n"
	      "	[cdb=HEX] [reclaim=FILE]\n", stderr);
	for (const struct op *op = ops; op->name; op++)
		fprintf(stderr, "  %-13s%s\n", op->name, op->what);
	return 2;
}

static bool parse_cdb(struct job *job, const char *hex)
{
	for (job->cdb_len = 0; *hex; hex += 2, job->cdb_len++) {
		unsigned int byte;

		if (job->cdb_len == sizeof(job->cdb) || !isxdigit(hex[1]) ||
		    sscanf(hex, "%2x", &byte) != 1)
			return false;
		job->cdb[job->cdb_len] = byte;
	}
	return job->cdb_len > 0;
}

static bool parse_arg(struct job *job, const char *arg)
{
	const char *value = strchr(arg, '=');
	__u64 number;
	char *end;

	if (!value++)
		return false;
	if (!strncmp(arg, "cdb=", 4))
		return parse_cdb(job, value);
	if (!strncmp(arg, "reclaim=", 8)) {
		job->reclaim = value;
		return true;
	}
	number = strtoull(value, &end, 0);
	if (*end || end == value)
		return false;
	if (!strncmp(arg, "off=", 4))
		job->off = number;
	else if (!strncmp(arg, "len=", 4))
		job->len = number;
	else if (!strncmp(arg, "step=", 5))
		job->step = number;
	else if (!strncmp(arg, "count=", 6))
		job->count = number;
	else if (!strncmp(arg, "seed=", 5))
		job->seed = number;
	else if (!strncmp(arg, "direct=", 7))
		job->direct = number;
	else
		return false;
	return true;
}

static __u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	struct job job = { .len = 4096, .step = UINT64_MAX, .count = 1, .direct = true };
	__u64 bytes = 0, max_ms = 0;
	const struct op *op = ops;
	unsigned long done = 0;
	int ret = 0, err = 0;

	if (argc < 3)
		return usage();
	job.op = argv[1];
	while (op->name && strcmp(op->name, job.op))
		op++;
	if (!op->name)
		return usage();
	for (int i = 3; i < argc; i++)
		if (!parse_arg(&job, argv[i]))
			return usage();
	if (job.step == UINT64_MAX)
		job.step = job.len;
	if (!strncmp(job.op, "mmap", 4) || op->run == op_sg_io || op->run == op_hold)
		job.direct = false;
	if (posix_memalign((void **)&job.buf, ALIGNMENT, job.len ? job.len : ALIGNMENT))
		return 2;
	memset(job.buf, 0, job.len);

	job.fd = open(argv[2], op->flags | O_CLOEXEC | (job.direct ? O_DIRECT : 0));
	if (job.fd < 0) {
		ret = -1;
		err = errno;
	}
	while (!ret && done < job.count) {
		__u64 start = now_ms();

		ret = op->run(&job, job.off + done * job.step);
		err = ret == -1 ? errno : 0;
		if (now_ms() - start > max_ms)
			max_ms = now_ms() - start;
		if (ret)
			break;
		done++;
		bytes += job.len;
	}
	/* The data of a failed buffered write may only show at close. */
	if (job.fd >= 0 && close(job.fd) && !ret) {
		ret = -1;
		err = errno;
	}
	printf("%s ok=%lu again=%lu bytes=%llu max_ms=%llu err=%s\n", job.op, done, job.again,
	       (unsigned long long)bytes, (unsigned long long)max_ms,
	       err ? strerrorname_np(err) : "none");
	return ret == -1 ? 1 : ret;
}
