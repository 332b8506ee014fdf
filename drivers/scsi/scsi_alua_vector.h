/* SPDX-License-Identifier: GPL-2.0 */
/* Test vectors for ALUA, as scsi_alua_vectors.awk has converted them. */
#ifndef _SCSI_ALUA_VECTOR_H
#define _SCSI_ALUA_VECTOR_H

#include <linux/types.h>

/* "id= state= pref= sup= status= ports=" */
struct vector_group {
	u32 id;
	bool conflict;
	u32 state;
	u32 pref;
	u32 sup;
	u32 status;
	const u32 *ports;
	unsigned int nr_ports;
};

/* "role= group= port= verdict= state= pref=" */
struct vector_own {
	const char *role;
	s64 group;
	s64 port;
	const char *verdict;
	u32 state;
	u32 pref;
};

/* Numbers that may be "none" are -1 then. What the kind of a vector does not have is 0. */
struct vector {
	const char *name;
	const char *error;	/* why the file was not understood */
	const char *kind;
	const u8 *data;
	size_t len;
	size_t xferlen;
	const char *result;
	/* rtpg */
	const char *asked;
	size_t alloclen;
	const char *header;
	s64 transition_secs;
	s64 declared_len;
	const char *complete;
	const char *next;
	u64 reissue;
	unsigned int nr_groups;
	unsigned int nr_group_lines;
	const struct vector_group *groups;
	unsigned int nr_owns;
	const struct vector_own *owns;
	/* vpd83 */
	const char *lun_type;
	const u8 *lun_id;
	size_t lun_id_len;
	s64 group_id;
	s64 rel_port;
	/* sense */
	const char *context;
	const char *class;
	const char *state;
	const char *refresh;
};

static const struct vector vectors[] = {
#include "scsi_alua_vectors.h"
};

#endif /* _SCSI_ALUA_VECTOR_H */
