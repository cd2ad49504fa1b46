/* Time: monotonic for durations and deadlines, RFC 3339 UTC for people and files. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_TEXT_MAX 32

int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);
int64_t clock_realtime_us(void); /* since 1970 UTC */
void clock_rfc3339(char text[CLOCK_TEXT_MAX],
                   int64_t realtime_us); /* "2026-11-24T03:10:00.123456Z" */
void clock_rfc3339_seconds(char text[CLOCK_TEXT_MAX],
                           int64_t realtime_us); /* "2026-11-24T03:10:00Z", as Kubernetes */

/* Milliseconds left until a clock_monotonic_ms deadline, at least 0; a deadline of -1 means none
 * and gives -1 (poll's). */
int clock_left_ms(int64_t deadline_ms);

#endif
