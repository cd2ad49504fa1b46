#include "engine/local/journal.h"

#include "base/scope.h"

bool journal_check(struct journal *journal, int code, const struct nbt_error *err)
{
    if (code >= 0 || journal->failed)
        return code >= 0 && !journal->failed;
    journal->failed = true;
    journal->on_fail(journal->self, err);
    return false;
}

bool journal_fact(struct journal *journal, const char *kind, json_t *members)
{
    auto_json json_t *taken = members;
    struct nbt_error err = NBT_ERROR_INIT;
    if (journal->failed)
        return false;
    int code = taken ? store_fact(journal->store, kind, taken, &err)
                     : nbt_error_set(&err, NBT_ENOMEM, "no memory for a fact, %s", kind);
    return journal_check(journal, code, &err);
}

void journal_end(struct journal *journal)
{
    if (journal->timer > 0)
        loop_remove_timer(journal->loop, journal->timer);
    journal->timer = 0;
}

bool journal_commit(struct journal *journal)
{
    journal_end(journal);
    if (journal->failed)
        return false;
    if (!store_dirty(journal->store))
        return true;
    struct nbt_error err = NBT_ERROR_INIT;
    if (!journal_check(journal, store_commit(journal->store, &err), &err))
        return false;
    server_wake(journal->server, store_seq(journal->store));
    return true;
}

static void on_timer(void *self)
{
    struct journal *journal = self;
    journal->timer = 0;
    journal_commit(journal);
}

void journal_soon(struct journal *journal)
{
    if (journal->timer > 0 || journal->failed)
        return;
    journal->timer = loop_add_timer(journal->loop, JOURNAL_BATCH_MS, on_timer, journal);
    if (journal->timer < 0)
        on_timer(journal);
}
