/* Members of JSON documents, and how people read them: into buffers, printable. */
#ifndef SERVICE_VALUES_H
#define SERVICE_VALUES_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"

/* Member texts, "" and 0 when absent or of another type. */
const char *text_of(const json_t *object, const char *key);
double number_of(const json_t *object, const char *key);
int integer_of(const json_t *object, const char *key, int absent);
const char *severity_of(const json_t *problem);
bool any_errors(const json_t *problems);

/* "lr=0.01 depth=4" of [{name,value}], printable, numbers by text_number. */
void put_assignments(struct buf *out, const json_t *assignments);

/* A string or a number by text_number, printable; "-" for everything else. */
void put_value(struct buf *out, const json_t *value);

/* "auto: random", or the name alone: of a document with "resolvedAlgorithm" and of its spec. */
void put_algorithm(struct buf *out, const char *name, const char *resolved);

/* The step of an event, or "cell 7" in a plain notebook, printable. */
void put_step(struct buf *out, const json_t *event);

/* "double 0.001..0.1 logUniform" of a ParameterSpec, printable; "-" when it is none. */
void put_range(struct buf *out, const json_t *range);

/* A metric's value among observation.metrics [{name,min,max,latest}], by strategy "min", "max" or
 * "latest"; "" when absent. */
const char *metric_value(const json_t *observation, const char *name, const char *strategy);

/* The last value of a metric of a trial's result, {"name", "values"}; NULL when it has none. */
const json_t *last_value(const json_t *metric);

/* "cell 3, line 2, column 5: " as far as it is known; cells count from 0, as everywhere. */
void put_place(struct buf *out, int cell, int line, int column);

/* "NB: error: cell 3, line 2: text", printable; the subject is the file. */
void put_problem(struct buf *out, const char *subject, const json_t *problem);

#endif
