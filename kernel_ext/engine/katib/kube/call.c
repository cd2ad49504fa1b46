#include "engine/katib/kube/call.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/client_private.h"
#include "engine/katib/kube/path.h"

#define LIST_MAX       100000
#define PAGE_BYTES_MAX 16777216 /* a page that is larger is asked for with fewer objects */
#define GONE_MAX       5

struct wait {
    bool done, canceled;
    int code;
    struct nbt_error *err;
    struct kube_status status;
    json_t *body;
};

static void on_done(void *self, const struct kube_answer *answer)
{
    struct wait *wait = self;
    wait->done = true;
    wait->code = answer->code;
    wait->status = answer->status;
    wait->body = json_incref(answer->body);
    if (answer->code < 0 && wait->err)
        *wait->err = *answer->err;
}

static void on_cancel(void *self, int fd, short revents)
{
    struct wait *wait = self;
    (void)fd;
    (void)revents;
    wait->canceled = true;
}

static int turn(struct kube_client *client, struct kube_request *request, struct wait *wait)
{
    int cancel = client->options.cancel_fd;
    if (cancel > 0 && loop_add_fd(client->loop, cancel, POLLIN, on_cancel, wait) < 0) {
        kube_cancel(request);
        return nbt_error_set(wait->err, NBT_ENOMEM, "no memory for a request");
    }
    while (!wait->done && !wait->canceled)
        loop_step(client->loop, -1);
    if (cancel > 0)
        loop_remove_fd(client->loop, cancel);
    if (wait->done)
        return wait->code;
    kube_cancel(request);
    return nbt_error_set(wait->err, NBT_ECANCELED, "canceled");
}

int kube_call(struct kube_client *client, const struct kube_request_options *options,
              json_t **ret_body, struct kube_status *ret_status, struct nbt_error *err)
{
    struct wait wait = {.err = err, .status = {.retry_after_s = -1}};
    struct kube_request_options own = *options;
    own.on_done = on_done;
    own.self = &wait;
    struct kube_request *request = options->path ? kube_send(client, &own) : NULL;
    if (!request)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a request");
    int code = turn(client, request, &wait);
    client->last = wait.status;
    if (ret_status)
        *ret_status = wait.status;
    if (code == 0 && ret_body)
        *ret_body = wait.body;
    else
        json_decref(wait.body);
    return code;
}

const struct kube_status *kube_last_status(const struct kube_client *client)
{
    return &client->last;
}

/* An answer of 2xx without an object, where one is wanted. */
static int object_of(struct kube_client *client, const struct kube_request_options *options,
                     json_t **ret_object, struct kube_status *ret_status, struct nbt_error *err)
{
    auto_json json_t *body = NULL;
    int code = kube_call(client, options, &body, ret_status, err);
    if (code < 0)
        return code;
    if (!json_is_object(body))
        return nbt_error_set(err, NBT_EPROTO, "%s %s: the server answered without an object",
                             options->method, options->path);
    if (ret_object)
        *ret_object = TAKE(body);
    return 0;
}

int kube_get(struct kube_client *client, const char *path, json_t **ret_object,
             struct nbt_error *err)
{
    struct kube_request_options options = {.method = "GET", .path = path};
    return object_of(client, &options, ret_object, NULL, err);
}

struct list {
    json_t *items;
    char *next; /* continue token, or NULL */
    size_t maximum;
    long page;
    int gone;
};

static void list_fini(struct list *list)
{
    json_decref(list->items);
    free(list->next);
}

