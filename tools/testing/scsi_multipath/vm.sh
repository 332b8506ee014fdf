#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run a file as root in a guest: build the kernel if need be, boot it, pass on what the
# file prints and its exit status. See vm.py for the exit statuses of the runner itself.
#
# usage: vm.sh [-c base|debug|stock] FILE
#        vm.sh [-c base|debug|stock] --shell

. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

config=base
if [ "${1:-}" = -c ]; then
	config=${2:-base}
	shift 2
fi
[ $# -eq 1 ] || die "usage: vm.sh [-c base|debug|stock] FILE | --shell"
image=$("$LAB/kernel.sh" "$config") || exit 96
root=${image%/images/*}
# A guest test that is run by itself finds kselftest's helpers, which are in the kernel tree.
export KTAP_HELPERS=${KTAP_HELPERS:-$root/stock/tools/testing/selftests/kselftest/ktap_helpers.sh}
case $1 in
--shell) exec python3 "$LAB/vm.py" --config "$config" --image "$image" --shell ;;
*) exec python3 "$LAB/vm.py" --config "$config" --image "$image" --run "$1" ;;
esac
