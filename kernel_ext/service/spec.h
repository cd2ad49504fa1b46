/* The files of the kernelspec, embedded by the build from service/spec/. */
#ifndef SERVICE_SPEC_H
#define SERVICE_SPEC_H

#include <stddef.h>

struct spec_file {
    const char *name; /* "logo-32x32.png" */
    const unsigned char *bytes;
    size_t size;
};

extern const struct spec_file spec_files[]; /* ended by a NULL name */

#endif
