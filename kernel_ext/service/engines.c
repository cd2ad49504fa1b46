#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "engine/engine.h"
#include "engine/local/local.h"
#include "search/search.h"
#include "service/internal.h"
#include "trial/trial.h"

const struct engine *const engines[] = {
    &local_engine,
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

static json_t *settings_json(const struct search_algorithm *algorithm)
{
    json_t *list = json_array();

    for (const struct search_setting *s = algorithm->settings; list && s && s->name; s++) {
        json_t *row = json_pack("{s:s, s:s}", "name", s->name, "help", s->help);
        if (!row || json_array_append_new(list, row) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

int service_algorithms(json_t **ret, struct nbt_error *err)
{
    auto_json json_t *list = json_array();

    for (size_t i = 0; list && search_algorithms[i]; i++) {
        const struct search_algorithm *algorithm = search_algorithms[i];
        json_t *row = json_pack("{s:s, s:s, s:o}", "name", algorithm->name, "summary",
                                algorithm->summary, "settings", settings_json(algorithm));
        if (!row || json_array_append_new(list, row) < 0)
            return no_memory(err);
    }
    if (!list)
        return no_memory(err);
    *ret = TAKE(list);
    return 0;
}

int service_engine_main(const char *experiment, int lifeline_fd, int ready_fd)
{
    return local_engine_main(experiment, lifeline_fd, ready_fd);
}

int service_trial_main(const char *spec_file, int status_fd)
{
    return trial_main(spec_file, status_fd);
}
