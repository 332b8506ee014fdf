// SPDX-License-Identifier: GPL-2.0
/*
 * What one 4 KiB direct read costs, in nanoseconds of CLOCK_MONOTONIC.
 *
 *	pread_ns DEVICE READS REPEATS
 *
 * Prints one figure per repeat. Under QEMU's instruction counter (-icount shift=0) a nanosecond is
 * an instruction, so the figure is the length of the whole path: system call, block layer, driver.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SIZE	4096
#define WARM_UP	5000	/* until slabs, tags and per-CPU caches have settled */

static void reads(int fd, void *buf, long count)
{
	while (count--)
		if (pread(fd, buf, SIZE, 0) != SIZE)
			err(1, "pread");
}

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	long count, repeats;
	void *buf;
	int fd;

	if (argc != 4)
		errx(2, "usage: pread_ns DEVICE READS REPEATS");
	count = atol(argv[2]);
	repeats = atol(argv[3]);
	fd = open(argv[1], O_RDONLY | O_DIRECT);
	if (fd < 0)
		err(1, "%s", argv[1]);
	if (posix_memalign(&buf, SIZE, SIZE))
		errx(1, "no memory");
	reads(fd, buf, WARM_UP);
	while (repeats--) {
		double start = now_ns();

		reads(fd, buf, count);
		printf("%.1f\n", (now_ns() - start) / count);
		fflush(stdout);
	}
	return 0;
}
