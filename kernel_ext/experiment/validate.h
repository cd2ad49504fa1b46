/*
 * What the files of validation share: places, fields by table, and the parts of the rules. Not
 * included from outside.
 */
#ifndef EXPERIMENT_VALIDATE_H
#define EXPERIMENT_VALIDATE_H

#include "experiment/experiment.h"

/* A JSON path; "" is the document. */
struct place {
    char text[192];
};
struct place place_field(struct place parent, const char *name);
struct place place_item(struct place parent, size_t index);

void validate_error(struct experiment_problems *problems, struct place place, const char *format,
                    ...) nbt_printf(3, 4);
void validate_warning(struct experiment_problems *problems, struct place place, const char *format,
                      ...) nbt_printf(3, 4);

enum shape {
    SHAPE_TEXT,
    SHAPE_COUNT, /* a whole number of 32 bits */
    SHAPE_NUMBER,
    SHAPE_BOOL,
    SHAPE_LIST,
    SHAPE_MAPPING,
    SHAPE_ANY,
};

struct field {
    const char *name;
    enum shape shape;
    const char *required;     /* NULL: optional; else what it is for, told when it is missing */
    const char *const *words; /* the texts that are allowed, ended by NULL; NULL: any */
};

/* Checks that `value` is a mapping whose fields are as the table (ended by a NULL name) says; null
 * and "" count as missing. Fields that the table lacks are warned about. */
void validate_fields(struct experiment_problems *problems, struct place place, const json_t *value,
                     const struct field *fields);

/* One value against one shape; reports and returns false when it is another. */
bool validate_shape(struct experiment_problems *problems, struct place place, const json_t *value,
                    enum shape shape);

/* "the number 5", "the text \"x\"", "a list", ... for messages. */
#define DESCRIPTION_MAX 80
const char *validate_describe(char text[DESCRIPTION_MAX], const json_t *value);

/* A text at a key; NULL when absent, empty or no text (which validate_fields told). */
const char *validate_text(const json_t *object, const char *key);
bool validate_missing(const json_t *value); /* NULL, null or "" */

/* Texts seen so far, to find one that stands twice. True when `text` is new. */
bool validate_see(json_t *seen, const char *text);

/* The parts; each collects its own problems. `spec` is a mapping. */
void validate_metadata(const json_t *document, struct experiment_problems *problems);
void validate_objective(const json_t *spec, struct experiment_problems *problems);
void validate_space(const json_t *spec, struct experiment_problems *problems);
void validate_parameter(const json_t *parameter, struct place place,
                        struct experiment_problems *problems);
void validate_run(const json_t *spec, struct experiment_problems *problems);
void validate_collector(const json_t *spec, struct experiment_problems *problems);
void validate_template(const json_t *spec, struct experiment_problems *problems);
void validate_job(const json_t *job, struct place place, struct experiment_problems *problems);

#endif
