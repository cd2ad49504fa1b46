#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "check.h"
#include "engine/katib/kube/config.h"

#define SECRET "s3cr3t-t0ken-that-nobody-may-see"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/kube-config-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    struct nbt_error err = NBT_ERROR_INIT;
    (void)state;
    return file_remove_tree(folder, &err);
}

static char *write_text(const char *name, const char *text)
{
    struct nbt_error err = NBT_ERROR_INIT;
    char *path = file_join(folder, name);
    assert_non_null(path);
    assert_int_equal(file_replace(path, text, strlen(text), 0600, &err), 0);
    return path;
}

static int parse(struct kube_config **ret_config, const char *text, const char *context,
                 struct nbt_error *err)
{
    struct kube_config_options options = {.context = context};
    *err = NBT_ERROR_INIT;
    return kube_config_parse(ret_config, "CONFIG", folder, text, strlen(text), &options, err);
}

/* A kubeconfig around one cluster and one user. */
static char *around(const char *cluster, const char *user)
{
    char *text;
    assert_true(
        asprintf(&text,
                 "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
                 "contexts: [{name: here, context: {cluster: c, user: u, namespace: team}}]\n"
                 "clusters: [{name: c, cluster: {%s}}]\n"
                 "users: [{name: u, user: {%s}}]\n",
                 cluster, user) > 0);
    return text;
}

static void fields_are_read_with_their_precedence(void **state)
{
    (void)state;
    struct kube_config *config = NULL;
    struct nbt_error err;
    auto_free char *text =
        around("server: 'https://host:6443/prefix/', tls-server-name: other, proxy-url: "
               "'socks5://p:1080', disable-compression: true",
               "token: abc, tokenFile: tok, as: me, as-uid: '7', as-groups: [g, h], as-user-extra: "
               "{Sco pe: [v]}");
    assert_int_equal(parse(&config, text, NULL, &err), 0);
    assert_string_equal(config->server, "https://host:6443/prefix");
    assert_string_equal(config->server_name, "other");
    assert_string_equal(config->proxy, "socks5h://p:1080");
    assert_true(config->uncompressed);
    assert_string_equal(config->namespace_, "team");
    assert_string_equal(config->context, "here");
    assert_string_equal(config->user, "u");
    assert_string_equal(config->token, "abc");
    auto_free char *token_file = file_join(folder, "tok");
    assert_string_equal(config->token_file, token_file);
    assert_string_equal(config->impersonation[0], "Impersonate-User: me");
    assert_string_equal(config->impersonation[1], "Impersonate-Uid: 7");
    assert_string_equal(config->impersonation[2], "Impersonate-Group: g");
    assert_string_equal(config->impersonation[3], "Impersonate-Group: h");
    assert_string_equal(config->impersonation[4], "Impersonate-Extra-%53co%20pe: v");
    assert_null(config->impersonation[5]);
    assert_int_equal(config->n_warnings, 0);
    kube_config_free(config);
}

static void servers_are_normalised_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *server, *want; /* want NULL: refused */
    } rows[] = {
        {"https://h", "https://h"},
        {"h:6443", "https://h:6443"},
        {"http://h:80/", "http://h:80"},
        {"https://[::1]:6443", "https://[::1]:6443"},
        {"ftp://h", NULL},
        {"https://", NULL},
        {"https:///x", NULL},
        {"https://u:p@h", NULL},
        {"https://h/a?b", NULL},
        {"https://h a", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kube_config *config = NULL;
        struct nbt_error err;
        char cluster[128];
        snprintf(cluster, sizeof(cluster), "server: '%s'", rows[i].server);
        auto_free char *text = around(cluster, "");
        int code = parse(&config, text, NULL, &err);
        assert_int_equal(code, rows[i].want ? 0 : NBT_EINVAL);
        if (rows[i].want)
            assert_string_equal(config->server, rows[i].want);
        kube_config_free(config);
    }
}