static int add_page(struct list *list, const json_t *page, const char *path, struct nbt_error *err)
{
    const json_t *metadata = json_object_get(page, "metadata");
    const char *next = json_string_value(json_object_get(metadata, "continue"));
    json_t *items = json_object_get(page, "items");
    free(list->next);
    list->next = next && *next ? strdup(next) : NULL;
    if (!json_is_array(items) && !json_is_null(items))
        return nbt_error_set(err, NBT_EPROTO, "GET %s: the answer is no list", path);
    if (json_is_array(items) && json_array_extend(list->items, items) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a list");
    if (json_array_size(list->items) > list->maximum)
        return nbt_error_set(err, NBT_ENOMEM, "GET %s: there are more than %zu objects", path,
                             list->maximum);
    return 0;
}

static int get_page(struct kube_client *client, const struct list *list, const char *path,
                    json_t **ret_page, struct kube_status *ret_status, struct nbt_error *err)
{
    char limit[24];
    snprintf(limit, sizeof(limit), "%ld", list->page);
    auto_free char *url = kube_path_query(
        path, (const char *[]){"limit", list->page ? limit : NULL, "continue", list->next, NULL});
    struct kube_request_options options = {.method = "GET", .path = url, .maximum = PAGE_BYTES_MAX};
    return object_of(client, &options, ret_page, ret_status, err);
}

/* What may be tried again in another way: from the beginning, or with smaller pages. */
static bool adapt(struct list *list, int code, const struct kube_status *status)
{
    if (list->next && kube_status_is_gone(status) && list->gone++ < GONE_MAX) {
        json_array_clear(list->items);
        free(list->next);
        list->next = NULL;
        return true;
    }
    if (code == NBT_ENOMEM && list->page > 1) {
        list->page /= 4;
        list->page += list->page == 0;
        return true;
    }
    return false;
}

int kube_list(struct kube_client *client, const char *path, size_t maximum, json_t **ret_list,
              struct nbt_error *err)
{
    CLEANUP(list_fini)
    struct list list = {
        .items = json_array(), .maximum = maximum ? maximum : LIST_MAX, .page = KUBE_PAGE};
    auto_json json_t *page = NULL;
    int code = 0;
    do {
        struct nbt_error own = NBT_ERROR_INIT;
        struct kube_status status;
        json_decref(page);
        page = NULL;
        code = get_page(client, &list, path, &page, &status, &own);
        if (code < 0 && adapt(&list, code, &status))
            continue;
        if (code == 0)
            code = add_page(&list, page, path, &own);
        if (code < 0) {
            if (err)
                *err = own;
            return code;
        }
    } while (code < 0 || list.next);
    if (json_object_set(page, "items", list.items) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a list");
    if (ret_list)
        *ret_list = TAKE(page);
    return 0;
}

static const char *label_of(const json_t *object, const char *label)
{
    const json_t *labels = json_object_get(json_object_get(object, "metadata"), "labels");
    return json_string_value(json_object_get(labels, label));
}

/* The object that has the name already, when it is ours. */
static int adopt(struct kube_client *client, const char *path, const json_t *object,
                 const char *label, json_t **ret_object, struct nbt_error *err)
{
    struct nbt_error own = NBT_ERROR_INIT;
    auto_json json_t *found = NULL;
    const char *name =
        json_string_value(json_object_get(json_object_get(object, "metadata"), "name"));
    const char *mark = label_of(object, label);
    auto_free char *place = NULL;
    if (!name || !mark || asprintf(&place, "%s/%s", path, name) < 0)
        return err->code;
    if (kube_get(client, place, &found, &own) < 0)
        return err->code;
    const char *theirs = label_of(found, label);
    if (!theirs || strcmp(theirs, mark) != 0)
        return err->code;
    nbt_error_clear(err);
    if (ret_object)
        *ret_object = TAKE(found);
    return 0;
}

int kube_create(struct kube_client *client, const char *path, const json_t *object,
                const char *label, json_t **ret_object, struct nbt_error *err)
{
    struct nbt_error own = NBT_ERROR_INIT;
    struct kube_request_options options = {
        .method = "POST", .path = path, .body = object, .repeatable = label != NULL};
    int code = object_of(client, &options, ret_object, NULL, &own);
    if (code == NBT_EEXIST && label)
        code = adopt(client, path, object, label, ret_object, &own);
    if (code < 0 && err)
        *err = own;
    return code;
}

int kube_replace(struct kube_client *client, const char *path, const json_t *object,
                 json_t **ret_object, struct nbt_error *err)
{
    struct kube_request_options options = {.method = "PUT", .path = path, .body = object};
    return object_of(client, &options, ret_object, NULL, err);
}

/* JSON is YAML, so the body of an apply is JSON too. */
int kube_apply(struct kube_client *client, const char *path, const json_t *object,
               const char *manager, bool force, json_t **ret_object, struct nbt_error *err)
{
    auto_free char *url = kube_path_query(
        path, (const char *[]){"fieldManager", manager, "force", force ? "true" : NULL, NULL});
    struct kube_request_options options = {.method = "PATCH",
                                           .path = url,
                                           .body = object,
                                           .content_type = "application/apply-patch+yaml",
                                           .repeatable = true};
    return object_of(client, &options, ret_object, NULL, err);
}

int kube_patch_merge(struct kube_client *client, const char *path, const json_t *patch,
                     json_t **ret_object, struct nbt_error *err)
{
    struct kube_request_options options = {.method = "PATCH",
                                           .path = path,
                                           .body = patch,
                                           .content_type = "application/merge-patch+json",
                                           .repeatable = true};
    return object_of(client, &options, ret_object, NULL, err);
}

int kube_patch_json(struct kube_client *client, const char *path, const json_t *patch,
                    json_t **ret_object, struct nbt_error *err)
{
    struct kube_request_options options = {.method = "PATCH",
                                           .path = path,
                                           .body = patch,
                                           .content_type = "application/json-patch+json"};
    return object_of(client, &options, ret_object, NULL, err);
}

int kube_delete(struct kube_client *client, const char *path, const char *propagation,
                const char *uid, struct nbt_error *err)
{
    auto_json json_t *body = json_pack(
        "{s:s, s:s, s:s*, s:o*}", "apiVersion", "v1", "kind", "DeleteOptions", "propagationPolicy",
        propagation, "preconditions", uid ? json_pack("{s:s}", "uid", uid) : NULL);
    if (!body)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a request");
    struct kube_request_options options = {.method = "DELETE", .path = path, .body = body};
    return kube_call(client, &options, NULL, NULL, err);
}
