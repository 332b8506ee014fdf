/* SPDX-License-Identifier: GPL-2.0 */
/* Identity of a logical unit, from VPD page 0x83. */
#ifndef _SCSI_LUN_ID_H
#define _SCSI_LUN_ID_H

#include <linux/types.h>

/* The longest designator that a page has room for. */
#define SCSI_LUN_ID_MAX	255

/**
 * enum scsi_lun_id_type - kinds of designators that name a logical unit, best first
 * @SCSI_LUN_ID_NAA6: NAA 6, IEEE registered extended
 * @SCSI_LUN_ID_UUID: UUID
 * @SCSI_LUN_ID_EUI16: EUI-64 based, 16 bytes
 * @SCSI_LUN_ID_EUI12: EUI-64 based, 12 bytes
 * @SCSI_LUN_ID_NAA5: NAA 5, IEEE registered
 * @SCSI_LUN_ID_NAA2: NAA 2, IEEE extended
 * @SCSI_LUN_ID_EUI8: EUI-64
 * @SCSI_LUN_ID_NAME: SCSI name string
 * @SCSI_LUN_ID_NAA3: NAA 3, locally assigned: unique by the administrator's promise only
 */
enum scsi_lun_id_type {
	SCSI_LUN_ID_NAA6,
	SCSI_LUN_ID_UUID,
	SCSI_LUN_ID_EUI16,
	SCSI_LUN_ID_EUI12,
	SCSI_LUN_ID_NAA5,
	SCSI_LUN_ID_NAA2,
	SCSI_LUN_ID_EUI8,
	SCSI_LUN_ID_NAME,
	SCSI_LUN_ID_NAA3,
};

#define SCSI_LUN_ID_NR_TYPES	(SCSI_LUN_ID_NAA3 + 1)

/**
 * struct scsi_lun_id - what makes two devices the same logical unit
 * @type: kind of designator
 * @len: length of @bytes
 * @bytes: the designator; without the header of a UUID, without the padding of a name
 */
struct scsi_lun_id {
	enum scsi_lun_id_type type;
	u8 len;
	u8 bytes[SCSI_LUN_ID_MAX];
};

bool scsi_lun_id_parse(const u8 *page, size_t len, struct scsi_lun_id *id);
bool scsi_lun_id_equal(const struct scsi_lun_id *a, const struct scsi_lun_id *b);
bool scsi_lun_id_is_local(const struct scsi_lun_id *id);
int scsi_lun_id_format(const struct scsi_lun_id *id, char *buf, size_t size);

#endif /* _SCSI_LUN_ID_H */
