#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nbtags/edit.h"
#include "nbtags/scan.h"

struct member {
    struct nbt_span key, value;
    const struct nbt_key_change *change; /* NULL: stays */
};

struct object {
    struct nbt_plan *plan;
    const char *text;
    struct nbt_span span;
    struct member *members;
    size_t n;
    struct nbt_layout layout; /* of a member's value: its indent is the member's */
    const char *closing;      /* an empty object's: the indent of its closing brace */
    size_t closing_length;
    struct nbt_error *err;
};

static size_t end_of(struct nbt_span span)
{
    return span.offset + span.length;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The white space before `offset`. */
static struct nbt_span blanks_before(const char *text, size_t offset, size_t limit)
{
    size_t start = offset;
    while (start > limit && is_blank(text[start - 1]))
        start--;
    return (struct nbt_span){start, offset - start};
}

static int read_members(struct object *object)
{
    struct nbt_scan scan = nbt_scan_within(object->text, object->span);
    struct member member = {0};
    bool first = true;
    int more;
    while ((more = nbt_scan_member(&scan, &first, &member.key, object->err)) > 0) {
        int rc = nbt_scan_value(&scan, &member.value, object->err);
        if (rc < 0)
            return rc;
        struct member *larger = realloc(object->members, (object->n + 1) * sizeof *larger);
        if (!larger)
            return nbt_error_set(object->err, NBT_ENOMEM, "no memory for an edit");
        object->members = larger;
        larger[object->n++] = member;
    }
    return more;
}

/* The line end before a member, and what stands between it and the member: how the object is laid
 * out. */
static bool split_lead(const char *text, struct nbt_span lead, const char **ret_newline,
                       struct nbt_span *ret_indent)
{
    const char *last = lead.length ? memrchr(text + lead.offset, '\n', lead.length) : NULL;
    if (!last)
        return false;
    size_t after = (size_t)(last - text) + 1;
    *ret_newline = last > text + lead.offset && last[-1] == '\r' ? "\r\n" : "\n";
    *ret_indent = (struct nbt_span){after, end_of(lead) - after};
    return true;
}

/* One level of the document: how its first member is indented. False when it is written on one
 * line. */
static bool document_layout(struct object *object)
{
    const struct nbt_plan *plan = object->plan;
    struct nbt_layout *layout = &object->layout;
    struct nbt_scan scan = nbt_scan_document("", plan->text, plan->size);
    struct nbt_span key, unit;
    bool first = true;
    *layout = (struct nbt_layout){.unit = " ", .unit_length = 1};
    if (nbt_scan_member(&scan, &first, &key, NULL) <= 0)
        return false;
    if (!split_lead(plan->text, blanks_before(plan->text, key.offset, 0), &layout->newline,
                    &unit)) {
        layout->tight = !is_blank(plan->text[scan.at]);
        return false;
    }
    layout->unit = plan->text + unit.offset;
    layout->unit_length = unit.length;
    return true;
}

/* An empty object's members will stand one level below the line that it is on. */
static int indent_below(struct object *object)
{
    const char *text = object->text;
    size_t line = object->span.offset;
    while (line > 0 && text[line - 1] != '\n')
        line--;
    size_t end = line;
    while (text[end] == ' ' || text[end] == '\t')
        end++;
    object->closing = text + line;
    object->closing_length = end - line;
    char *indent = malloc(end - line + object->layout.unit_length + 1);
    if (!indent)
        return nbt_error_set(object->err, NBT_ENOMEM, "no memory for an edit");
    char *to = mempcpy(indent, text + line, end - line);
    memcpy(to, object->layout.unit, object->layout.unit_length);
    object->layout.indent = indent;
    object->layout.indent_length = end - line + object->layout.unit_length;
    return 0;
}

static bool is_tight(const struct object *object)
{
    const struct member *first = &object->members[0];
    return object->n > 0 && object->text[first->value.offset - 1] == ':';
}

/* Follows the object's own last member, else the document. The indent is a copy. */
static int find_layout(struct object *object)
{
    bool pretty = document_layout(object);
    if (object->n == 0)
        return pretty ? indent_below(object) : 0;
    const char *newline;
    struct nbt_span indent;
    size_t key = object->members[object->n - 1].key.offset;
    if (!split_lead(object->text, blanks_before(object->text, key, object->span.offset), &newline,
                    &indent)) {
        object->layout = (struct nbt_layout){.tight = is_tight(object)};
        return 0;
    }
    object->layout.newline = newline;
    object->layout.indent = strndup(object->text + indent.offset, indent.length);
    object->layout.indent_length = indent.length;
    if (!object->layout.indent)
        return nbt_error_set(object->err, NBT_ENOMEM, "no memory for an edit");
    return 0;
}

/* A list or object that was on one line stays on one. */
static struct nbt_layout layout_for(const struct object *object, struct nbt_span old)
{
    const char *text = object->text + old.offset;
    bool filled = old.length > 2 && (*text == '[' || *text == '{');
    if (!filled || memchr(text, '\n', old.length))
        return object->layout;
    return (struct nbt_layout){.tight = object->layout.tight};
}

static int plan_text(struct object *object, struct nbt_span span, FILE *out, char **text,
                     size_t *length)
{
    bool failed = ferror(out) != 0;
    failed |= fclose(out) != 0;
    if (failed) {
        free(*text);
        return nbt_error_set(object->err, NBT_ENOMEM, "no memory for an edit");
    }
    return nbt_plan_replace(object->plan, span, *text, *length, object->err);
}

static int plan_value(struct object *object, const struct member *member)
{
    char *text = NULL;
    size_t length = 0;
    struct nbt_layout layout = layout_for(object, member->value);
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return nbt_error_set(object->err, NBT_ENOMEM, "no memory for an edit");
    nbt_json_value(out, &layout, member->change->value, 0);
    return plan_text(object, member->value, out, &text, &length);
}

static int plan_removal(struct object *object, size_t from, size_t to)
{
    return nbt_plan_replace(object->plan, (struct nbt_span){from, to - from}, strdup(""), 0,
                            object->err);
}

static bool is_removed(const struct member *member)
{
    return member->change && !member->change->value;
}

/* Removes members with one comma each: the leading ones with the comma behind them, the others with
 * the one before. */
static int plan_members(struct object *object)
{
    size_t leading = 0;
    while (leading < object->n && is_removed(&object->members[leading]))
        leading++;
    if (leading == object->n)
        return 0;
    int rc = leading ? plan_removal(object, object->members[0].key.offset,
                                    object->members[leading].key.offset)
                     : 0;
    for (size_t i = leading; rc == 0 && i < object->n; i++) {
        const struct member *member = &object->members[i];
        if (is_removed(member))
            rc = plan_removal(object, end_of(object->members[i - 1].value), end_of(member->value));
        else if (member->change)
            rc = plan_value(object, member);
    }
    return rc;
}

static void write_added(struct object *object, FILE *out, const struct nbt_key_change *change,
                        bool first)
{
    const struct nbt_layout *layout = &object->layout;
    if (!first)
        fputs(layout->newline || layout->tight ? "," : ", ", out);
    nbt_json_indent(out, layout, 0);
    fputc('"', out);
    nbt_json_string(out, change->key, strlen(change->key));
    fputs(layout->tight ? "\":" : "\": ", out);
    nbt_json_value(out, layout, change->value, 0);
}

static bool is_member(const struct object *object, const struct nbt_key_change *change)
{
    for (size_t i = 0; i < object->n; i++) {
        if (object->members[i].change == change)
            return true;
    }
    return false;
}

static size_t write_all_added(struct object *object, FILE *out,
                              const struct nbt_key_change *changes, size_t n, bool first)
{
    size_t added = 0;
    for (size_t i = 0; i < n; i++) {
        if (!changes[i].value || is_member(object, &changes[i]))
            continue;
        write_added(object, out, &changes[i], first);
        first = false;
        added++;
    }
    return added;
}

/* Nothing of the old members is left: the braces get a new inside. */
static struct nbt_span inside(const struct object *object)
{
    return (struct nbt_span){object->span.offset + 1, object->span.length - 2};
}

static bool all_removed(const struct object *object)
{
    for (size_t i = 0; i < object->n; i++) {
        if (!is_removed(&object->members[i]))
            return false;
    }
    return true;
}

/* Where members stood before, the closing brace keeps its place. */
static void write_closing(const struct object *object, FILE *out)
{
    if (object->n > 0) {
        size_t brace = end_of(object->span) - 1;
        struct nbt_span blanks = blanks_before(object->text, brace, object->span.offset + 1);
        fwrite(object->text + blanks.offset, 1, blanks.length, out);
    } else if (object->layout.newline) {
        fputs(object->layout.newline, out);
        fwrite(object->closing, 1, object->closing_length, out);
    }
}

static int plan_added(struct object *object, const struct nbt_key_change *changes, size_t n)
{
    char *text = NULL;
    size_t length = 0;
    bool empty = all_removed(object);
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return nbt_error_set(object->err, NBT_ENOMEM, "no memory for an edit");
    size_t added = write_all_added(object, out, changes, n, empty);
    if (empty && added > 0)
        write_closing(object, out);
    struct nbt_span place = inside(object);
    if (!empty)
        place = (struct nbt_span){end_of(object->members[object->n - 1].value), 0};
    /* An empty object that stays empty keeps its bytes. */
    if (added == 0 && (!empty || object->n == 0)) {
        fclose(out);
        free(text);
        return 0;
    }
    return plan_text(object, place, out, &text, &length);
}

/* A key that stands twice is set where it counts, at its last place, and removed at all. */
static void match(struct object *object, const struct nbt_key_change *changes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = object->n; k-- > 0;) {
            if (!nbt_scan_is(object->text, object->members[k].key, changes[i].key))
                continue;
            object->members[k].change = &changes[i];
            if (changes[i].value)
                break;
        }
    }
}

int nbt_plan_object(struct nbt_plan *plan, struct nbt_span span,
                    const struct nbt_key_change *changes, size_t n, struct nbt_error *err)
{
    struct object object = {.plan = plan, .text = plan->text, .span = span, .err = err};
    int rc = read_members(&object);
    if (rc == 0)
        rc = find_layout(&object);
    if (rc == 0) {
        match(&object, changes, n);
        rc = plan_members(&object);
    }
    if (rc == 0)
        rc = plan_added(&object, changes, n);
    free(object.members);
    /* The layout's indent is this object's own copy. */
    free((char *)(uintptr_t)object.layout.indent);
    return rc;
}