static void a_refusal_names_the_entry_and_no_secret(void **state)
{
    (void)state;
    static const struct {
        const char *cluster, *user;
        int code;
        const char *text;
    } rows[] = {
        {"certificate-authority-data: '!'", "", NBT_EINVAL, "not base64"},
        {"certificate-authority-data: aGVsbG8=", "", NBT_EINVAL, "not PEM"},
        {"certificate-authority: missing.crt", "", NBT_ENOTFOUND, "missing.crt"},
        {"certificate-authority-data: LS0tLS1CRUdJTiA=, insecure-skip-tls-verify: true", "",
         NBT_EINVAL, "exclude each other"},
        {"insecure-skip-tls-verify: 'yes'", "", NBT_EINVAL, "must be true or false"},
        {"proxy-url: 'ftp://x'", "", NBT_EINVAL, "proxy-url"},
        {"tls-server-name: 'a/b'", "", NBT_EINVAL, "tls-server-name"},
        {"", "token: 7", NBT_EINVAL, "token must be a text"},
        {"", "token: \"a\\nb\"", NBT_EINVAL, "line break"},
        {"", "token: " SECRET ", username: u, password: p", NBT_EINVAL, "only one way"},
        {"", "auth-provider: {name: gcp}", NBT_EUNSUPPORTED, "gke-gcloud-auth-plugin"},
        {"", "auth-provider: {name: azure}", NBT_EUNSUPPORTED, "kubelogin convert-kubeconfig"},
        {"", "auth-provider: {name: oidc}", NBT_EUNSUPPORTED, "oidc-login"},
        {"", "auth-provider: {name: weird}", NBT_EUNSUPPORTED, "exec plugin"},
        {"", "as-groups: [a]", NBT_EINVAL, "the user to impersonate"},
        {"", "as: \"a\\r\\nX: y\"", NBT_EINVAL, "control characters"},
        {"", "client-key: k", NBT_EINVAL, "both are needed"},
        {"", "client-certificate: c, client-key: k", NBT_ENOTFOUND, "cannot read"},
        {"", "exec: {command: x}", NBT_EUNSUPPORTED, "exec.apiVersion is missing"},
        {"", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}",
         NBT_EUNSUPPORTED, "v1alpha1"},
        {"", "exec: {apiVersion: client.authentication.k8s.io/v1, command: x}", NBT_EINVAL,
         "interactiveMode is missing"},
        {"", "exec: {apiVersion: client.authentication.k8s.io/v1beta1}", NBT_EINVAL,
         "exec.command is missing"},
        {"", "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, args: [1]}",
         NBT_EINVAL, "exec.args[0]"},
        {"",
         "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x, env: [{name: A}]}",
         NBT_EINVAL, "exec.env[0]"},
        {"",
         "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}",
         NBT_EUNSUPPORTED, "without a terminal"},
        {"",
         "token: " SECRET ", exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: x}",
         NBT_EINVAL, "only one way"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kube_config *config = NULL;
        struct nbt_error err;
        char cluster[256];
        snprintf(cluster, sizeof(cluster), "server: 'https://h'%s%s",
                 rows[i].cluster[0] ? ", " : "", rows[i].cluster);
        auto_free char *text = around(cluster, rows[i].user);
        int code = parse(&config, text, NULL, &err);
        if (code != rows[i].code || !strstr(err.text, rows[i].text))
            fail_msg("row %zu: got %d \"%s\", want %d \"%s\"", i, code, err.text, rows[i].code,
                     rows[i].text);
        assert_null(strstr(err.text, SECRET));
        assert_non_null(strstr(err.text, "CONFIG"));
        assert_null(config);
    }
}

static void what_is_no_kubeconfig_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *text, *context;
        int code;
        const char *want;
    } rows[] = {
        {"", NULL, NBT_ENOTFOUND, "names no cluster"},
        {"kind: Pod", NULL, NBT_EPARSE, "its kind is Pod"},
        {"[]", NULL, NBT_EPARSE, "must be a mapping"},
        {"clusters: 3", NULL, NBT_EPARSE, "clusters must be a list"},
        {"clusters: [{cluster: {}}]", NULL, NBT_EPARSE, "clusters[0] has no name"},
        {"users: [{name: a}, {name: a}]", NULL, NBT_EPARSE, "two entries named \"a\""},
        {"users: [{name: a, user: 3}]", NULL, NBT_EPARSE, "must be a mapping"},
        {"current-context: 3", NULL, NBT_EPARSE, "current-context"},
        {"contexts: [{name: a, context: {}}]", NULL, NBT_ENOTFOUND, "no current-context"},
        {"contexts: [{name: a, context: {}}]", "b", NBT_ENOTFOUND, "there are: a"},
        {"contexts: [{name: a, context: {}}]", "a", NBT_EINVAL, "names no cluster"},
        {"contexts: [{name: a, context: {cluster: x}}]", "a", NBT_ENOTFOUND, "no cluster \"x\""},
        {"contexts: [{name: a, context: {cluster: x, user: who}}]\n"
         "clusters: [{name: x, cluster: {server: h}}]",
         "a", NBT_ENOTFOUND, "no user \"who\""},
        {"token: [" SECRET, NULL, NBT_EPARSE, "CONFIG"},
        {"users:\n- name: a\n  user:\n    token: " SECRET "\n   x: y", NULL, NBT_EPARSE, "line"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kube_config *config = NULL;
        struct nbt_error err;
        int code = parse(&config, rows[i].text, rows[i].context, &err);
        if (code != rows[i].code || !strstr(err.text, rows[i].want))
            fail_msg("row %zu: got %d \"%s\", want %d \"%s\"", i, code, err.text, rows[i].code,
                     rows[i].want);
        assert_null(strstr(err.text, SECRET));
    }
}

