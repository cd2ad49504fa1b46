/*
 * How facts reach the database and those who watch: appended in order, committed at once or within
 * JOURNAL_BATCH_MS, then subscribers are woken. What fails is told once, through on_fail; after
 * that nothing is written any more.
 */
#ifndef ENGINE_LOCAL_JOURNAL_H
#define ENGINE_LOCAL_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>

#include "base/loop.h"
#include "engine/local/server.h"
#include "engine/local/store.h"

#define JOURNAL_BATCH_MS 250

struct journal {
    struct store *store; /* borrowed, like all here */
    struct loop *loop;
    struct server *server; /* NULL: nobody to wake */
    int timer;
    bool failed;
    void (*on_fail)(void *self, const struct nbt_error *err);
    void *self;
};

/* Appends a fact; takes `members` (NULL: there was no memory for them). False when the journal
 * has failed. */
bool journal_fact(struct journal *journal, const char *kind, json_t *members);

/* Passes the outcome of a store_ call on: false, and the journal has failed, when code is negative.
 */
bool journal_check(struct journal *journal, int code, const struct nbt_error *err);

bool journal_commit(struct journal *journal); /* durable after this */
void journal_soon(struct journal *journal);   /* durable within JOURNAL_BATCH_MS */
void journal_end(struct journal *journal);    /* forgets its timer; commits nothing */

#endif
