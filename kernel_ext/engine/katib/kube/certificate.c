#include "engine/katib/kube/certificate.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/moment.h"
#include "engine/katib/kube/secret.h"

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END   "-----END CERTIFICATE-----"

enum { TAG_UTC_TIME = 0x17, TAG_TIME = 0x18, TAG_SEQUENCE = 0x30, TAG_VERSION = 0xA0 };

struct der {
    const unsigned char *at;
    size_t left;
};

/* The next element's tag and contents, or false. */
static bool next(struct der *from, int *ret_tag, struct der *ret_contents)
{
    if (from->left < 2)
        return false;
    int tag = from->at[0];
    size_t header = 2, length = from->at[1];
    if (length & 0x80) {
        size_t count = length & 0x7F;
        if (count == 0 || count > 4 || from->left < 2 + count)
            return false;
        length = 0;
        for (size_t i = 0; i < count; i++)
            length = length << 8 | from->at[2 + i];
        header += count;
    }
    if (length > from->left - header)
        return false;
    *ret_tag = tag;
    *ret_contents = (struct der){from->at + header, length};
    from->at += header + length;
    from->left -= header + length;
    return true;
}

static bool enter(struct der *from, int tag, struct der *ret_contents)
{
    int found;
    return next(from, &found, ret_contents) && found == tag;
}

static bool skip(struct der *from)
{
    int tag;
    struct der contents;
    return next(from, &tag, &contents);
}

/* UTCTime "YYMMDDHHMMSSZ" stands for 1950 to 2049, GeneralizedTime has four digits of the year. */
static bool time_of(int tag, struct der text, int64_t *ret_seconds)
{
    int part[7] = {0};
    size_t digits = tag == TAG_TIME ? 14 : 12;
    if ((tag != TAG_TIME && tag != TAG_UTC_TIME) || text.left != digits + 1 ||
        text.at[digits] != 'Z')
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        size_t place = tag == TAG_TIME ? i / 2 : i / 2 + 1;
        part[place] = 10 * part[place] + (text.at[i] - '0');
    }
    int year = tag == TAG_TIME ? 100 * part[0] + part[1] : part[1] + (part[1] < 50 ? 2000 : 1900);
    if (part[2] < 1 || part[2] > 12 || part[3] < 1 || part[3] > 31)
        return false;
    *ret_seconds = kube_moment_seconds(year, part[2], part[3], part[4], part[5], part[6]);
    return true;
}

bool kube_certificate_end_der(const unsigned char *der, size_t length, int64_t *ret_seconds)
{
    struct der file = {der, length}, certificate, body, validity, end;
    int tag;
    if (!enter(&file, TAG_SEQUENCE, &certificate) || !enter(&certificate, TAG_SEQUENCE, &body))
        return false;
    if (body.left && body.at[0] == TAG_VERSION && !skip(&body))
        return false;
    /* serialNumber, signature, issuer */
    if (!skip(&body) || !skip(&body) || !skip(&body) || !enter(&body, TAG_SEQUENCE, &validity))
        return false;
    return skip(&validity) && next(&validity, &tag, &end) && time_of(tag, end, ret_seconds);
}

bool kube_certificate_end(const char *pem, int64_t *ret_seconds)
{
    const char *begin = strstr(pem, BEGIN);
    const char *end = begin ? strstr(begin, END) : NULL;
    if (!end)
        return false;
    begin += strlen(BEGIN);
    size_t length = 0;
    auto_free char *base64 = strndup(begin, (size_t)(end - begin));
    auto_free char *der = base64 ? kube_secret_decode(base64, &length) : NULL;
    return der && kube_certificate_end_der((const unsigned char *)der, length, ret_seconds);
}
