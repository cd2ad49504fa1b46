/*
 * The stable codes of nbtags' diagnostics. Scripts and the interface key on them; texts may change,
 * codes do not.
 *
 * An error means that the notebook cannot be tuned as it stands; a warning that something will
 * probably not do what its author meant; a note tells what was done with something that the author
 * may wonder about.
 *
 *     if (strcmp(diagnostic->code, NBT_NO_METRICS_CELL) == 0)
 *         offer_to_tag_a_cell(diagnostic->cell);
 */
#ifndef NBTAGS_DIAGNOSTICS_H
#define NBTAGS_DIAGNOSTICS_H

#include "nbtags/diagnostics_cells.h" /* what stands in parameters and metrics cells */

/* What a notebook must have */
#define NBT_NO_PARAMETERS_CELL                                                                     \
    "no-parameters-cell" /* error: no code cell is tagged pipeline-parameters (or parameters) */
#define NBT_NO_METRICS_CELL "no-metrics-cell" /* error: no code cell is tagged pipeline-metrics */

/* Tags */
#define NBT_TWO_NAMES "two-names" /* error: one cell carries two step names */
#define NBT_TWO_ROLES                                                                              \
    "two-roles" /* warning: one cell carries two roles; the first reserved counts */
#define NBT_BAD_STEP_NAME                                                                          \
    "bad-step-name" /* error: step: or block: with a name that no step can have */
#define NBT_DUPLICATE_STEP "duplicate-step" /* warning: a step's name stands again further down */
#define NBT_UNKNOWN_PREV   "unknown-prev" /* error: prev: names a step that does not stand above */
#define NBT_BAD_PREV       "bad-prev" /* error: prev: holds no step's name, or names its own step */
#define NBT_PREV_WITHOUT_STEP                                                                      \
    "prev-without-step" /* error (plain notebook: warning): prev: on a cell without step: */
#define NBT_RESOURCES_WITHOUT_STEP                                                                 \
    "resources-without-step"      /* the same of limit:, label: and annotation: */
#define NBT_BAD_LIMIT "bad-limit" /* error: limit: that is not limit:RESOURCE:AMOUNT */
#define NBT_BAD_LABEL "bad-label" /* warning: label: that is not label:KEY:VALUE; ignored */
#define NBT_BAD_ANNOTATION                                                                         \
    "bad-annotation"            /* warning: annotation: that is not annotation:KEY:VALUE; ignored */
#define NBT_BAD_TAGS "bad-tags" /* warning: tags that are no list of strings, or too many */
#define NBT_NOT_CODE "not-code" /* warning: a parameters or metrics tag on a cell without code */
#define NBT_DROPPED_CELL                                                                           \
    "dropped-cell" /* note: an untagged cell above the first tag of a Kale notebook */
#define NBT_STEP_AFTER_METRICS                                                                     \
    "step-after-metrics" /* warning: a step stands below the metrics cell */

/* The document */
#define NBT_DUPLICATE_KEY                                                                          \
    "duplicate-key"             /* warning: a key stands twice in one object; the last one counts */
#define NBT_BAD_CELL "bad-cell" /* warning: an element of cells that is no object; passed over */
#define NBT_BAD_SOURCE                                                                             \
    "bad-source" /* warning: a source that is neither a string nor a list of strings */
#define NBT_BAD_METADATA                                                                           \
    "bad-metadata" /* warning: metadata of a type that was not expected; ignored */
#define NBT_BAD_STORED_VALUE                                                                       \
    "bad-stored-value" /* warning: a stored Katib setting that cannot be used; ignored */
#define NBT_NEWER_MINOR "newer-minor" /* note: nbformat 4.6 or newer */

#endif
