/* A request as the program makes them, by the libcurl of scripts/portable: every argument is NAME=VALUE. `url=` is asked for; `ca=`,
 * `cert=` and `key=` name PEM files, and as=blob hands over what is in them; `proxy=` is a proxy. It prints the answer's status and
 * body, or on stderr what went wrong. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int argc_of;
static char **argv_of;

static const char *argument(const char *name)
{
    size_t n = strlen(name);
    int i;

    for (i = 1; i < argc_of; i++)
        if (strncmp(argv_of[i], name, n) == 0 && argv_of[i][n] == '=')
            return argv_of[i] + n + 1;
    return NULL;
}

static struct curl_blob whole(const char *path)
{
    static char bytes[3][65536];
    static int used;
    struct curl_blob blob = {.data = bytes[used++], .flags = CURL_BLOB_NOCOPY};
    FILE *file = fopen(path, "rb");

    if (!file) {
        perror(path);
        exit(2);
    }
    blob.len = fread(blob.data, 1, sizeof(bytes[0]), file);
    fclose(file);
    return blob;
}

static void give(CURL *curl, const char *name, CURLoption file, CURLoption blob)
{
    const char *path = argument(name), *as = argument("as");

    if (!path)
        return;
    if (as && strcmp(as, "blob") == 0) {
        struct curl_blob bytes = whole(path);
        curl_easy_setopt(curl, blob, &bytes);
    } else {
        curl_easy_setopt(curl, file, path);
    }
}

int main(int argc, char **argv)
{
    char said[CURL_ERROR_SIZE] = "";
    long status = 0;
    CURLcode code;
    CURL *curl;

    argc_of = argc;
    argv_of = argv;
    if (argument("version")) {
        puts(curl_version());
        return 0;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, argument("url"));
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, said);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    if (argument("proxy"))
        curl_easy_setopt(curl, CURLOPT_PROXY, argument("proxy"));
    give(curl, "ca", CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB);
    give(curl, "cert", CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB);
    give(curl, "key", CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK)
        printf("\n%ld\n", status);
    else
        fprintf(stderr, "%s: %s\n", curl_easy_strerror(code), said);
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    return code == CURLE_OK ? 0 : 1;
}
