#include "trial/outputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "trial/clipped.h"
#include "trial/json_text.h"

const struct outputs_limits outputs_default_limits = {
    .stream = (size_t)1 << 20,
    .display = (size_t)16 << 20,
    .count = 5000,
    .total = (size_t)128 << 20,
};

enum kind { STREAM, DISPLAY, RESULT, FAILURE };

struct output {
    enum kind kind;
    char *id;            /* a display's id, or NULL; never stored */
    char name[16];       /* of a stream */
    struct clipped text; /* of a stream */
    json_t *content;     /* of the others: what is stored besides output_type */
    size_t size;         /* bytes counted for it */
};

struct cell {
    struct output *items;
    size_t count, capacity;
    char *parent;    /* msg_id of the request, NULL until its first message */
    size_t left_out; /* outputs that a limit kept out */
    bool clear_next; /* clear_output(wait=True) waits for the next output */
    bool changed;
};

struct outputs {
    struct cell *cells;
    size_t n_cells, current;
    struct outputs_limits limits;
    size_t total, n_ids;
    bool failed;
};

struct outputs *outputs_new(size_t n_cells, const struct outputs_limits *limits)
{
    struct outputs *outputs = calloc(1, sizeof *outputs);
    if (outputs == NULL)
        return NULL;
    outputs->cells = calloc(n_cells > 0 ? n_cells : 1, sizeof *outputs->cells);
    outputs->n_cells = n_cells;
    outputs->limits = *limits;
    if (outputs->cells == NULL) {
        free(outputs);
        return NULL;
    }
    return outputs;
}

static void clear(struct outputs *outputs, struct cell *cell)
{
    for (size_t i = 0; i < cell->count; i++) {
        struct output *item = &cell->items[i];
        outputs->total -= item->size;
        outputs->n_ids -= item->id != NULL;
        free(item->id);
        json_decref(item->content);
        clipped_fini(&item->text);
    }
    cell->count = 0;
    cell->left_out = 0;
    cell->clear_next = false;
    cell->changed = true;
}

void outputs_free(struct outputs *outputs)
{
    if (outputs == NULL)
        return;
    for (size_t i = 0; i < outputs->n_cells; i++) {
        clear(outputs, &outputs->cells[i]);
        free(outputs->cells[i].items);
        free(outputs->cells[i].parent);
    }
    free(outputs->cells);
    free(outputs);
}

void outputs_begin(struct outputs *outputs, size_t cell)
{
    outputs->current = cell;
    clear(outputs, &outputs->cells[cell]);
    free(TAKE(outputs->cells[cell].parent));
}

/* Late output of an earlier request goes to the cell that made it; the newest cells are asked
 * first. */
static size_t cell_of(struct outputs *outputs, const char *parent)
{
    struct cell *current = &outputs->cells[outputs->current];
    if (parent[0] == '\0')
        return outputs->current;
    for (size_t i = outputs->n_cells; i-- > 0;)
        if (outputs->cells[i].parent != NULL && strcmp(outputs->cells[i].parent, parent) == 0)
            return i;
    if (current->parent == NULL)
        current->parent = strdup(parent);
    return outputs->current;
}

/* How much memory a value takes, near enough to bound it. */
static size_t weight(const json_t *value)
{
    size_t sum = 16, i;
    const char *key;
    const json_t *item;
    if (json_is_string(value))
        return sum + json_string_length(value);
    if (json_is_array(value)) {
        json_array_foreach(value, i, item) sum += weight(item);
    } else if (json_is_object(value)) {
        json_object_foreach((json_t *)value, key, item) sum += 64 + weight(item);
    }
    return sum;
}

/* A place for one more output that takes `size` bytes; NULL when a limit or memory forbids it. */
static struct output *append(struct outputs *outputs, struct cell *cell, enum kind kind,
                             size_t size)
{
    cell->changed = true;
    if (cell->clear_next)
        clear(outputs, cell);
    if (cell->count >= outputs->limits.count || outputs->total + size > outputs->limits.total) {
        cell->left_out++;
        return NULL;
    }
    if (cell->count == cell->capacity) {
        size_t capacity = cell->capacity == 0 ? 4 : 2 * cell->capacity;
        struct output *items = realloc(cell->items, capacity * sizeof *items);
        if (items == NULL) {
            outputs->failed = true;
            return NULL;
        }
        cell->items = items;
        cell->capacity = capacity;
    }
    struct output *item = &cell->items[cell->count++];
    *item = (struct output){.kind = kind, .size = size};
    outputs->total += size;
    return item;
}

