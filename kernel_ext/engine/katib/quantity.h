/* Kubernetes quantities ("500m", "2Gi", "1e3"): whether a text is one, and which of two is more. */
#ifndef ENGINE_KATIB_QUANTITY_H
#define ENGINE_KATIB_QUANTITY_H

#include <stdbool.h>

/* False, and *ret untouched, when the text is no quantity greater than 0. */
bool quantity_parse(const char *text, double *ret_value);

#endif
