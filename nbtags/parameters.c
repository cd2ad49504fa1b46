#include <stdlib.h>
#include <string.h>

#include "nbtags/cells.h"
#include "nbtags/diagnostics_cells.h"
#include "nbtags/internal.h"
#include "nbtags/range.h"
#include "nbtags/reads.h"
#include "nbtags/value.h"

/* Kale's words, so that who knows it finds what they know. */
#define KALE_ONLY_ASSIGNMENTS "Must provide just primitive types assignments in variables block"
#define KALE_ONE_TARGET       "Must provide single variable assignments in variables block"

/* The statement's first line, shortened. */
struct excerpt {
    char text[64];
};

static struct excerpt excerpt_of(const struct nbt_lexer *lexer, size_t offset, size_t end)
{
    struct excerpt excerpt;
    size_t length = 0, room = sizeof excerpt.text - 4;
    const char *text = lexer->text + offset;
    while (offset + length < end && length < room && (unsigned char)text[length] >= 0x20)
        length++;
    bool cut = offset + length < end;
    while (cut && length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    memcpy(excerpt.text, text, length);
    memcpy(excerpt.text + length, "...", 4);
    if (!cut)
        excerpt.text[length] = '\0';
    return excerpt;
}

static struct excerpt statement_excerpt(const struct nbt_lexer *lexer)
{
    const struct nbt_token *last = &lexer->tokens[lexer->n_tokens - 1];
    return excerpt_of(lexer, lexer->tokens[0].offset, last->offset + last->length);
}

static const struct nbt_token *token(const struct nbt_cell_reader *reader, size_t i)
{
    return &reader->lexer.tokens[i];
}

static bool is(const struct nbt_cell_reader *reader, size_t i, const char *word)
{
    return i < reader->lexer.n_tokens && nbt_token_is(&reader->lexer, token(reader, i), word);
}

static bool is_keyword(const struct nbt_cell_reader *reader, size_t i)
{
    const struct nbt_token *word = token(reader, i);
    return word->type == NBT_TOKEN_NAME &&
           nbt_word_in(reader->lexer.language->keywords, reader->lexer.text + word->offset,
                       word->length);
}

static void refuse(struct nbt_cell_reader *reader, const char *code, const char *kale,
                   const char *cure)
{
    struct excerpt found = statement_excerpt(&reader->lexer);
    const struct nbt_token *first = token(reader, 0);
    nbt_diagnose(reader->notebook, NBT_ERROR, code, reader->cell->index, first->line, first->column,
                 "%s: found '%s', expected NAME = value. %s", kale, found.text, cure);
    reader->any_error = true;
}

static void refuse_statement(struct nbt_cell_reader *reader)
{
    refuse(reader, NBT_NOT_AN_ASSIGNMENT, KALE_ONLY_ASSIGNMENTS, "Move it to another cell");
}

static void refuse_syntax(struct nbt_cell_reader *reader, const struct nbt_token *at,
                          const char *problem)
{
    nbt_diagnose(reader->notebook, NBT_ERROR, NBT_BAD_SYNTAX, reader->cell->index, at->line,
                 at->column, "The parameters cell cannot be read: %s. Correct it in the cell",
                 problem);
    reader->any_error = true;
}

static void refuse_magic(struct nbt_cell_reader *reader, const struct nbt_token *magic)
{
    const struct nbt_lexer *lexer = &reader->lexer;
    struct excerpt found = excerpt_of(lexer, magic->offset, magic->offset + magic->length);
    nbt_diagnose(reader->notebook, NBT_ERROR, NBT_MAGIC, reader->cell->index, magic->line,
                 magic->column,
                 "The parameters cell holds an IPython command: found '%s', expected NAME = value. "
                 "Move it to another cell",
                 found.text);
    reader->any_error = true;
}

/* R and Julia have no such words at the beginning of a line that goes on below without brackets or
 * "end". */
static bool has_body(const struct nbt_cell_reader *reader)
{
    static const char *const words[] = {"async",  "class",   "def", "elif", "else",
                                        "except", "finally", "for", "if",   "try",
                                        "while",  "with",    NULL};
    const struct nbt_token *first = token(reader, 0);
    if (!reader->lexer.language->indents)
        return false;
    return nbt_word_in(words, reader->lexer.text + first->offset, first->length) ||
           is(reader, reader->lexer.n_tokens - 1, ":");
}

/* `else:` and its like belong to a statement that was refused already, a decorator to the one
 * below. */
static bool is_part_of_another(const struct nbt_cell_reader *reader)
{
    static const char *const clauses[] = {"elif", "else", "except", "finally", NULL};
    const struct nbt_token *first = token(reader, 0);
    if (!reader->lexer.language->indents)
        return false;
    return is(reader, 0, "@") ||
           (reader->in_block &&
            nbt_word_in(clauses, reader->lexer.text + first->offset, first->length));
}

static bool is_assign(const struct nbt_cell_reader *reader, size_t i)
{
    const struct nbt_token *op = token(reader, i);
    return op->type == NBT_TOKEN_OPERATOR &&
           nbt_word_in(reader->lexer.language->assigns, reader->lexer.text + op->offset,
                       op->length);
}

/* The first assignment outside brackets at or after `from`; n_tokens when there is none. Behind a
 * keyword another construct begins (lambda, a block), whose assignments are its own. */
static size_t find_assign(const struct nbt_cell_reader *reader, size_t from)
{
    int depth = 0;
    size_t n = reader->lexer.n_tokens;
    for (size_t i = from; i < n && !is_keyword(reader, i); i++) {
        const struct nbt_token *op = token(reader, i);
        if (op->type != NBT_TOKEN_OPERATOR)
            continue;
        char c = reader->lexer.text[op->offset];
        if (op->length == 1 && strchr("([{", c))
            depth++;
        else if (op->length == 1 && strchr(")]}", c))
            depth--;
        else if (depth == 0 && is_assign(reader, i))
            return i;
    }
    return n;
}

/* Julia's `const` and its like say nothing about the value. */
static size_t target_begin(const struct nbt_cell_reader *reader)
{
    bool julia = reader->lexer.language->grammar == NBT_JULIA;
    return julia && (is(reader, 0, "const") || is(reader, 0, "global") || is(reader, 0, "local"))
               ? 1
               : 0;
}

/* NAME, or NAME with a type. */
static bool is_plain_target(const struct nbt_cell_reader *reader, size_t first, size_t assign)
{
    if (first >= assign || token(reader, first)->type != NBT_TOKEN_NAME ||
        is_keyword(reader, first))
        return false;
    if (assign - first == 1)
        return true;
    switch (reader->lexer.language->grammar) {
    case NBT_PYTHON: return is(reader, first + 1, ":");
    case NBT_JULIA: return is(reader, first + 1, "::");
    default: return false;
    }
}

static bool is_several_targets(const struct nbt_cell_reader *reader, size_t first, size_t assign)
{
    if (is(reader, first, "(") || is(reader, first, "["))
        return true;
    for (size_t i = first; i < assign; i++) {
        if (is(reader, i, ","))
            return !is(reader, first + 1, "(") && !is(reader, first + 1, "[");
    }
    return false;
}

static struct nbt_parameter *find_or_add(struct nbt_notebook *notebook, const char *name,
                                         size_t length)
{
    for (size_t i = 0; i < notebook->n_parameters; i++) {
        struct nbt_parameter *parameter = &notebook->parameters[i];
        if (strlen(parameter->name) == length && memcmp(parameter->name, name, length) == 0)
            return parameter;
    }
    const char *kept = nbt_arena_text(notebook, name, length);
    void *array = notebook->parameters;
    struct nbt_parameter *added =
        kept ? nbt_arena_push(notebook, &array, &notebook->n_parameters, sizeof *added) : NULL;
    if (added) {
        notebook->parameters = array;
        added->name = kept;
    }
    return added;
}

static void tell_fixed(const struct nbt_cell_reader *reader, const char *name,
                       const struct nbt_value *value)
{
    struct excerpt found = excerpt_of(&reader->lexer, value->offset, value->offset + value->length);
    if (value->infinite)
        nbt_diagnose(reader->notebook, NBT_WARNING, NBT_INFINITE_VALUE, reader->cell->index,
                     value->line, value->column,
                     "%s = %s is infinite and cannot be tuned. Give a number below 1.8e308", name,
                     found.text);
    else
        nbt_diagnose(reader->notebook, NBT_NOTE, NBT_FIXED_PARAMETER, reader->cell->index,
                     value->line, value->column,
                     "%s stays fixed: found '%s', which is no literal of a primitive type (int, "
                     "float, str, bool). Write such a literal to tune it",
                     name, found.text);
}

static int read_form(struct nbt_cell_reader *reader, const char *name, struct nbt_range *ret_range)
{
    const struct nbt_token *comment = &reader->lexer.comment;
    const char *problem = "";
    *ret_range = (struct nbt_range){.min = "", .max = "", .step = ""};
    int form = comment->length
                   ? nbt_range_read(reader->notebook, reader->lexer.text + comment->offset,
                                    comment->length, ret_range, &problem)
                   : NBT_FORM_NONE;
    if (form == NBT_FORM_BAD)
        nbt_diagnose(reader->notebook, NBT_WARNING, NBT_BAD_RANGE, reader->cell->index,
                     comment->line, comment->column,
                     "The form comment of %s was ignored: %s. Expected #@param {type:\"slider\", "
                     "min:0.001, max:0.1, step:0.001} or #@param [\"adam\", \"sgd\"]",
                     name, problem);
    return form < 0 ? form : 0;
}

static int define(struct nbt_cell_reader *reader, const struct nbt_token *target,
                  const struct nbt_value *value)
{
    const char *source = reader->lexer.text;
    struct nbt_parameter *parameter =
        find_or_add(reader->notebook, source + target->offset, target->length);
    const char *literal = nbt_arena_text(reader->notebook, source + value->offset, value->length);
    if (!parameter || !literal)
        return NBT_ENOMEM;
    *parameter = (struct nbt_parameter){
        .name = parameter->name,
        .type = value->type,
        .value = value->type == NBT_EXPRESSION ? literal : value->text,
        .literal = literal,
        .cell = reader->cell->index,
        .line = value->line,
        .column = value->column,
        .offset = value->offset,
        .length = value->length,
    };
    if (value->type == NBT_EXPRESSION)
        tell_fixed(reader, parameter->name, value);
    return read_form(reader, parameter->name, &parameter->range);
}

static int read_assignment(struct nbt_cell_reader *reader)
{
    struct nbt_lexer *lexer = &reader->lexer;
    size_t first = target_begin(reader);
    size_t assign = find_assign(reader, first);
    bool any = assign < lexer->n_tokens;
    if (any && (is_several_targets(reader, first, assign) ||
                find_assign(reader, assign + 1) < lexer->n_tokens)) {
        refuse(reader, NBT_SEVERAL_TARGETS, KALE_ONE_TARGET, "Write one assignment for each name");
    } else if (!any || !is_plain_target(reader, first, assign)) {
        refuse_statement(reader);
    } else if (assign + 1 == lexer->n_tokens) {
        refuse_syntax(reader, token(reader, assign), "no value stands behind this");
    } else {
        struct nbt_value value;
        if (nbt_value_read(reader->notebook, lexer, assign + 1, &value) < 0)
            return NBT_ENOMEM;
        return define(reader, token(reader, first), &value);
    }
    return 0;
}

static const struct nbt_token *find_magic(const struct nbt_cell_reader *reader)
{
    for (size_t i = 0; i < reader->lexer.n_tokens; i++) {
        if (token(reader, i)->type == NBT_TOKEN_MAGIC)
            return token(reader, i);
    }
    return NULL;
}

/* Whether the statement stands in a body that was refused with its head. */
static bool is_in_body(const struct nbt_cell_reader *reader)
{
    int indent = reader->lexer.indent;
    return reader->in_block && (indent < 0 || indent > reader->base);
}

static int read_statement(struct nbt_cell_reader *reader)
{
    struct nbt_lexer *lexer = &reader->lexer;
    if (lexer->n_statements == 1)
        reader->base = lexer->indent;
    if (lexer->problem) {
        refuse_syntax(reader, &lexer->problem_at, lexer->problem);
        return 0;
    }
    if (is_in_body(reader) || is_part_of_another(reader))
        return 0;
    reader->in_block = has_body(reader);
    const struct nbt_token *magic = find_magic(reader);
    if (magic)
        refuse_magic(reader, magic);
    else if (lexer->language->indents && lexer->indent > reader->base)
        refuse_syntax(reader, token(reader, 0), "this line is indented more than the one above");
    else if (reader->in_block)
        refuse_statement(reader);
    else
        return read_assignment(reader);
    return 0;
}

int nbt_parameters_read(struct nbt_notebook *notebook, struct nbt_error *err)
{
    const struct nbt_cell_kind kind = {
        .role = NBT_ROLE_PARAMETERS,
        .name = "parameters",
        .found = &notebook->n_parameters,
        .empty_code = NBT_EMPTY_PARAMETERS,
        .empty_text = "The parameters cell assigns nothing, so there is nothing to tune. Write "
                      "lines such as lr = 0.01 in it",
        .statement = read_statement,
    };
    if (nbt_cells_read(notebook, &kind) < 0 ||
        nbt_reads_find(notebook, nbt_language_find(notebook->language)) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the parameters of %s", notebook->path);
    return 0;
}