static void add_stream(struct outputs *outputs, struct cell *cell, const char *name,
                       const char *text, size_t length)
{
    struct output *last =
        cell->count > 0 && !cell->clear_next ? &cell->items[cell->count - 1] : NULL;
    if (length == 0)
        return;
    if (last == NULL || last->kind != STREAM || strcmp(last->name, name) != 0) {
        last = append(outputs, cell, STREAM, 0);
        if (last == NULL)
            return;
        snprintf(last->name, sizeof last->name, "%s", name);
        last->text = clipped_init(outputs->limits.stream);
    }
    cell->changed = true;
    outputs->total -= last->size;
    if (outputs->total + clipped_kept(&last->text) + length <= outputs->limits.total ||
        last->text.removed > 0)
        clipped_add(&last->text, text, length);
    else
        cell->left_out++;
    last->size = clipped_kept(&last->text);
    outputs->total += last->size;
}

/* The members of `content` that nbformat has for this kind of output. */
static json_t *stored(enum kind kind, const json_t *content)
{
    static const char *const members[][4] = {
        [DISPLAY] = {"data", "metadata"},
        [RESULT] = {"data", "metadata", "execution_count"},
        [FAILURE] = {"ename", "evalue", "traceback"},
    };
    json_t *result = json_object();
    for (size_t i = 0; i < 4 && members[kind][i] != NULL; i++) {
        const char *key = members[kind][i];
        json_t *value = json_object_get(content, key);
        bool text = strcmp(key, "ename") == 0 || strcmp(key, "evalue") == 0;
        if (value != NULL)
            json_object_set(result, key, value);
        else if (text)
            json_object_set_new(result, key, json_string(""));
        else if (strcmp(key, "execution_count") == 0)
            json_object_set_new(result, key, json_null());
        else
            json_object_set_new(result, key,
                                strcmp(key, "traceback") == 0 ? json_array() : json_object());
    }
    return result;
}

static json_t *too_large(size_t size)
{
    char text[128];
    snprintf(text, sizeof text, "[nbkatib: an output of %zu bytes was left out]", size);
    return json_pack("{s:{s:s}, s:{}}", "data", "text/plain", text, "metadata");
}

static const char *display_id(const json_t *content)
{
    return json_string_value(json_object_get(json_object_get(content, "transient"), "display_id"));
}

static json_t *limited(const struct outputs *outputs, enum kind kind, const json_t *content,
                       size_t *ret_size)
{
    json_t *result = stored(kind, content);
    size_t size = weight(result);
    if (size > outputs->limits.display && kind != FAILURE) {
        json_t *note = too_large(size);
        json_object_update(result, note);
        json_decref(note);
        size = weight(result);
    }
    *ret_size = size;
    return result;
}

/* Every output that carries the id shows the new data, in whatever cell it stands (messaging,
 * update_display_data). */
static void update(struct outputs *outputs, const json_t *content)
{
    const char *id = display_id(content);
    size_t size;
    if (id == NULL || outputs->n_ids == 0)
        return;
    auto_json json_t *display = limited(outputs, DISPLAY, content, &size);
    for (size_t c = 0; c < outputs->n_cells; c++) {
        struct cell *cell = &outputs->cells[c];
        for (size_t i = 0; i < cell->count; i++) {
            struct output *item = &cell->items[i];
            if (item->id == NULL || strcmp(item->id, id) != 0)
                continue;
            json_object_update(item->content, display);
            outputs->total += size - item->size;
            item->size = size;
            cell->changed = true;
        }
    }
}

static void add_content(struct outputs *outputs, struct cell *cell, enum kind kind,
                        const json_t *content)
{
    const char *id = display_id(content);
    size_t size;
    auto_json json_t *value = limited(outputs, kind, content, &size);
    if (id != NULL)
        update(outputs, content);
    struct output *item = append(outputs, cell, kind, size);
    if (item == NULL)
        return;
    item->content = TAKE(value);
    item->id = id == NULL ? NULL : strdup(id);
    outputs->n_ids += item->id != NULL;
}

static void clear_output(struct outputs *outputs, struct cell *cell, const json_t *content)
{
    if (json_is_true(json_object_get(content, "wait")))
        cell->clear_next = true;
    else
        clear(outputs, cell);
}

size_t outputs_message(struct outputs *outputs, const struct client_message *message)
{
    size_t index = cell_of(outputs, message->parent);
    struct cell *cell = &outputs->cells[index];
    const json_t *content = message->content;
    if (strcmp(message->type, "stream") == 0) {
        const json_t *text = json_object_get(content, "text");
        const char *name = json_string_value(json_object_get(content, "name"));
        if (json_is_string(text))
            add_stream(outputs, cell, name == NULL ? "stdout" : name, json_string_value(text),
                       json_string_length(text));
    } else if (strcmp(message->type, "display_data") == 0) {
        add_content(outputs, cell, DISPLAY, content);
    } else if (strcmp(message->type, "execute_result") == 0) {
        add_content(outputs, cell, RESULT, content);
    } else if (strcmp(message->type, "error") == 0) {
        add_content(outputs, cell, FAILURE, content);
    } else if (strcmp(message->type, "update_display_data") == 0) {
        update(outputs, content);
    } else if (strcmp(message->type, "clear_output") == 0) {
        clear_output(outputs, cell, content);
    }
    return index;
}

