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

/* The notebook */
#define NBT_NO_PARAMETERS_CELL                                                                     \
    "no-parameters-cell" /* error: no cell is tagged pipeline-parameters (or parameters) */
#define NBT_NO_METRICS_CELL "no-metrics-cell" /* error: no cell is tagged pipeline-metrics */

/* Steps and their tags */
#define NBT_DUPLICATE_STEP                                                                         \
    "duplicate-step"              /* error: a step's name stands again after another step */
#define NBT_TWO_NAMES "two-names" /* error: one cell carries two step names or two roles */
#define NBT_BAD_STEP_NAME                                                                          \
    "bad-step-name" /* error: step: or block: with a name that no step can have */
#define NBT_UNKNOWN_PREV "unknown-prev" /* error: prev: names a step that does not exist */
#define NBT_BAD_PREV     "bad-prev" /* error: prev: that names itself, a later step, or holds no name \
                                     */
#define NBT_PREV_WITHOUT_STEP                                                                      \
    "prev-without-step"           /* warning: prev: on a cell that belongs to no step */
#define NBT_BAD_LIMIT "bad-limit" /* error: limit: that is not limit:RESOURCE:AMOUNT */
#define NBT_BAD_LABEL "bad-label" /* error: label: that is not label:KEY:VALUE */
#define NBT_BAD_ANNOTATION                                                                         \
    "bad-annotation" /* error: annotation: that is not annotation:KEY:VALUE */
#define NBT_DROPPED_CELLS                                                                          \
    "dropped-cells" /* note: untagged cells above the first tag of a Kale notebook */
#define NBT_STEP_AFTER_METRICS                                                                     \
    "step-after-metrics" /* warning: Kale refuses a step below the metrics cell */
#define NBT_BAD_METADATA                                                                           \
    "bad-metadata" /* warning: metadata of a type that was not expected, ignored */

#endif
