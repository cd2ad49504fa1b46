/*
 * Choices that Katib cannot hand on: it puts values into JSON text without escaping them, and
 * Kubernetes expands $ in environment variables. Such a parameter's choices are sent as c0, c1,
 * ..., which the trial turns back.
 */
#ifndef ENGINE_KATIB_CHOICES_H
#define ENGINE_KATIB_CHOICES_H

#include <jansson.h>

#include "nbtags/error.h"

/* Replaces lists with such choices; *ret_choices is {parameter: {token: text}}, empty when none had
 * any. */
nbt_must_check int katib_encode_choices(json_t *spec, json_t **ret_choices, struct nbt_error *err);

#endif
