/*
 * An event loop over poll: descriptors and timers, one thread. Callbacks may add and remove
 * anything, themselves too.
 *
 *     struct loop *loop = loop_new();
 *     loop_add_fd(loop, fd, POLLIN, on_readable, self);
 *     while (!done)
 *         loop_step(loop, -1);
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdint.h>

struct loop;
typedef void (*loop_fd_fn)(void *self, int fd, short revents);
typedef void (*loop_timer_fn)(void *self);

struct loop *loop_new(void); /* NULL without memory */
void loop_free(struct loop *loop);
int loop_add_fd(struct loop *loop, int fd, short events, loop_fd_fn fn,
                void *self); /* borrows fd; 0, or NBT_ENOMEM */
void loop_remove_fd(struct loop *loop, int fd);
int loop_add_timer(struct loop *loop, int64_t delay_ms, loop_timer_fn fn,
                   void *self); /* one shot; id > 0, or NBT_ENOMEM */
void loop_remove_timer(struct loop *loop, int id);
void loop_step(struct loop *loop,
               int timeout_ms); /* one poll and its callbacks; EINTR is retried */

#endif
