#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "engine/engine.h"
#include "engine/katib/katib.h"
#include "engine/local/local.h"
#include "service/internal.h"
#include "trial/trial.h"

const struct engine *const engines[] = {
    &local_engine,
    &katib_engine,
    NULL,
};

const struct engine *engine_find(const char *name, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf names = buf_init(1024);

    for (size_t i = 0; engines[i]; i++) {
        if (!name || strcmp(engines[i]->name, name) == 0)
            return engines[i];
        buf_printf(&names, "%s%s", i ? ", " : "", engines[i]->name);
    }
    nbt_error_set(err, NBT_EINVAL, "there is no engine '%s'; expected one of: %s", name,
                  buf_text(&names));
    nbt_error_path(err, "--engine");
    return NULL;
}

int service_engine_main(const char *experiment, int lifeline_fd, int ready_fd)
{
    return local_engine_main(experiment, lifeline_fd, ready_fd);
}

int service_trial_main(const char *spec_file, int status_fd)
{
    return trial_main(spec_file, status_fd);
}

int service_job_main(const char *job_file)
{
    return trial_job_main(job_file);
}
