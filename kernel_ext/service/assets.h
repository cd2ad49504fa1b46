/* Files of report/ that are part of the program. */
#ifndef SERVICE_ASSETS_H
#define SERVICE_ASSETS_H

#include <stddef.h>

struct asset {
    const char *data;
    size_t size;
};

struct asset asset_style(void);
struct asset asset_page(void);   /* script: tables */
struct asset asset_charts(void); /* script: Vega; size 0 in a program that was built without Node */

#endif
