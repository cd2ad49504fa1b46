#include <stdlib.h>

#include "base/scope.h"
#include "check.h"
#include "engine/katib/kube/certificate.h"
#include "engine/katib/kube/client.h"
#include "engine/katib/kube/exec.h"
#include "engine/katib/kube/lines.h"
#include "engine/katib/kube/log_place.h"
#include "engine/katib/kube/moment.h"
#include "engine/katib/kube/path.h"
#include "engine/katib/kube/proxy.h"
#include "engine/katib/kube/secret.h"
#include "engine/katib/kube/status.h"
#include "engine/katib/kube/watch_private.h"

static void moments_are_read_to_the_nanosecond(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want; /* -1: refused */
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-24T03:10:00Z", INT64_C(1795489800000000000)},
        {"2026-11-24T03:10:00.123456789Z", INT64_C(1795489800123456789)},
        {"2026-11-24T03:10:00.5+01:00", INT64_C(1795486200500000000)},
        {"2024-02-29T23:59:59-00:30", INT64_C(1709252999000000000)},
        {"2026-11-24", -1},
        {"2026-13-24T03:10:00Z", -1},
        {"2026-11-24T03:10:00", -1},
        {"2026-11-24T03:10:00.Z", -1},
        {"2026-11-24T03:10:00Zx", -1},
        {"1969-01-01T00:00:00Z", -1},
        {"", -1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t ns = -1;
        bool ok = kube_moment_parse(rows[i].text, strlen(rows[i].text), &ns);
        if (ok != (rows[i].want >= 0) || ns != rows[i].want)
            fail_msg("%s: got %lld, want %lld", rows[i].text, (long long)ns,
                     (long long)rows[i].want);
    }
}

/* openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=x, with dates set. */
static const char certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBbjCCAROgAwIBAgIUdcEydgwQdOWxq0LjfUywmZe+iP8wCgYIKoZIzj0EAwIw\n"
    "DDEKMAgGA1UEAwwBeDAeFw0yNjExMjQyMDI2MjVaFw00ODEwMTkyMDI2MjVaMAwx\n"
    "CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS9RtzyiK+hglHs\n"
    "OxDoIlIlljF3OvRUyADejI7ixgU93RAMeIuvFN96DvAPt6iSv4k5SgQdtUSEMoS1\n"
    "ePV0SSk8o1MwUTAdBgNVHQ4EFgQUuvZRwvMPAE0F0DJRf0/2B6LC7xMwHwYDVR0j\n"
    "BBgwFoAUuvZRwvMPAE0F0DJRf0/2B6LC7xMwDwYDVR0TAQH/BAUwAwEB/zAKBggq\n"
    "hkjOPQQDAgNJADBGAiEAl06w3+gxFjIy59208WCDizQmJNldMn5abcKMmzJ+dFQC\n"
    "IQCdcuEX2wgKJ9j5KDYhGF+Cjh6u+UYkncP6qmdHU8s1Qw==\n"
    "-----END CERTIFICATE-----\n";

static void a_certificate_tells_its_end(void **state)
{
    (void)state;
    int64_t end = 0;
    assert_true(kube_certificate_end(certificate, &end));
    assert_int_equal(end, INT64_C(2486751985));
    assert_false(
        kube_certificate_end("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", &end));
    assert_false(kube_certificate_end("no certificate", &end));
    assert_false(kube_certificate_end("-----BEGIN CERTIFICATE-----", &end));
}

