#include <string.h>

#include "base/scope.h"
#include "jupyter/client_internal.h"

int tail_init(struct tail *tail)
{
    *tail = (struct tail){.bytes = malloc(CLIENT_TAIL), .text = malloc(CLIENT_TAIL + 1)};
    return tail->bytes && tail->text ? 0 : NBT_ENOMEM;
}

void tail_fini(struct tail *tail)
{
    free(tail->bytes);
    free(tail->text);
    *tail = (struct tail){0};
}

void tail_add(struct tail *tail, const char *data, size_t length)
{
    if (length > CLIENT_TAIL) {
        data += length - CLIENT_TAIL;
        length = CLIENT_TAIL;
    }
    size_t first = CLIENT_TAIL - tail->at < length ? CLIENT_TAIL - tail->at : length;
    memcpy(tail->bytes + tail->at, data, first);
    memcpy(tail->bytes, data + first, length - first);
    tail->wrapped |= tail->at + length >= CLIENT_TAIL;
    tail->at = (tail->at + length) % CLIENT_TAIL;
}

const char *tail_text(struct tail *tail)
{
    size_t old = tail->wrapped ? CLIENT_TAIL - tail->at : 0;
    memcpy(tail->text, tail->bytes + tail->at, old);
    memcpy(tail->text + old, tail->bytes, tail->at);
    tail->text[old + tail->at] = '\0';
    return tail->text;
}
