#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* A handler can reach nothing but globals. */
static volatile sig_atomic_t count;
static int ends[2] = {-1, -1};

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};

static void on_signal(int signal)
{
    int saved = errno;

    (void)signal;
    count++;
    if (write(ends[1], "", 1) < 0) {
        /* Full means that a wake-up is waiting already. */
    }
    errno = saved;
}

static void set_handlers(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
        sigaction(caught[i], &action, NULL);
}

int signals_catch(struct nbt_error *err)
{
    if (ends[0] < 0 && pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return nbt_error_errno(err, "cannot make a pipe");
    set_handlers(on_signal);
    return ends[0];
}

int signals_count(void)
{
    return count;
}

void signals_drain(void)
{
    char bytes[64];

    while (read(ends[0], bytes, sizeof(bytes)) > 0)
        continue;
}

void signals_release(void)
{
    set_handlers(SIG_DFL);
}