static void load(struct kube_config **ret_config, const struct kube_config_options *options)
{
    struct nbt_error err = NBT_ERROR_INIT;
    int code = kube_config_load(ret_config, options, &err);
    if (code < 0)
        fail_msg("%s", err.text);
}

/* The first file that says something wins, entry by entry; paths start at each file's folder. */
static void the_first_file_wins_entry_by_entry(void **state)
{
    (void)state;
    struct kube_config *config = NULL;
    auto_free char *first =
        write_text("first", "contexts: [{name: a, context: {cluster: c, user: u}}]\n"
                            "users: [{name: u, user: {tokenFile: first.token}}]\n");
    auto_free char *inner = file_join(folder, "inner");
    struct nbt_error err = NBT_ERROR_INIT;
    assert_int_equal(file_mkdir_all(inner, 0700, &err), 0);
    auto_free char *second = write_text(
        "inner/second", "current-context: a\n"
                        "contexts: [{name: a, context: {cluster: wrong, namespace: wrong}}]\n"
                        "clusters: [{name: c, cluster: {server: 'https://h', "
                        "certificate-authority: ca.crt}}]\n"
                        "users: [{name: u, user: {token: wrong}}]\n");
    auto_free char *authority = write_text("inner/ca.crt", "x");
    auto_free char *list = NULL;
    assert_true(asprintf(&list, ":%s:/nowhere/at/all:%s", first, second) > 0);
    setenv("KUBECONFIG", list, 1);
    load(&config, &(struct kube_config_options){0});
    unsetenv("KUBECONFIG");
    assert_string_equal(config->namespace_, "default");
    assert_null(config->token);
    assert_non_null(strstr(config->token_file, "/first.token"));
    assert_string_equal(config->authority.path, authority);
    assert_string_equal(config->origin, first);
    kube_config_free(config);
}

static void what_is_named_goes_before_the_pod_and_the_home(void **state)
{
    (void)state;
    struct kube_config *config = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    auto_free char *text = around("server: 'https://file'", "");
    auto_free char *kube = file_join(folder, ".kube");
    assert_int_equal(file_mkdir_all(kube, 0700, &err), 0);
    auto_free char *path = write_text(".kube/config", text);
    auto_free char *token = write_text("token", "t\n");
    free(write_text("ca.crt", "x"));
    struct kube_config_options options = {.account_folder = folder, .namespace_ = "mine"};
    setenv("HOME", folder, 1);

    assert_false(kube_config_in_pod(&options));
    load(&config, &options);
    assert_string_equal(config->server, "https://file");
    assert_string_equal(config->namespace_, "mine");
    kube_config_free(config);

    setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
    setenv("KUBERNETES_SERVICE_PORT", "443", 1);
    options.namespace_ = NULL;
    assert_true(kube_config_in_pod(&options));
    load(&config, &options);
    assert_string_equal(config->server, "https://[fd00::1]:443");
    assert_string_equal(config->namespace_, "default");
    assert_string_equal(config->token_file, token);
    assert_null(config->context);
    kube_config_free(config);

    /* What is named goes before the pod. */
    options.path = path;
    load(&config, &options);
    assert_string_equal(config->server, "https://file");
    kube_config_free(config);
    options.path = NULL;
    options.context = "here";
    setenv("KUBECONFIG", "", 1);
    load(&config, &options);
    assert_string_equal(config->server, "https://file");
    kube_config_free(config);

    options.context = NULL;
    setenv("KUBECONFIG", "/nowhere/a:/nowhere/b", 1);
    assert_int_equal(kube_config_load(&config, &options, &err), NBT_ENOTFOUND);
    assert_non_null(strstr(err.text, "KUBECONFIG is /nowhere/a:/nowhere/b"));
    nbt_error_clear(&err);
    unsetenv("KUBECONFIG");

    unsetenv("KUBERNETES_SERVICE_HOST");
    options = (struct kube_config_options){.account_folder = "/nowhere"};
    assert_int_equal(unlink(path), 0);
    assert_int_equal(kube_config_load(&config, &options, &err), NBT_ENOTFOUND);
    assert_non_null(strstr(err.text, "no cluster is configured"));
}

