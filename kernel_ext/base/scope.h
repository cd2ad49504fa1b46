/*
 * Ownership by scope: variables that release themselves, and TAKE to hand one over.
 *
 *     auto_free char *text = strdup("x");
 *     auto_json json_t *object = json_object();
 *     *ret_text = TAKE(text);
 */
#ifndef BASE_SCOPE_H
#define BASE_SCOPE_H

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

static inline void scope_free(void *place)
{
    free(*(void **)place);
}

static inline void scope_close(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void scope_json(json_t **value)
{
    json_decref(*value);
}

#define auto_free  CLEANUP(scope_free)
#define auto_close CLEANUP(scope_close)
#define auto_json  CLEANUP(scope_json)

/* Moves a pointer out of its owner, which is left NULL. */
#define TAKE(pointer)                                                                              \
    __extension__({                                                                                \
        __typeof__(pointer) taken_ = (pointer);                                                    \
        (pointer) = NULL;                                                                          \
        taken_;                                                                                    \
    })

/* The same for a file descriptor, left -1. */
#define TAKE_FD(fd)                                                                                \
    __extension__({                                                                                \
        int taken_ = (fd);                                                                         \
        (fd) = -1;                                                                                 \
        taken_;                                                                                    \
    })

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
