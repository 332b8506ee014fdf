// SPDX-License-Identifier: GPL-2.0
/*
 * How long it takes until many waiting reads have ended.
 *
 *	drain_bios DEVICE COUNT COMMAND
 *
 * Submits COUNT asynchronous direct reads of 4 KiB, which must all still wait when the last one is
 * submitted (the disk has no usable path), then runs COMMAND, which brings a path back. Prints
 *
 *	WAITING FIRST LAST FAILED
 *
 * the number that waited, milliseconds from the start of COMMAND to the first and to the last
 * completion, and the number of reads that failed. With COMMAND "" the disk works all along, and
 * the times count from the first submission.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIZE	4096
#define BATCH	64

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

static void submit(aio_context_t ctx, struct iocb *iocb)
{
	int ret;

	do {
		ret = syscall(SYS_io_submit, ctx, 1, &iocb);
	} while (ret < 0 && errno == EAGAIN);
	if (ret != 1)
		err(1, "io_submit");
}

static long completed(aio_context_t ctx, long min, struct io_event *events, struct timespec *limit)
{
	long n = syscall(SYS_io_getevents, ctx, min, BATCH, events, limit);

	if (n < 0)
		err(1, "io_getevents");
	return n;
}

/* Completions are awaited while the command runs. */
static pid_t run(const char *command)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	return pid;
}

int main(int argc, char **argv)
{
	struct io_event events[BATCH];
	struct timespec none = { 0 };
	aio_context_t ctx = 0;
	long count, done = 0, waiting, failed = 0;
	double start, first = 0, last;
	pid_t child = 0;
	struct iocb *iocbs;
	void *buf;
	int fd, status;

	if (argc != 4)
		errx(2, "usage: drain_bios DEVICE COUNT COMMAND");
	count = atol(argv[2]);
	fd = open(argv[1], O_RDONLY | O_DIRECT);
	if (fd < 0)
		err(1, "%s", argv[1]);
	iocbs = calloc(count, sizeof(*iocbs));
	if (!iocbs || posix_memalign(&buf, SIZE, SIZE))
		errx(1, "no memory");
	if (syscall(SYS_io_setup, count, &ctx))
		err(1, "io_setup");

	start = now_ms();
	for (long i = 0; i < count; i++) {
		iocbs[i].aio_fildes = fd;
		iocbs[i].aio_lio_opcode = IOCB_CMD_PREAD;
		iocbs[i].aio_buf = (unsigned long)buf;
		iocbs[i].aio_nbytes = SIZE;
		iocbs[i].aio_offset = i % 1024 * SIZE;
		submit(ctx, &iocbs[i]);
	}
	if (argv[3][0]) {
		done = completed(ctx, 0, events, &none);
		waiting = count - done;
		start = now_ms();
		child = run(argv[3]);
	} else {
		waiting = 0;
	}
	while (done < count) {
		long n = completed(ctx, 1, events, NULL);

		if (!first)
			first = now_ms() - start;
		done += n;
		while (n--)
			failed += events[n].res != SIZE;
	}
	last = now_ms() - start;
	if (child && (waitpid(child, &status, 0) != child || status))
		errx(1, "failed: %s", argv[3]);
	printf("%ld %.2f %.2f %ld\n", waiting, first, last, failed);
	return 0;
}