static void danger_is_warned_about(void **state)
{
    (void)state;
    struct kube_config *config = NULL;
    struct nbt_error err;
    auto_free char *insecure = around("server: 'https://h', insecure-skip-tls-verify: true", "");
    assert_int_equal(parse(&config, insecure, NULL, &err), 0);
    assert_int_equal(config->n_warnings, 1);
    assert_non_null(strstr(config->warnings[0], "insecure-skip-tls-verify"));
    kube_config_free(config);

    auto_free char *plain = around("server: 'http://h'", "token: " SECRET);
    assert_int_equal(parse(&config, plain, NULL, &err), 0);
    assert_int_equal(config->n_warnings, 1);
    assert_null(config->token);
    kube_config_free(config);
}

static void plugins_are_read_with_what_they_are_told(void **state)
{
    (void)state;
    struct kube_config *config = NULL;
    struct nbt_error err;
    auto_free char *text =
        around("server: 'https://h', extensions: [{name: client.authentication.k8s.io/exec, "
               "extension: {a: "
               "1}}]",
               "exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/x, args: [a, 'b "
               "c'], env: "
               "[{name: K, value: v}], interactiveMode: Never, provideClusterInfo: true}");
    assert_int_equal(parse(&config, text, NULL, &err), 0);
    auto_free char *command = file_join(folder, "bin/x");
    assert_string_equal(config->exec->command, command);
    assert_string_equal(config->exec->arguments[0], command);
    assert_string_equal(config->exec->arguments[2], "b c");
    assert_null(config->exec->arguments[3]);
    assert_string_equal(config->exec->environment[0], "K=v");
    assert_non_null(strstr(config->exec->info, "\"config\":{\"a\":1}"));
    assert_non_null(strstr(config->exec->info, "\"server\":\"https://h\""));
    kube_config_free(config);
}

/* Whatever is broken in a kubeconfig, its secrets are not in the message. */
static void no_broken_kubeconfig_shows_a_secret(void **state)
{
    (void)state;
    static const char breaks[] = "\n\t:{}[]\"'#&*!%@,- ";
    auto_free char *text =
        around("server: 'https://h'", "token: " SECRET ", exec: {apiVersion: client.authentication."
                                      "k8s.io/v1, command: x, args: [" SECRET "]}");
    size_t length = strlen(text), refused = 0;
    for (size_t at = 0; at < length; at++)
        for (size_t i = 0; i < sizeof(breaks) - 1; i++) {
            struct kube_config *config = NULL;
            struct nbt_error err;
            char kept = text[at];
            text[at] = breaks[i];
            refused += parse(&config, text, NULL, &err) < 0;
            if (strstr(err.text, "s3cr3t") || strstr(err.text, "nobody"))
                fail_msg("'%c' at %zu: %s", breaks[i], at, err.text);
            for (size_t k = 0; config && k < config->n_warnings; k++)
                assert_null(strstr(config->warnings[k], "s3cr3t"));
            kube_config_free(config);
            text[at] = kept;
        }
    assert_true(refused > length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_read_with_their_precedence),
        cmocka_unit_test(servers_are_normalised_or_refused),
        cmocka_unit_test(a_refusal_names_the_entry_and_no_secret),
        cmocka_unit_test(what_is_no_kubeconfig_is_told),
        cmocka_unit_test(the_first_file_wins_entry_by_entry),
        cmocka_unit_test(what_is_named_goes_before_the_pod_and_the_home),
        cmocka_unit_test(no_broken_kubeconfig_shows_a_secret),
        cmocka_unit_test(danger_is_warned_about),
        cmocka_unit_test(plugins_are_read_with_what_they_are_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
