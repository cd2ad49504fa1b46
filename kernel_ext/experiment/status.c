#include "experiment/status.h"

#include <string.h>

#include "base/clock.h"
#include "base/scope.h"

static const struct {
    const char *type;
    const char *reason;
} types[] = {
    [STATUS_CREATED] = {"Created", STATUS_REASON_CREATED},
    [STATUS_RUNNING] = {"Running", STATUS_REASON_RUNNING},
    [STATUS_RESTARTING] = {"Restarting", STATUS_REASON_RESTARTING},
    [STATUS_SUCCEEDED] = {"Succeeded", STATUS_REASON_MAX_TRIALS},
    [STATUS_FAILED] = {"Failed", STATUS_REASON_FAILED},
};

static const struct {
    const char *reason;
    const char *message;
} messages[] = {
    {STATUS_REASON_CREATED, "Experiment is created"},
    {STATUS_REASON_RUNNING, "Experiment is running"},
    {STATUS_REASON_RESTARTING, "Experiment is restarted"},
    {STATUS_REASON_MAX_TRIALS, "Experiment has succeeded because max trial count has reached"},
    {STATUS_REASON_GOAL, "Experiment has succeeded because Objective goal has reached"},
    {STATUS_REASON_SUGGESTION_END,
     "Experiment has succeeded because every point of the search space was tried"},
    {STATUS_REASON_FAILED, "Experiment has failed because max failed count has reached"},
};

static const char *message_of(const char *reason)
{
    for (size_t i = 0; i < COUNT_OF(messages); i++) {
        if (strcmp(messages[i].reason, reason) == 0)
            return messages[i].message;
    }
    return "";
}

static json_t *get_conditions(json_t *status)
{
    json_t *conditions = json_object_get(status, "conditions");
    if (!json_is_array(conditions)) {
        json_object_set_new(status, "conditions", json_array());
        conditions = json_object_get(status, "conditions");
    }
    return conditions;
}

/* Index in the array, or its size when the type is not there. */
static size_t find_condition(const json_t *conditions, const char *type)
{
    size_t index;
    json_t *condition;
    json_array_foreach(conditions, index, condition)
    {
        const char *text = json_string_value(json_object_get(condition, "type"));
        if (text && strcmp(text, type) == 0)
            return index;
    }
    return json_array_size(conditions);
}

static bool has_text(const json_t *object, const char *key, const char *text)
{
    const char *found = json_string_value(json_object_get(object, key));
    return found && strcmp(found, text) == 0;
}

static json_t *new_condition(const char *type, const char *value, const char *reason,
                             const char *message, const char *since, const char *now)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "type", type, "status", value, "reason",
                     reason, "message", message, "lastUpdateTime", now, "lastTransitionTime",
                     since);
}

/* One entry; nothing of what follows from it. */
static int set_condition(json_t *status, enum status_condition which, bool is_true,
                         const char *reason, const char *message, const char *now)
{
    json_t *conditions = get_conditions(status);
    const char *type = types[which].type, *value = is_true ? "True" : "False";
    size_t index = find_condition(conditions, type);
    const json_t *old = json_array_get(conditions, index);
    const char *since = now;
    if (old && has_text(old, "status", value)) {
        if (has_text(old, "reason", reason) && has_text(old, "message", message))
            return 0;
        const char *before = json_string_value(json_object_get(old, "lastTransitionTime"));
        since = before ? before : now;
    }
    auto_json json_t *entry = new_condition(type, value, reason, message, since, now);
    if (!entry)
        return -1;
    if (old)
        json_array_remove(conditions, index);
    return json_array_append(conditions, entry);
}

/* A condition that was true stays in the list as false, with the reason it had. */
static int clear_condition(json_t *status, enum status_condition which, const char *now)
{
    json_t *conditions = get_conditions(status);
    size_t index = find_condition(conditions, types[which].type);
    json_t *old = json_array_get(conditions, index);
    if (!old || !has_text(old, "status", "True"))
        return 0;
    auto_json json_t *entry = json_incref(old);
    json_array_remove(conditions, index);
    json_object_set_new(entry, "status", json_string("False"));
    json_object_set_new(entry, "lastUpdateTime", json_string(now));
    json_object_set_new(entry, "lastTransitionTime", json_string(now));
    return json_array_append(conditions, entry);
}

static void remove_condition(json_t *status, enum status_condition which)
{
    json_t *conditions = get_conditions(status);
    json_array_remove(conditions, find_condition(conditions, types[which].type));
}

static int begin(json_t *status, const char *now)
{
    if (json_is_string(json_object_get(status, "startTime")))
        return 0;
    return json_object_set_new(status, "startTime", json_string(now));
}

static int restart(json_t *status)
{
    remove_condition(status, STATUS_SUCCEEDED);
    remove_condition(status, STATUS_FAILED);
    return json_object_set_new(status, "completionTime", json_null());
}

static int complete(json_t *status, const char *now)
{
    if (clear_condition(status, STATUS_RUNNING, now) < 0 ||
        clear_condition(status, STATUS_RESTARTING, now) < 0)
        return -1;
    return json_object_set_new(status, "completionTime", json_string(now));
}

static int follow(json_t *status, enum status_condition condition, const char *now)
{
    switch (condition) {
    case STATUS_CREATED: return begin(status, now);
    case STATUS_RUNNING: return clear_condition(status, STATUS_RESTARTING, now);
    case STATUS_RESTARTING: return restart(status);
    case STATUS_SUCCEEDED:
    case STATUS_FAILED: return complete(status, now);
    }
    return 0;
}

static bool holds(const json_t *status, enum status_condition which)
{
    const json_t *conditions = json_object_get(status, "conditions");
    const json_t *entry = json_array_get(conditions, find_condition(conditions, types[which].type));
    return entry && has_text(entry, "status", "True");
}

int status_mark(json_t *status, enum status_condition condition, bool value, const char *reason,
                const char *message, int64_t now_us, struct nbt_error *err)
{
    char now[CLOCK_TEXT_MAX];
    clock_rfc3339_seconds(now, now_us);
    /* What follows from a condition follows when it becomes true, not when its text changes:
     * completionTime stays. */
    bool news = value && !holds(status, condition);
    if (!reason)
        reason = types[condition].reason;
    if (!message)
        message = message_of(reason);
    if ((news && follow(status, condition, now) < 0) ||
        set_condition(status, condition, value, reason, message, now) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "the condition %s could not be set: out of memory",
                             types[condition].type);
    return 0;
}
