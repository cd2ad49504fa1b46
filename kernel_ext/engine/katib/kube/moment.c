#include "engine/katib/kube/moment.h"

#define SECOND_NS INT64_C(1000000000)

/* Days since 1970-01-01; Hinnant, "chrono-Compatible Low-Level Date Algorithms": a year begins in
 * March, so that its leap day is its last. */
static int64_t days(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t kube_moment_seconds(int year, int month, int day, int hour, int minute, int second)
{
    return days(year, month, day) * 86400 + hour * INT64_C(3600) + minute * INT64_C(60) + second;
}

struct cursor {
    const char *at, *end;
    bool bad;
};

static int digits(struct cursor *cursor, int count, int least, int most)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (cursor->at >= cursor->end || *cursor->at < '0' || *cursor->at > '9') {
            cursor->bad = true;
            return least;
        }
        value = 10 * value + (*cursor->at++ - '0');
    }
    cursor->bad |= value < least || value > most;
    return value;
}

static char one_of(struct cursor *cursor, char a, char b, char c)
{
    char found = '\0';
    if (cursor->at < cursor->end)
        found = *cursor->at;
    if (!found || (found != a && found != b && found != c)) {
        cursor->bad = true;
        return '\0';
    }
    cursor->at++;
    return found;
}

static int64_t fraction(struct cursor *cursor)
{
    int64_t ns = 0, unit = SECOND_NS / 10;
    if (cursor->at >= cursor->end || *cursor->at != '.')
        return 0;
    cursor->at++;
    const char *first = cursor->at;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
        ns += unit * (*cursor->at - '0');
        unit /= 10;
    }
    cursor->bad |= cursor->at == first;
    return ns;
}

static int64_t offset_seconds(struct cursor *cursor)
{
    char sign = one_of(cursor, 'Z', '+', '-');
    if (sign == 'Z' || !sign)
        return 0;
    int hour = digits(cursor, 2, 0, 23);
    one_of(cursor, ':', ':', ':');
    int minute = digits(cursor, 2, 0, 59);
    return (sign == '-' ? -1 : 1) * (hour * INT64_C(3600) + minute * INT64_C(60));
}

bool kube_moment_parse(const char *text, size_t length, int64_t *ret_ns)
{
    struct cursor cursor = {text, text + length, false};
    int year = digits(&cursor, 4, 1970, 2261);
    one_of(&cursor, '-', '-', '-');
    int month = digits(&cursor, 2, 1, 12);
    one_of(&cursor, '-', '-', '-');
    int day = digits(&cursor, 2, 1, 31);
    one_of(&cursor, 'T', 't', ' ');
    int hour = digits(&cursor, 2, 0, 23);
    one_of(&cursor, ':', ':', ':');
    int minute = digits(&cursor, 2, 0, 59);
    one_of(&cursor, ':', ':', ':');
    int second = digits(&cursor, 2, 0, 60);
    int64_t ns = fraction(&cursor);
    int64_t offset = offset_seconds(&cursor);
    if (cursor.bad || cursor.at != cursor.end)
        return false;
    *ret_ns =
        (kube_moment_seconds(year, month, day, hour, minute, second) - offset) * SECOND_NS + ns;
    return true;
}
