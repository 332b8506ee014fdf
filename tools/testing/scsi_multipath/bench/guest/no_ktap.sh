# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The library of the guest tests wants KTAP helpers; measurements do not speak KTAP.
export KSFT_SKIP=4

ktap_skip_all()
{
	echo "bench: $*" >&2
}
