#include <stdint.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/verbs.h"

#define END_S 10 /* longer than the kernels of killed trials take to end */

static int ignore(void *self, const json_t *event)
{
    (void)self;
    (void)event;
    return 0;
}

/* What is killed ends soon: a resume or delete that follows shall find it ended. False when it has
 * not ended in time. */
static bool await_end(const char *name)
{
    const struct itimerspec limit = {.it_value.tv_sec = END_S};
    auto_close int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct engine_watch watch = {.follow = true, .cancel_fd = timer, .on_event = ignore};
    struct nbt_error unheard = NBT_ERROR_INIT;
    uint64_t expired;

    return timer >= 0 && timerfd_settime(timer, 0, &limit, NULL) == 0 &&
           service_watch(name, &watch, &unheard) == 0 &&
           read(timer, &expired, sizeof(expired)) < 0;
}

int cmd_stop(const struct parsed *parsed)
{
    bool now = parsed_flag(parsed, "now");
    const char *name = parsed->positionals[0];
    struct nbt_error err = NBT_ERROR_INIT;

    if (service_stop(name, now ? ENGINE_STOP_NOW : ENGINE_STOP_GENTLE, &err) < 0)
        return fail(parsed, &err, NULL);
    bool ended = now && await_end(name);
    if (parsed_flag(parsed, "json")) {
        auto_json json_t *answer =
            json_pack("{s:s, s:s}", "name", name, "stop", now ? "now" : "gentle");
        say_json(answer);
        return EXIT_OK;
    }
    say(stdout,
        ended ? "%s is stopped\n"
        : now ? "%s stops now\n"
              : "%s stops when its running trials have finished\n",
        name);
    return EXIT_OK;
}
