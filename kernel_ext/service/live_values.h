/*
 * The values that variables have right now in a kernel that somebody else works with: the
 * notebook's own. It is asked, never started, interrupted or ended, and nothing is left in it: the
 * code is empty, the expressions are names.
 *
 *     const char *names[] = {"lr", "depth"};
 *     if (service_values(&result, "5d1e0d8c-...", names, 2, &err) < 0) ...
 */
#ifndef SERVICE_LIVE_VALUES_H
#define SERVICE_LIVE_VALUES_H

#include <jansson.h>
#include <stddef.h>

#include "nbtags/error.h"

#define SERVICE_VALUES_MAX 1000 /* names of one call */

/* The connection file that this process serves as a kernel itself: kernels of the same server have
 * theirs beside it. Told once, before any thread; a path too long to be one is as if not told. */
void service_values_beside(const char *connection_file);

/* {"values":{name:{"type":"int|float|str|bool|other","value": text}}, "missing":[names],
 *  "skipped": null, "busy" (it is at work; answered within a second) or "dead"}. Of another type
 * the value is the type's name. NBT_EINVAL when a name is no plain identifier. */
nbt_must_check int service_values(json_t **ret, const char *kernel_id, const char *const *names,
                                  size_t n, struct nbt_error *err);

#endif
