#include "engine/katib/kube/log_place.h"

#define SECOND_NS INT64_C(1000000000)

static int64_t second_of(int64_t ns)
{
    return ns - ns % SECOND_NS;
}

int64_t kube_log_place_seek(struct kube_log_place *place)
{
    place->seeking = place->last_ns > 0;
    place->since_ns = place->seeking ? second_of(place->last_ns) - SECOND_NS : 0;
    place->skip_lines = place->before + place->now;
    place->skip_bytes = place->told;
    place->told = 0;
    return place->since_ns;
}

static bool was_had(struct kube_log_place *place, int64_t ns)
{
    if (ns > place->last_ns) { /* a rotated log may have fewer lines than there were */
        place->seeking = false;
        place->skip_bytes = 0;
        return false;
    }
    if (ns < place->first_ns || ns < place->since_ns)
        return true;
    if (place->skip_lines == 0)
        return false;
    place->skip_lines--;
    return true;
}

bool kube_log_place_begin(struct kube_log_place *place, int64_t ns)
{
    if (place->seeking && was_had(place, ns))
        return false;
    if (place->first_ns == 0 || ns < place->first_ns)
        place->first_ns = ns;
    if (second_of(ns) > second_of(place->last_ns)) {
        bool next = second_of(ns) == second_of(place->last_ns) + SECOND_NS;
        place->before = next ? place->now : 0;
        place->now = 0;
    }
    if (ns > place->last_ns)
        place->last_ns = ns;
    return true;
}

size_t kube_log_place_pass(struct kube_log_place *place, int64_t ns, size_t length, bool whole)
{
    size_t had = length < place->skip_bytes ? length : place->skip_bytes;
    place->skip_bytes = whole ? 0 : place->skip_bytes - had;
    place->told = whole ? 0 : place->told + length;
    int64_t second = second_of(place->last_ns);
    place->now += whole && ns >= second;
    place->before += whole && ns < second && ns >= second - SECOND_NS;
    return had;
}
