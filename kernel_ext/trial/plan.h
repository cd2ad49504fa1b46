/*
 * What a trial does with each cell of its notebook: which run, which an earlier run left behind and
 * are dropped, where injected cells come in, and where a step ends. The entries stand in the order
 * of the executed notebook.
 *
 *     struct plan plan;
 *     if (plan_make(&plan, notebook, assignments, &err) < 0) ...
 *     for (size_t i = 0; i < plan.n_entries; i++) if (plan.entries[i].runs) ...
 *     plan_fini(&plan);
 */
#ifndef TRIAL_PLAN_H
#define TRIAL_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "nbtags/nbtags.h"

struct plan_entry {
    int cell;           /* index in the notebook; of an injected cell: its parameters cell's */
    char *injected;     /* owned: source of an injected cell; NULL for the notebook's own */
    const char *source; /* what the kernel is sent; borrowed */
    const char *label;  /* step, else role; borrowed */
    bool runs;
    bool dropped;   /* not part of the executed notebook */
    bool metrics;   /* metrics are read after it */
    bool ends_step; /* the last running cell of its step: the next one belongs to another */
    bool may_fail;  /* tagged raises-exception */
};

struct plan {
    struct plan_entry *entries;
    size_t n_entries;
    int cells; /* of the notebook that run */
};

nbt_must_check int plan_make(struct plan *ret_plan, const struct nbt_notebook *notebook,
                             const json_t *assignments, struct nbt_error *err);
void plan_fini(struct plan *plan);

#endif
