/*
 * What has been seen of an experiment, as the facts of the engine contract (engine.h, "event").
 * Katib keeps no history, so whoever sees something new writes it down in
 * clusters/NAME/facts.jsonl, one object a line, and tells it from there: facts have one order and
 * one number, however many watch, and whoever comes later is told the same.
 *
 *     CLEANUP(facts_fini) struct facts facts = {0};
 *     if (facts_open(&facts, &place, &err) < 0 || facts_see(&facts, experiment, trials, &err) < 0)
 *         ...
 *     facts_tell(&facts, since, print, self);
 */
#ifndef ENGINE_KATIB_FACTS_H
#define ENGINE_KATIB_FACTS_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/engine.h"
#include "engine/katib/place.h"

struct facts {
    const struct katib_place *place; /* borrowed */
    int fd;
    off_t read;     /* where the next line begins */
    json_t *list;   /* all facts, by seq */
    size_t told;    /* of list */
    json_t *states; /* trial: state as it was written last */
    json_t *runs;   /* trial: "run" of its last step */
    const char *best;
    bool begun, ended;
};

nbt_must_check int facts_open(struct facts *ret, const struct katib_place *place,
                              struct nbt_error *err);
void facts_fini(struct facts *facts);

/* Writes down what is new in Katib's objects; `items` are all the trials. */
nbt_must_check int facts_see(struct facts *facts, const json_t *experiment, const json_t *items,
                             struct nbt_error *err);

/* A step of a running trial (trial.h); one that was written already is not again. */
nbt_must_check int facts_see_step(struct facts *facts, const char *trial, const json_t *event,
                                  struct nbt_error *err);

/* One more, of any kind; members are its own, taken. */
nbt_must_check int facts_add(struct facts *facts, const char *kind, json_t *members,
                             struct nbt_error *err);

/* Those with seq > since that this was not told yet. Non-zero when the callback had enough. */
int facts_tell(struct facts *facts, uint64_t since, engine_event_fn fn, void *self);

#endif