static void secrets_are_hidden_and_words_are_not(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"things \"a\" not found", "things \"a\" not found"},
        {"Authorization: Bearer abc.def", "Authorization: Bearer [hidden]"},
        {"Authorization: abc", "Authorization: [hidden]"},
        {"Bearer token is missing", "Bearer token is missing"},
        {"{\"token\": \"abc\"}", "{\"token\": \"[hidden]\"}"},
        {"password=abc rest", "password=[hidden] rest"},
        {"x eyJhbGciOi.J9 y", "x [hidden] y"},
        {"a A7AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA b", "a [hidden] b"},
        {"a 0123456789abcdef0123456789abcdef b", "a [hidden] b"},
        {"secrets \"db-secret\" not found", "secrets \"db-secret\" not found"},
        {"spec.token: Invalid value", "spec.token: Invalid value"},
        {"pods \"experiment-of-the-cars-with-a-long-name-x7k2p-9z\" not found",
         "pods \"experiment-of-the-cars-with-a-long-name-x7k2p-9z\" not found"},
        {"requiredDuringSchedulingIgnoredDuringExecution: Required value",
         "requiredDuringSchedulingIgnoredDuringExecution: Required value"},
        {"admission webhook \"validator.experiment.katib.kubeflow.org\" denied the request: no",
         "admission webhook \"validator.experiment.katib.kubeflow.org\" denied the request: no"},
        {"cannot get resource \"experiments\" in API group \"kubeflow.org\"",
         "cannot get resource \"experiments\" in API group \"kubeflow.org\""},
        {"a\n\tb  c\n", "a b c"},
        {"a\x1b[31mb", "a\\x1b[31mb"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_free char *shown = kube_secret_hide(rows[i].text, 200);
        assert_string_equal(shown, rows[i].want);
    }
    auto_free char *end = kube_secret_hide("a long text whose end counts", 10);
    assert_string_equal(end, "end counts");
}

