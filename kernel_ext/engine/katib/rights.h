/* What we may do in a namespace: asked of the API server by SelfSubjectAccessReviews, all at once.
 */
#ifndef ENGINE_KATIB_RIGHTS_H
#define ENGINE_KATIB_RIGHTS_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/katib/session.h"

struct katib_right {
    const char *verb, *group, *resource, *subresource; /* group and subresource "" for none */
    bool to_submit; /* without it nothing can be submitted; else only some commands fail */
};

/* Those that the engine's requests need (submit.c, read.c, follow.c, fetch.c, change.c). */
#define KATIB_RIGHTS 14
extern const struct katib_right katib_rights[KATIB_RIGHTS];

/* ret_allowed has KATIB_RIGHTS places. NBT_EIO and others when it cannot be asked. */
nbt_must_check int katib_ask_rights(bool *ret_allowed, const struct katib_session *session,
                                    struct nbt_error *err);

#endif
