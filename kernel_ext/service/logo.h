/* The files of the kernelspec's logo, embedded by the build from service/logo/. */
#ifndef SERVICE_LOGO_H
#define SERVICE_LOGO_H

#include <stddef.h>

struct logo_file {
    const char *name; /* "logo-32x32.png" */
    const unsigned char *bytes;
    size_t size;
};

extern const struct logo_file logo_files[]; /* ended by a NULL name */

#endif
