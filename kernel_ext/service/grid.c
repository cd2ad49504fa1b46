#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "experiment/space.h"
#include "service/internal.h"

#define LIMB        1000000000u /* nine decimal digits */
#define LIMB_DIGITS 9

/* A whole number of any size, lowest limb first. */
struct number {
    uint32_t *limbs; /* owned */
    size_t n;
};

static void number_fini(struct number *number)
{
    free(number->limbs);
}

/* `factor` is split, so that limb times part and carry fits 64 bits. */
static void times_small(struct number *number, uint32_t factor)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < number->n; i++) {
        carry += (uint64_t)number->limbs[i] * factor;
        number->limbs[i] = (uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
    if (carry)
        number->limbs[number->n++] = (uint32_t)carry;
}

/* The sides are below 2^54: three parts of 18 bits; (high * 2^18 + middle) * 2^18 + low. */
static int times(struct number *number, uint64_t factor)
{
    struct number parts[3] = {{0}};
    int result = 0;

    for (int part = 0; part < 3 && result == 0; part++) {
        parts[part].limbs = calloc(number->n + 3, sizeof(uint32_t));
        if (!parts[part].limbs) {
            result = NBT_ENOMEM;
            break;
        }
        memcpy(parts[part].limbs, number->limbs, number->n * sizeof(uint32_t));
        parts[part].n = number->n;
        times_small(&parts[part], (uint32_t)(factor >> (18 * part)) & 0x3ffff);
        for (int shift = 0; shift < part; shift++)
            times_small(&parts[part], 1u << 18);
    }
    uint64_t carry = 0;
    size_t n = number->n + 3;
    for (size_t i = 0; result == 0 && i < n; i++) {
        carry += (uint64_t)parts[0].limbs[i] + parts[1].limbs[i] + parts[2].limbs[i];
        parts[0].limbs[i] = (uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
    if (result == 0) {
        free(number->limbs);
        *number = (struct number){TAKE(parts[0].limbs), n};
        while (number->n > 1 && number->limbs[number->n - 1] == 0)
            number->n--;
    }
    for (int part = 0; part < 3; part++)
        number_fini(&parts[part]);
    return result;
}

static json_t *number_text(const struct number *number)
{
    CLEANUP(buf_fini) struct buf text = buf_init((number->n + 1) * LIMB_DIGITS + 1);

    buf_printf(&text, "%u", number->limbs[number->n - 1]);
    for (size_t i = number->n - 1; i > 0; i--)
        buf_printf(&text, "%09u", number->limbs[i - 1]);
    return json_string(buf_text(&text));
}

json_t *grid_points(const json_t *document)
{
    CLEANUP(space_fini) struct space space = {0};
    CLEANUP(number_fini) struct number product = {calloc(1, sizeof(uint32_t)), 1};
    const json_t *parameters = json_object_get(json_object_get(document, "spec"), "parameters");
    struct nbt_error ignored = NBT_ERROR_INIT;

    if (!product.limbs)
        return NULL;
    if (json_array_size(parameters) == 0 || space_init(&space, parameters, &ignored) < 0)
        return json_null();
    product.limbs[0] = 1;
    for (size_t i = 0; i < space.n; i++) {
        if (!isfinite(space.dimensions[i].cells))
            return json_null();
        if (times(&product, (uint64_t)space.dimensions[i].cells) < 0)
            return NULL;
    }
    return number_text(&product);
}
