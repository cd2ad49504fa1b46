/*
 * Kernelspecs: which kernels there are, and how each is started (jupyter_protocol 1.7;
 * jupyter_client's kernelspec.py).
 *
 *     struct kernelspec *spec;
 *     if (kernelspec_find(&spec, "python3", "python", &err) < 0) ...
 */
#ifndef JUPYTER_KERNELSPEC_H
#define JUPYTER_KERNELSPEC_H

#include <jansson.h>
#include <stdbool.h>

#include "nbtags/error.h"

struct kernelspec {
    char *name; /* lower case, folder name */
    char *resource_dir;
    char *display_name, *language;
    char *interpreter_dir; /* bin folder that a bare "python" in argv resolves in; NULL: PATH */
    char *prefix; /* sys.prefix of that Python, what {prefix} stands for; NULL: none was found */
    bool interrupt_by_message;
    json_t *argv;     /* strings as in kernel.json */
    json_t *env;      /* object */
    json_t *metadata; /* object */
};

/* The spec of that name (in any case); for name "" the first one of that language. When there is
 * none: for the names "python3", "python", and "" with a language of "python" or "", the native
 * python3 (ipykernel of the interpreter in the virtual environment or on PATH); else NBT_ENOTFOUND,
 * whose text lists the names found and what to install. A spec with a kernel provisioner other than
 * the local one gives NBT_EUNSUPPORTED, a kernel.json that is not one NBT_EPARSE. */
nbt_must_check int kernelspec_find(struct kernelspec **ret_spec, const char *name,
                                   const char *language, struct nbt_error *err);

/* [{"name","display_name","language","resource_dir","argv"}] in search order, first of a name wins.
 * New reference. */
nbt_must_check int kernelspec_list(json_t **ret_list, struct nbt_error *err);

/* argv and environment of a start; both NULL-terminated arrays, freed with kernelspec_strings_free.
 * `extra` is a NULL-terminated "K=V" list that is added to (and wins over) the caller's
 * environment, or NULL. */
nbt_must_check int kernelspec_command(const struct kernelspec *spec, const char *connection_file,
                                      const char *const *extra, char ***ret_argv,
                                      char ***ret_environment, struct nbt_error *err);
void kernelspec_strings_free(char **strings);

/* True when the kernel must be reached by tcp: metadata.transport says "tcp", or its language's
 * kernels are built on message libraries without ipc (the JVM's, .NET's, Rust's, ...; Python, R,
 * Julia and C++ have it). */
bool kernelspec_needs_tcp(const struct kernelspec *spec);
void kernelspec_free(struct kernelspec *spec);

#endif
