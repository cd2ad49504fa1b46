/* Moments as Kubernetes writes them: RFC 3339, from which nanoseconds since 1970 follow. */
#ifndef KUBE_MOMENT_H
#define KUBE_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "2026-11-24T03:10:00.5+01:00", the whole of length bytes; years 1970 to 2261. False otherwise. */
bool kube_moment_parse(const char *text, size_t length, int64_t *ret_ns);

/* Seconds since 1970 of a date and time of day in UTC, by the Gregorian calendar. */
int64_t kube_moment_seconds(int year, int month, int day, int hour, int minute, int second);

#endif
