/* Wire messages from bytes: frames end at 0x1E. What is read is written as a signed message and
 * read again: both must say the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jupyter/wire.h"

#define SEPARATOR 0x1E

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t split(const uint8_t *data, size_t size, struct wire_frame frames[WIRE_FRAMES_MAX])
{
    size_t n = 0;
    while (size > 0 && n < WIRE_FRAMES_MAX) {
        const uint8_t *end = memchr(data, SEPARATOR, size);
        size_t length = end ? (size_t)(end - data) : size;
        frames[n++] = (struct wire_frame){data, length};
        length += end ? 1 : 0;
        data += length;
        size -= length;
    }
    return n;
}

static struct wire_frame frame_of(const char *text)
{
    return (struct wire_frame){(const unsigned char *)text, strlen(text)};
}

static void read_again(const struct wire_message *first)
{
    const json_t *objects[4] = {first->header, first->parent_header, first->metadata,
                                first->content};
    char *texts[4];
    char signature[WIRE_SIGNATURE + 1];
    struct wire_frame frames[6] = {[0] = frame_of("<IDS|MSG>")};
    struct wire_message second;
    struct wire_key key;
    wire_key_init(&key, "key", 3);
    for (int i = 0; i < 4; i++) {
        texts[i] = json_dumps(objects[i], JSON_COMPACT | JSON_REAL_PRECISION(17));
        if (!texts[i])
            abort();
        frames[i + 2] = frame_of(texts[i]);
    }
    wire_sign(&key, &frames[2], signature);
    frames[1] = frame_of(signature);
    if (wire_parse(&second, frames, 6, &key, NULL, NULL) < 0 || second.raw)
        abort();
    if (strcmp(first->type, second.type) != 0 || strcmp(first->parent_id, second.parent_id) != 0 ||
        !json_equal(first->content, second.content))
        abort();
    signature[0] ^= 1;
    struct wire_message forged;
    if (wire_parse(&forged, frames, 6, &key, NULL, NULL) == 0)
        abort();
    wire_message_fini(&second);
    for (int i = 0; i < 4; i++)
        free(texts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_frame frames[WIRE_FRAMES_MAX];
    struct wire_message message;
    struct wire_key key;
    size_t n = split(data, size, frames);
    wire_key_init(&key, "", 0);
    if (wire_parse(&message, frames, n, &key, NULL, NULL) < 0)
        return 0;
    read_again(&message);
    wire_message_fini(&message);
    return 0;
}
