#include "base/clock.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

static int64_t now_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_ms(void)
{
    return now_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_monotonic_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

int64_t clock_realtime_us(void)
{
    return now_us(CLOCK_REALTIME);
}

static void format(char text[CLOCK_TEXT_MAX], int64_t realtime_us, bool micros)
{
    time_t seconds = (time_t)(realtime_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char date[24];
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
    if (micros)
        snprintf(text, CLOCK_TEXT_MAX, "%.19s.%06dZ", date, (int)(realtime_us % 1000000));
    else
        snprintf(text, CLOCK_TEXT_MAX, "%.19sZ", date);
}

void clock_rfc3339(char text[CLOCK_TEXT_MAX], int64_t realtime_us)
{
    format(text, realtime_us, true);
}

void clock_rfc3339_seconds(char text[CLOCK_TEXT_MAX], int64_t realtime_us)
{
    format(text, realtime_us, false);
}

int clock_left_ms(int64_t deadline_ms)
{
    if (deadline_ms < 0)
        return -1;
    int64_t left = deadline_ms - clock_monotonic_ms();
    if (left < 0)
        return 0;
    return left > INT_MAX ? INT_MAX : (int)left;
}
