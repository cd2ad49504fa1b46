#include <stdlib.h>
#include <string.h>

#include "nbtags/edit.h"

void nbt_plan_fini(struct nbt_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        free(plan->replacements[i].text);
    free(plan->replacements);
    plan->replacements = NULL;
    plan->n = 0;
}

int nbt_plan_replace(struct nbt_plan *plan, struct nbt_span span, char *text, size_t length,
                     struct nbt_error *err)
{
    struct nbt_replacement *larger =
        text ? realloc(plan->replacements, (plan->n + 1) * sizeof *larger) : NULL;
    if (!larger) {
        free(text);
        return nbt_error_set(err, NBT_ENOMEM, "no memory for an edit");
    }
    plan->replacements = larger;
    larger[plan->n] =
        (struct nbt_replacement){.span = span, .text = text, .length = length, .order = plan->n};
    plan->n++;
    return 0;
}

static int by_place(const void *left, const void *right)
{
    const struct nbt_replacement *a = left, *b = right;
    if (a->span.offset != b->span.offset)
        return a->span.offset < b->span.offset ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static bool overlaps(const struct nbt_plan *plan)
{
    size_t end = 0;
    for (size_t i = 0; i < plan->n; i++) {
        const struct nbt_span *span = &plan->replacements[i].span;
        if (span->offset < end || span->length > plan->size - span->offset)
            return true;
        end = span->offset + span->length;
    }
    return false;
}

static size_t size_after(const struct nbt_plan *plan)
{
    size_t size = plan->size;
    for (size_t i = 0; i < plan->n; i++)
        size = size + plan->replacements[i].length - plan->replacements[i].span.length;
    return size;
}

int nbt_plan_run(struct nbt_plan *plan, char **ret_text, size_t *ret_size, struct nbt_error *err)
{
    if (plan->n > 1)
        qsort(plan->replacements, plan->n, sizeof *plan->replacements, by_place);
    if (overlaps(plan))
        return nbt_error_set(err, NBT_ESTATE, "two edits change the same place. Save one first");
    size_t size = size_after(plan), from = 0;
    char *text = malloc(size + 1), *to = text;
    if (!text)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the edited notebook");
    for (size_t i = 0; i < plan->n; i++) {
        const struct nbt_replacement *replacement = &plan->replacements[i];
        to = mempcpy(to, plan->text + from, replacement->span.offset - from);
        to = mempcpy(to, replacement->text, replacement->length);
        from = replacement->span.offset + replacement->span.length;
    }
    to = mempcpy(to, plan->text + from, plan->size - from);
    *to = '\0';
    *ret_text = text;
    *ret_size = size;
    return 0;
}
