/*
 * Paths of the API (Kubernetes API concepts, "Resource URIs"), every part escaped.
 *
 *     auto_free char *path = kube_path("/apis/batch/v1", "team", "jobs", "train", "status");
 *     auto_free char *list = kube_path_query(path, (const char *[]){"limit", "200", NULL});
 */
#ifndef KUBE_PATH_H
#define KUBE_PATH_H

/* api is "/api/v1" or "/apis/GROUP/VERSION"; namespace_, name and subresource may be NULL. The
 * caller frees; NULL without memory. */
char *kube_path(const char *api, const char *namespace_, const char *resource, const char *name,
                const char *subresource);

/* Name and value by turns, ended by a NULL name; a value that is NULL leaves its name out. path may
 * have a query. The caller frees; NULL without memory. */
char *kube_path_query(const char *path, const char *const *pairs);

#endif
