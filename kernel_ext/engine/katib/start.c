/* The script that starts a trial in its container: sh, cat, chmod, uname and gzip are all that it
 * needs. */
#include "engine/katib/bundle.h"

const char katib_start[] =
    "# Starts a trial of nbkatib: unpacks the program for this machine beside this folder, and "
    "runs it.\n"
    "set -eu\n"
    "in=${0%/*}\n"
    "work=${in%/*}/work\n"
    "if [ -e \"$in/stop\" ]; then\n"
    "    echo \"nbkatib: the experiment was asked to stop before this trial began\" >&2\n"
    "    exit 1\n"
    "fi\n"
    "machine=$(uname -m)\n"
    "case $machine in\n"
    "amd64) machine=x86_64 ;;\n"
    "arm64) machine=aarch64 ;;\n"
    "esac\n"
    "if ! [ -f \"$in/$machine.00\" ]; then\n"
    "    echo \"nbkatib: no program was sent for a machine of the kind $machine\" >&2\n"
    "    exit 1\n"
    "fi\n"
    "cat \"$in/$machine\".?? | gzip -dc >\"$work/nbkatib\"\n"
    "chmod 755 \"$work/nbkatib\"\n"
    "exec \"$work/nbkatib\" trial --job \"$in/job.json\"\n";
