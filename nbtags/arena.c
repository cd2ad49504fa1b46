#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nbtags/internal.h"

#define CHUNK_SIZE ((size_t)16 * 1024)
#define ALIGNMENT  _Alignof(max_align_t)

struct nbt_chunk {
    struct nbt_chunk *next;
    size_t used, size;
    _Alignas(max_align_t) char bytes[];
};

static struct nbt_chunk *chunk_new(struct nbt_private *priv, size_t size)
{
    size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    struct nbt_chunk *chunk =
        room > SIZE_MAX - sizeof(*chunk) ? NULL : calloc(1, sizeof(*chunk) + room);
    if (!chunk) {
        priv->failed = true;
        return NULL;
    }
    chunk->size = room;
    /* A large piece gets a chunk of its own, behind the one that still has room. */
    if (priv->chunks && size > CHUNK_SIZE) {
        chunk->next = priv->chunks->next;
        priv->chunks->next = chunk;
    } else {
        chunk->next = priv->chunks;
        priv->chunks = chunk;
    }
    return chunk;
}

void *nbt_arena(struct nbt_notebook *notebook, size_t size)
{
    struct nbt_private *priv = nbt_private(notebook);
    if (size > SIZE_MAX / 2) {
        priv->failed = true;
        return NULL;
    }
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct nbt_chunk *chunk = priv->chunks;
    if (!chunk || chunk->size - chunk->used < rounded)
        chunk = chunk_new(priv, rounded);
    if (!chunk)
        return NULL;
    void *place = chunk->bytes + chunk->used;
    chunk->used += rounded;
    return place;
}

const char *nbt_arena_text(struct nbt_notebook *notebook, const char *text, size_t length)
{
    char *copy = nbt_arena(notebook, length + 1);
    if (copy && length)
        memcpy(copy, text, length);
    return copy;
}

/* The capacity follows from the count: 0, 4, 8, 16, ... so that arrays need no field for it. */
static bool is_full(size_t count)
{
    return count == 0 || (count >= 4 && (count & (count - 1)) == 0);
}

void *nbt_arena_push(struct nbt_notebook *notebook, void **array, size_t *count, size_t size)
{
    if (is_full(*count)) {
        size_t capacity = *count ? 2 * *count : 4;
        void *larger = capacity > SIZE_MAX / 2 / size ? NULL : nbt_arena(notebook, capacity * size);
        if (!larger) {
            nbt_private(notebook)->failed = true;
            return NULL;
        }
        if (*count)
            memcpy(larger, *array, *count * size);
        *array = larger;
    }
    return (char *)*array + size * (*count)++;
}

struct nbt_notebook *nbt_notebook_new(void)
{
    struct nbt_notebook *notebook = calloc(1, sizeof(*notebook));
    struct nbt_private *priv = calloc(1, sizeof(*priv));
    if (!notebook || !priv) {
        free(notebook);
        free(priv);
        return NULL;
    }
    *notebook =
        (struct nbt_notebook){.path = "", .text = "", .kernel_name = "", .language = "python"};
    notebook->priv = priv;
    return notebook;
}

void nbt_free(struct nbt_notebook *notebook)
{
    if (!notebook)
        return;
    struct nbt_private *priv = nbt_private(notebook);
    while (priv->chunks) {
        struct nbt_chunk *next = priv->chunks->next;
        free(priv->chunks);
        priv->chunks = next;
    }
    json_decref(priv->katib);
    json_decref(priv->metadata);
    free(priv->bytes);
    free(priv);
    free(notebook);
}
