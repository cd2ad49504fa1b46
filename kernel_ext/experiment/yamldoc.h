/*
 * YAML to JSON and back, as Kubernetes does it (sigs.k8s.io/yaml). For this room's files, and for
 * the reader of kubeconfigs; experiment.h is what others use.
 *
 * Reading: one document; anchors and aliases are expanded; tags, merge keys, duplicate keys and
 * keys that are no strings are refused with their line and column. Writing: block style, lists not
 * indented, strings plain where they read back as themselves under YAML 1.1, YAML 1.2 and
 * Kubernetes' rules, else in double quotes; text of several lines as a literal block.
 */
#ifndef EXPERIMENT_YAMLDOC_H
#define EXPERIMENT_YAMLDOC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nbtags/error.h"

#define YAMLDOC_DEPTH_MAX 64
/* Bytes (8 MiB) of the text, and of all strings once aliases are expanded. */
#define YAMLDOC_SIZE_MAX    8388608
#define YAMLDOC_NODES_MAX   100000
#define YAMLDOC_ANCHORS_MAX 256

/* What a plain scalar stands for. */
enum yamldoc_kind {
    YAMLDOC_STRING,
    YAMLDOC_NULL,
    YAMLDOC_BOOL,
    YAMLDOC_INT,
    YAMLDOC_REAL,
    YAMLDOC_MERGE,  /* "<<" */
    YAMLDOC_BEYOND, /* .nan, .inf, or an integer of more than 63 bits: JSON here has no such number
                     */
};
struct yamldoc_scalar {
    enum yamldoc_kind kind;
    bool boolean;
    int64_t integer;
    double real;
};

/* The rules of go-yaml v2's resolve(), which Kubernetes uses. Reads `text` up to its NUL. */
struct yamldoc_scalar yamldoc_resolve(const char *text);

/* Nodes, bytes of strings and keys, and levels of a value; a scalar has one level. Stops early
 * beyond the caps. */
struct yamldoc_weight {
    size_t nodes;
    size_t bytes;
    size_t depth;
};
struct yamldoc_weight yamldoc_weigh(const json_t *value);

/* New reference. `name` stands in messages. */
nbt_must_check int yamldoc_read(json_t **ret_value, const char *name, const char *text,
                                size_t length, struct nbt_error *err);

/* The caller frees. */
nbt_must_check int yamldoc_write(const json_t *value, char **ret_text, struct nbt_error *err);

/* Moves `keys` (ended by NULL) to the front of an object, in that order; a new shallow object, NULL
 * without memory. */
json_t *yamldoc_keys_first(const json_t *object, const char *const *keys);

#endif
