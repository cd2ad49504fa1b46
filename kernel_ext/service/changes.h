/*
 * What changed since somebody was last told, cheaply enough to be asked several times a second: an
 * experiment whose stamp is the same is not looked at.
 *
 * The memory of what was told is a JSON object that begins as {} and belongs to the caller; one
 * thread at a time.
 *
 *     json_t *memory = json_object(), *stamps, *changed, *removed;
 *     service_stamps(&stamps, &err);
 *     service_list_changes(memory, stamps, &changed, &removed, &err);   // all of them, the first
 * time
 */
#ifndef SERVICE_CHANGES_H
#define SERVICE_CHANGES_H

#include <jansson.h>

#include "nbtags/error.h"

/* {name: number} of every experiment; the number changes when list or show would. New reference. */
nbt_must_check int service_stamps(json_t **ret_stamps, struct nbt_error *err);

/* List items that are new or other than last time, and names that are gone. New references, []
 * when there are none. */
nbt_must_check int service_list_changes(json_t *memory, const json_t *stamps, json_t **ret_changed,
                                        json_t **ret_removed, struct nbt_error *err);

/* Remembers a show document as told. */
nbt_must_check int service_show_told(json_t *memory, const json_t *show, struct nbt_error *err);

/* {"experiment","state","seq","status","reason","message","warnings","trials": those that are new
 * or changed}; NULL when nothing changed. NBT_ENOTFOUND when the experiment is gone. */
nbt_must_check int service_show_changes(json_t *memory, const json_t *stamps,
                                        const char *experiment, json_t **ret_change,
                                        struct nbt_error *err);

#endif
