/*
 * What trials left behind, as documents that an interface can show: each is bounded, whatever the
 * notebook printed.
 *
 *     json_t *result;
 *     if (service_logs(&result, "digits-x7k2q", "k5jnxqrj", 0, &err) < 0) ...
 */
#ifndef SERVICE_TRIALS_H
#define SERVICE_TRIALS_H

#include <jansson.h>
#include <stdint.h>

#include "nbtags/error.h"

#define SERVICE_LOG_MAX      ((size_t)256 << 10) /* bytes of a log in one answer */
#define SERVICE_OUTPUTS_MAX  ((size_t)8 << 20)   /* bytes of a notebook's outputs that are kept */
#define SERVICE_NOTEBOOK_MAX ((size_t)24 << 20)  /* bytes of the whole notebook */

/* The trial of a show (engine.h) with "error": null or {cell, ename, evalue, traceback:[text]} of
 * the cell that ended it, and "files": [names of what it left]. NBT_ENOTFOUND. */
nbt_must_check int service_trial_document(json_t **ret, const char *experiment, const char *trial,
                                          struct nbt_error *err);

/* {"text","offset","size","complete"}: what the log holds from byte `offset` on, at most
 * SERVICE_LOG_MAX bytes, cut between characters; "offset" is where the next call goes on, complete
 * when nothing will follow. What is not UTF-8 becomes U+FFFD. trial NULL or "": the engine's log.
 */
nbt_must_check int service_logs(json_t **ret, const char *experiment, const char *trial,
                                int64_t offset, struct nbt_error *err);

/* {"content": the executed notebook, "name": a file name for it, "partial"}; partial: outputs
 * beyond SERVICE_OUTPUTS_MAX were replaced by a note that says so. */
nbt_must_check int service_notebook(json_t **ret, const char *experiment, const char *trial,
                                    struct nbt_error *err);

/* One line for each trial (RFC 4180, UTF-8): name, state, parameters, metrics, times, reason. The
 * caller frees. */
nbt_must_check int service_csv(char **ret_text, const char *experiment, struct nbt_error *err);

#endif