void outputs_error(struct outputs *outputs, size_t cell, const char *name, const char *text)
{
    auto_json json_t *content =
        json_pack("{s:s, s:s, s:[s]}", "ename", name, "evalue", text, "traceback", text);
    add_content(outputs, &outputs->cells[cell], FAILURE, content);
}

static bool is_lines(const char *mime)
{
    return strncmp(mime, "text/", 5) == 0 || strcmp(mime, "image/svg+xml") == 0 ||
           strcmp(mime, "application/javascript") == 0;
}

/* A mime bundle; texts become lists of lines, as nbformat writes them. */
static void write_data(struct buf *buf, const json_t *data, const char *unit, int depth)
{
    const char *key, *comma = "";
    json_t *value;
    buf_putc(buf, '{');
    json_object_foreach((json_t *)data, key, value)
    {
        buf_puts(buf, comma);
        comma = unit[0] == '\0' ? ", " : ",";
        json_text_break(buf, unit, depth + 1);
        json_text_string(buf, key, strlen(key));
        buf_puts(buf, ": ");
        if (json_is_string(value) && is_lines(key))
            json_text_lines(buf, json_string_value(value), json_string_length(value), unit,
                            depth + 1);
        else
            json_text_value(buf, value, unit, depth + 1);
    }
    if (comma[0] != '\0')
        json_text_break(buf, unit, depth);
    buf_putc(buf, '}');
}

static void write_member(struct buf *buf, const char *key, const char *unit, int depth)
{
    buf_puts(buf, unit[0] == '\0' ? ", " : ",");
    json_text_break(buf, unit, depth);
    json_text_string(buf, key, strlen(key));
    buf_puts(buf, ": ");
}

static void write_stream(struct buf *buf, const char *name, const char *text, size_t length,
                         const char *unit, int depth)
{
    buf_puts(buf, "\"stream\"");
    write_member(buf, "name", unit, depth);
    json_text_string(buf, name, strlen(name));
    write_member(buf, "text", unit, depth);
    json_text_lines(buf, text, length, unit, depth);
}

static void write_content(struct buf *buf, const struct output *item, const char *unit, int depth)
{
    static const char *const types[] = {
        [DISPLAY] = "\"display_data\"", [RESULT] = "\"execute_result\"", [FAILURE] = "\"error\""};
    const char *key;
    json_t *value;
    buf_puts(buf, types[item->kind]);
    json_object_foreach(item->content, key, value)
    {
        write_member(buf, key, unit, depth);
        if (strcmp(key, "data") == 0 && json_is_object(value))
            write_data(buf, value, unit, depth);
        else
            json_text_value(buf, value, unit, depth);
    }
}

static void write_item(struct buf *buf, const struct output *item, const char *unit, int depth)
{
    buf_putc(buf, '{');
    json_text_break(buf, unit, depth + 1);
    buf_puts(buf, "\"output_type\": ");
    if (item->kind == STREAM) {
        CLEANUP(buf_fini) struct buf text = buf_init(4 * item->text.limit + 1024);
        clipped_write(&item->text, &text);
        write_stream(buf, item->name, buf_text(&text), text.length, unit, depth + 1);
    } else {
        write_content(buf, item, unit, depth + 1);
    }
    json_text_break(buf, unit, depth);
    buf_putc(buf, '}');
}

static void write_note(struct buf *buf, size_t left_out, const char *unit, int depth)
{
    char text[160];
    int length =
        snprintf(text, sizeof text,
                 "[nbkatib: %zu more outputs were left out: the limit for a notebook is reached]\n",
                 left_out);
    buf_putc(buf, '{');
    json_text_break(buf, unit, depth + 1);
    buf_puts(buf, "\"output_type\": ");
    write_stream(buf, "stderr", text, (size_t)length, unit, depth + 1);
    json_text_break(buf, unit, depth);
    buf_putc(buf, '}');
}

void outputs_write(struct outputs *outputs, size_t cell_index, struct buf *buf, const char *unit,
                   int depth)
{
    struct cell *cell = &outputs->cells[cell_index];
    size_t written = cell->count + (cell->left_out > 0);
    buf_putc(buf, '[');
    for (size_t i = 0; i < written; i++) {
        if (i > 0)
            buf_puts(buf, unit[0] == '\0' ? ", " : ",");
        json_text_break(buf, unit, depth + 1);
        if (i < cell->count)
            write_item(buf, &cell->items[i], unit, depth + 1);
        else
            write_note(buf, cell->left_out, unit, depth + 1);
    }
    if (written > 0)
        json_text_break(buf, unit, depth);
    buf_putc(buf, ']');
    cell->changed = false;
}

bool outputs_changed(const struct outputs *outputs, size_t cell)
{
    return outputs->cells[cell].changed;
}

bool outputs_failed(const struct outputs *outputs)
{
    return outputs->failed;
}
