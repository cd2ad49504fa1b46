/*
 * Where a log stands, so that it is found again after a cut. A kubelet is asked for lines since a
 * whole second and gives them in the order of its file, in which times may run back a little
 * (stdout and stderr are stamped apart). So one second more is asked for, and what counts is how
 * many lines of these two seconds were had.
 */
#ifndef KUBE_LOG_PLACE_H
#define KUBE_LOG_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kube_log_place {
    int64_t first_ns; /* the earliest time of all; earlier ones were not asked for */
    int64_t last_ns;  /* the latest time of all; 0: no line yet */
    size_t now;       /* whole lines of the second of last_ns */
    size_t before;    /* and of the second before it */
    size_t told;      /* bytes of a line that is not whole yet */

    bool seeking; /* after a cut, until something new comes */
    int64_t since_ns;
    size_t skip_lines, skip_bytes;
};

/* A new stream begins. Returns the time to ask for, a whole second; 0: all. */
int64_t kube_log_place_seek(struct kube_log_place *place);

/* A line of that time begins. False when it was had before. */
bool kube_log_place_begin(struct kube_log_place *place, int64_t ns);

/* A piece of a line that is new, its last one when whole. Returns how many of its bytes were had.
 */
size_t kube_log_place_pass(struct kube_log_place *place, int64_t ns, size_t length, bool whole);

#endif
