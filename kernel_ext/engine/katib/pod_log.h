/*
 * What a trial's pod printed: the files that it left, as trial/job.h has them, and everything else,
 * which is its log. Knows nothing of the cluster.
 *
 *     CLEANUP(pod_log_fini) struct pod_log log = pod_log_init();
 *     pod_log_line(&log, text, length, true);
 *     if (pod_log_save(&log, folder, &err) < 0) ...
 */
#ifndef ENGINE_KATIB_POD_LOG_H
#define ENGINE_KATIB_POD_LOG_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"

#define POD_LOG_FILES    3
#define POD_LOG_TEXT     "trial.log"
#define POD_LOG_TEXT_MAX ((size_t)32 << 20) /* bytes; what is beyond is left out, and said so */
#define POD_LOG_FILE_MAX ((size_t)64 << 20) /* bytes of a file, unpacked */

struct pod_log {
    struct buf text;
    struct buf files[POD_LOG_FILES]; /* packed; in pod_log_names' order */
    size_t parts[POD_LOG_FILES];     /* how many came */
    bool whole[POD_LOG_FILES];
};

extern const char *const pod_log_names[POD_LOG_FILES]; /* the last one is printed last */

struct pod_log pod_log_init(void);
void pod_log_fini(struct pod_log *log);

/* The trial's event (trial.h, job.h) that a line ends with, and where it begins; NULL: none. New
 * reference. */
json_t *pod_log_event(const char *line, size_t *ret_at);

/* whole false: more of the same line follows. */
void pod_log_line(struct pod_log *log, const char *text, size_t length, bool whole);

/* Its end is there: no more files follow. */
bool pod_log_is_complete(const struct pod_log *log);

/* Writes the files that are complete, and the text as trial.log. */
nbt_must_check int pod_log_save(const struct pod_log *log, const char *folder,
                                struct nbt_error *err);

#endif