static void proxies_follow_the_rules_of_go(void **state)
{
    (void)state;
    static const struct {
        const char *list, *host, *port;
        bool want;
    } rows[] = {
        {"*", "h", "443", true},
        {"example.org", "example.org", "443", true},
        {"example.org", "a.example.org", "443", true},
        {"example.org", "anexample.org", "443", false},
        {".example.org", "example.org", "443", false},
        {".example.org", "a.example.org", "443", true},
        {"*.example.org", "a.example.org", "443", true},
        {"a, B.org ,c", "b.org", "443", true},
        {"b.org:6443", "b.org", "6443", true},
        {"b.org:6443", "b.org", "443", false},
        {"10.0.0.0/8", "10.9.8.7", "443", true},
        {"10.0.0.0/8", "11.9.8.7", "443", false},
        {"10.0.0.0/33", "10.9.8.7", "443", false},
        {"10.1.2.3", "10.1.2.3", "443", true},
        {"10.1.2.3:80", "10.1.2.3", "443", false},
        {"fd00::/8", "fd00::1", "443", true},
        {"[fd00::1]:443", "fd00::1", "443", true},
        {"[fd00::1]:80", "fd00::1", "443", false},
        {"", "h", "443", false},
        {",,", "h", "443", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (kube_proxy_excepts(rows[i].list, rows[i].host, rows[i].port) != rows[i].want)
            fail_msg("NO_PROXY=%s, %s:%s: want %d", rows[i].list, rows[i].host, rows[i].port,
                     rows[i].want);
    setenv("HTTPS_PROXY", "http://p:1", 1);
    setenv("NO_PROXY", "inner", 1);
    assert_string_equal(kube_proxy_for("https://outer:6443/x"), "http://p:1");
    assert_string_equal(kube_proxy_for("https://inner"), "");
    assert_string_equal(kube_proxy_for("https://127.0.0.1:6443"), "");
    assert_string_equal(kube_proxy_for("https://[::1]:6443"), "");
    assert_string_equal(kube_proxy_for("https://localhost"), "");
    assert_string_equal(kube_proxy_for("http://outer"), "");
}

static void paths_are_escaped(void **state)
{
    (void)state;
    auto_free char *path = kube_path("/apis/batch/v1", "team", "jobs", "a/b", "status");
    assert_string_equal(path, "/apis/batch/v1/namespaces/team/jobs/a%2Fb/status");
    auto_free char *all = kube_path("/api/v1", NULL, "nodes", NULL, NULL);
    assert_string_equal(all, "/api/v1/nodes");
    auto_free char *query = kube_path_query(
        all, (const char *[]){"labelSelector", "a=b,c", "limit", NULL, "x", "1", NULL});
    assert_string_equal(query, "/api/v1/nodes?labelSelector=a%3Db%2Cc&x=1");
    auto_free char *more = kube_path_query(query, (const char *[]){"y", "2", NULL});
    assert_string_equal(more, "/api/v1/nodes?labelSelector=a%3Db%2Cc&x=1&y=2");
}

struct collected {
    char text[256];
    int stop_after;
};

static bool collect(void *self, const char *line, size_t length, bool whole)
{
    struct collected *collected = self;
    size_t used = strlen(collected->text);
    snprintf(collected->text + used, sizeof(collected->text) - used, "%.*s%s", (int)length, line,
             whole ? "|" : "+");
    return --collected->stop_after != 0;
}

static void pieces_become_lines_however_they_are_cut(void **state)
{
    (void)state;
    static const char input[] = "one\n\nthree is long\nfour";
    for (size_t piece = 1; piece < sizeof(input); piece++) {
        struct collected collected = {0};
        CLEANUP(kube_lines_fini) struct kube_lines lines = kube_lines_init(6, collect, &collected);
        for (size_t at = 0; at < sizeof(input) - 1; at += piece) {
            size_t left = sizeof(input) - 1 - at;
            assert_true(kube_lines_add(&lines, input + at, left < piece ? left : piece));
        }
        assert_true(kube_lines_end(&lines));
        assert_string_equal(collected.text, "one||three +is lon+g|four|");
    }
    struct collected once = {.stop_after = 1};
    CLEANUP(kube_lines_fini) struct kube_lines lines = kube_lines_init(6, collect, &once);
    assert_false(kube_lines_add(&lines, "a\nb\n", 4));
    assert_string_equal(once.text, "a|");
}

static void statuses_become_errors(void **state)
{
    (void)state;
    struct kube_status status;
    struct nbt_error err = NBT_ERROR_INIT;
    kube_status_read(&status, 422,
                     "{\"kind\":\"Status\",\"reason\":\"Invalid\",\"message\":\"x is invalid\","
                     "\"details\":{\"retryAfterSeconds\":3,\"causes\":[{\"field\":\"spec.a[0]\","
                     "\"message\":\"Required\"}]}}");
    assert_int_equal(status.retry_after_s, 3);
    assert_int_equal(kube_status_error(&status, "POST /x", &err), NBT_EINVAL);
    assert_string_equal(err.path, "spec.a[0]");
    assert_string_equal(err.text, "POST /x: the server finds it invalid (422 Invalid): x is "
                                  "invalid; spec.a[0]: Required");
    kube_status_read(&status, 500, "<html>\x1b[2J nothing</html>");
    nbt_error_clear(&err);
    assert_int_equal(kube_status_error(&status, "GET /x", &err), NBT_EIO);
    assert_non_null(strstr(err.text, "not Kubernetes, but: <html>\\x1b[2J nothing</html>"));
    kube_status_read(&status, 410, NULL);
    assert_true(kube_status_is_gone(&status));
    kube_status_read(&status, 503, "{\"kind\":\"Status\",\"details\":{\"retryAfterSeconds\":-5}}");
    assert_int_equal(status.retry_after_s, -1);
    kube_status_read(&status, 503,
                     "{\"kind\":\"Status\",\"details\":{\"retryAfterSeconds\":999999999}}");
    assert_int_equal(status.retry_after_s, 86400);
}

static void pauses_grow_and_vary(void **state)
{
    (void)state;
    for (int attempt = 0; attempt < 40; attempt++) {
        int most = 100;
        for (int i = 1; i < attempt && most < 5000; i++)
            most *= 2;
        most = most > 5000 ? 5000 : most;
        int delay = kube_backoff_ms(attempt, 100, 5000);
        assert_in_range(delay, most / 2, most);
    }
}

static void credentials_are_read_for_their_version_alone(void **state)
{
    (void)state;
    static const char version[] = "client.authentication.k8s.io/v1";
    static const char text[] =
        "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
        "\"status\":{\"token\":\"abc\",\"expirationTimestamp\":\"2026-11-24T03:10:00Z\"}}";
    struct kube_credential credential = {0};
    struct nbt_error err = NBT_ERROR_INIT;
    assert_int_equal(kube_credential_parse(&credential, text, strlen(text), version, &err), 0);
    assert_string_equal(credential.token, "abc");
    assert_int_equal(credential.ends_s, 1795489800);
    kube_credential_fini(&credential);
    assert_int_equal(kube_credential_parse(&credential, text, strlen(text), "other", &err),
                     NBT_EUNSUPPORTED);
    assert_null(credential.token);
}

static json_t *object(const char *name, const char *uid, const char *version)
{
    return json_pack("{s:{s:s, s:s, s:s, s:s}}", "metadata", "namespace", "team", "name", name,
                     "uid", uid, "resourceVersion", version);
}

static void put(struct kube_known *known, const char *name, const char *uid, const char *version,
                enum kube_change want)
{
    auto_free char *old = NULL;
    auto_json json_t *thing = object(name, uid, version);
    assert_int_equal(kube_known_put(known, thing, &old), want);
    assert_int_equal(old != NULL, want == KUBE_REPLACED);
}

static void note(void *self, const char *key, const char *uid)
{
    char *text = self;
    size_t used = strlen(text);
    snprintf(text + used, 128 - used, "%s %s;", key, uid);
}

static void lists_tell_what_changed_meanwhile(void **state)
{
    (void)state;
    CLEANUP(kube_known_fini) struct kube_known known;
    char gone[128] = "";
    assert_int_equal(kube_known_init(&known), 0);
    put(&known, "a", "1", "1", KUBE_ADDED);
    put(&known, "b", "2", "1", KUBE_ADDED);
    put(&known, "c", "3", "1", KUBE_ADDED);
    put(&known, "a", "1", "1", KUBE_SAME);
    put(&known, "a", "1", "2", KUBE_MODIFIED);

    /* A list that breaks off forgets nothing. */
    assert_int_equal(kube_known_begin(&known), 0);
    put(&known, "a", "1", "3", KUBE_MODIFIED);
    assert_int_equal(kube_known_abandon(&known), 0);
    assert_int_equal(kube_known_count(&known), 3);
    put(&known, "b", "2", "1", KUBE_SAME);

    assert_int_equal(kube_known_begin(&known), 0);
    put(&known, "a", "1", "3", KUBE_SAME);
    put(&known, "c", "4", "9", KUBE_REPLACED);
    put(&known, "d", "5", "9", KUBE_ADDED);
    assert_int_equal(kube_known_finish(&known, note, gone), 0);
    assert_string_equal(gone, "team/b 2;");
    assert_int_equal(kube_known_count(&known), 3);

    auto_json json_t *tombstone = kube_tombstone("team/b", "2", "v1", "Thing");
    auto_free char *text = json_dumps(tombstone, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, "{\"apiVersion\":\"v1\",\"kind\":\"Thing\",\"metadata\":{\"name\":"
                              "\"b\",\"namespace\":\"team\",\"uid\":\"2\"}}");
}

#define SECOND INT64_C(1000000000)

/* Lines of a file, cut after every number of them and followed anew: each is had once. */
static void a_log_is_found_again_wherever_it_was_cut(void **state)
{
    (void)state;
    static const int64_t file[] = {5 * SECOND + 1, 5 * SECOND + 7, 5 * SECOND + 7, 5 * SECOND + 3,
                                   6 * SECOND,     5 * SECOND + 9, 6 * SECOND + 2, 6 * SECOND + 2,
                                   8 * SECOND + 1, 7 * SECOND,     8 * SECOND + 1};
    for (size_t first = 0; first <= COUNT_OF(file); first++)
        for (size_t second = first; second <= COUNT_OF(file); second++) {
            struct kube_log_place place = {0};
            const size_t cuts[] = {first, second, COUNT_OF(file)};
            size_t had = 0;
            for (size_t i = 0; i < COUNT_OF(cuts); i++) {
                int64_t since = kube_log_place_seek(&place);
                for (size_t line = 0; line < cuts[i]; line++) {
                    if (file[line] < since || !kube_log_place_begin(&place, file[line]))
                        continue;
                    assert_int_equal(kube_log_place_pass(&place, file[line], 10, true), 0);
                    assert_int_equal(file[line], file[had]);
                    had++;
                }
                assert_int_equal(had, cuts[i]);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_is_found_again_wherever_it_was_cut),
        cmocka_unit_test(moments_are_read_to_the_nanosecond),
        cmocka_unit_test(a_certificate_tells_its_end),
        cmocka_unit_test(secrets_are_hidden_and_words_are_not),
        cmocka_unit_test(proxies_follow_the_rules_of_go),
        cmocka_unit_test(paths_are_escaped),
        cmocka_unit_test(pieces_become_lines_however_they_are_cut),
        cmocka_unit_test(statuses_become_errors),
        cmocka_unit_test(pauses_grow_and_vary),
        cmocka_unit_test(credentials_are_read_for_their_version_alone),
        cmocka_unit_test(lists_tell_what_changed_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
