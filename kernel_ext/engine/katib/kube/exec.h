/*
 * Runs a credential plugin (client.authentication.k8s.io/v1 and v1beta1) on the loop: without a
 * shell, without a terminal, in a process group of its own, with a time limit and an output limit.
 *
 *     struct kube_exec *exec;
 *     if (kube_exec_start(&exec, plugin, loop, 60000, on_credential, self, &err) < 0) ...
 */
#ifndef KUBE_EXEC_H
#define KUBE_EXEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "engine/katib/kube/config.h"
#include "nbtags/error.h"

#define KUBE_EXEC_OUTPUT_MAX 1048576 /* bytes of a plugin's stdout */

struct kube_exec;

/* What a plugin gave: a token, or a certificate with its key, or both. */
struct kube_credential {
    char *token;
    char *certificate, *key; /* PEM */
    int64_t ends_s;          /* since 1970; 0: not before the process ends or a 401 comes */
};

void kube_credential_fini(struct kube_credential *credential); /* wipes */

/* Reads an ExecCredential. NBT_EPARSE, NBT_EINVAL, NBT_EUNSUPPORTED (of another apiVersion). No
 * error holds what the text says. */
nbt_must_check int kube_credential_parse(struct kube_credential *ret_credential, const char *text,
                                         size_t length, const char *api_version,
                                         struct nbt_error *err);

/* Called once. On success (code 0) the credential is the callback's to take; else err is set:
 * NBT_ENOTFOUND (no such command; its install hint), NBT_EDIED (how it ended, and the end of its
 * stderr without what looks like a secret), NBT_ETIMEOUT, NBT_ENOMEM (too much output), or as
 * kube_credential_parse. */
typedef void (*kube_exec_fn)(void *self, int code, struct kube_credential *credential,
                             const struct nbt_error *err);

nbt_must_check int kube_exec_start(struct kube_exec **ret_exec,
                                   const struct kube_exec_plugin *plugin, struct loop *loop,
                                   int timeout_ms, kube_exec_fn fn, void *self,
                                   struct nbt_error *err);
void kube_exec_cancel(struct kube_exec *exec); /* no callback after; NULL is allowed */

#endif
