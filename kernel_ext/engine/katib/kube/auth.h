/*
 * Who we are, now: the header and certificate of the next request. Token files are read again,
 * plugins run again before their credential ends and after the server refused it.
 */
#ifndef KUBE_AUTH_H
#define KUBE_AUTH_H

#include "base/loop.h"
#include "engine/katib/kube/config.h"
#include "nbtags/error.h"

struct kube_auth;

/* A plugin that kube_auth_prepare started has settled; code 0, or its error. */
typedef void (*kube_auth_fn)(void *self, int code, const struct nbt_error *err);

/* Borrows config and loop. */
nbt_must_check int kube_auth_new(struct kube_auth **ret_auth, const struct kube_config *config,
                                 struct loop *loop, int exec_timeout_ms, kube_auth_fn fn,
                                 void *self, struct nbt_error *err);
void kube_auth_free(struct kube_auth *auth);

/* 0: the credentials below are good; 1: a plugin runs, fn is called later; negative: an error. */
nbt_must_check int kube_auth_prepare(struct kube_auth *auth, struct nbt_error *err);

const char *kube_auth_header(const struct kube_auth *auth); /* "Authorization: ...", or NULL */
const struct kube_pem *kube_auth_certificate(const struct kube_auth *auth);
const struct kube_pem *kube_auth_key(const struct kube_auth *auth);

/* Counts up whenever they change. */
unsigned kube_auth_generation(const struct kube_auth *auth);

/* The server answered 401 to the credentials of that generation. True when trying once more after
 * kube_auth_prepare makes sense: there are others by now, or a plugin or file may have others. */
bool kube_auth_refused(struct kube_auth *auth, unsigned generation);

#endif
