#include <string.h>

#include "nbtags/cells.h"
#include "nbtags/diagnostics_cells.h"
#include "nbtags/internal.h"

#define NAME_MAX_LENGTH 64

/* Kale's words, with its rule for names. */
#define KALE_ONLY_PRINTS                                                                           \
    "Must provide just print statements of variables in the metrics cell. A variable name must "   \
    "be "                                                                                          \
    "at most 64 characters long, of letters, digits or '_'"

static bool is(const struct nbt_cell_reader *reader, size_t i, const char *word)
{
    return i < reader->lexer.n_tokens &&
           nbt_token_is(&reader->lexer, &reader->lexer.tokens[i], word);
}

static void refuse(struct nbt_cell_reader *reader, const struct nbt_token *at, const char *code,
                   const char *found)
{
    nbt_diagnose(
        reader->notebook, NBT_ERROR, code, reader->cell->index, at->line, at->column,
        "%s: found %s, expected %s(NAME). Assign the value to a variable in the cell above "
        "and print that",
        KALE_ONLY_PRINTS, found, reader->lexer.language->printers[0]);
    reader->any_error = true;
}

/* Katib's metrics are read by [\w|-]+, so a name is ASCII. */
static bool is_metric_name(const struct nbt_cell_reader *reader, const struct nbt_token *token)
{
    const char *name = reader->lexer.text + token->offset;
    if (token->type != NBT_TOKEN_NAME || token->length > NAME_MAX_LENGTH)
        return false;
    for (size_t i = 0; i < token->length; i++) {
        char c = name[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(c >= '0' && c <= '9'))
            return false;
    }
    return !nbt_word_in(reader->lexer.language->keywords, name, token->length);
}

static bool is_known(const struct nbt_notebook *notebook, const char *name, size_t length)
{
    for (size_t i = 0; i < notebook->n_metrics; i++) {
        const char *variable = notebook->metrics[i].variable;
        if (strlen(variable) == length && memcmp(variable, name, length) == 0)
            return true;
    }
    return false;
}

/* Two variables never share a Katib name: '-' stands in no variable. */
static const char *katib_name(struct nbt_notebook *notebook, const char *variable, size_t length)
{
    char *name = nbt_arena(notebook, length + 1);
    if (!name)
        return NULL;
    memcpy(name, variable, length);
    for (char *p = name; (p = memchr(p, '_', length - (size_t)(p - name)));)
        *p = '-';
    return name;
}

static int add(struct nbt_cell_reader *reader, const struct nbt_token *token)
{
    struct nbt_notebook *notebook = reader->notebook;
    const char *name = reader->lexer.text + token->offset;
    if (is_known(notebook, name, token->length))
        return 0;
    struct nbt_metric metric = {
        .variable = nbt_arena_text(notebook, name, token->length),
        .name = katib_name(notebook, name, token->length),
        .cell = reader->cell->index,
        .line = token->line,
        .column = token->column,
    };
    void *array = notebook->metrics;
    struct nbt_metric *place =
        nbt_arena_push(notebook, &array, &notebook->n_metrics, sizeof *place);
    if (!place || !metric.variable || !metric.name)
        return NBT_ENOMEM;
    notebook->metrics = array;
    *place = metric;
    return 0;
}

static bool is_print(const struct nbt_cell_reader *reader)
{
    const struct nbt_token *first = &reader->lexer.tokens[0];
    return first->type == NBT_TOKEN_NAME && is(reader, 1, "(") &&
           nbt_word_in(reader->lexer.language->printers, reader->lexer.text + first->offset,
                       first->length);
}

/* `print(x)`; R's cat prints no line end of its own, so `cat(x, "\n")` is as good. */
static bool has_one_argument(const struct nbt_cell_reader *reader)
{
    size_t n = reader->lexer.n_tokens;
    if (n == 4)
        return is(reader, 3, ")");
    return n == 6 && is(reader, 0, "cat") && is(reader, 3, ",") &&
           reader->lexer.tokens[4].type == NBT_TOKEN_STRING && is(reader, 5, ")");
}

static int read_statement(struct nbt_cell_reader *reader)
{
    const struct nbt_token *tokens = reader->lexer.tokens;
    if (!is_print(reader))
        refuse(reader, &tokens[0], NBT_BAD_METRIC, "another statement");
    else if (reader->lexer.n_tokens < 4)
        refuse(reader, &tokens[0], NBT_BAD_METRIC, "no variable");
    else if (!has_one_argument(reader))
        refuse(reader, &tokens[2], NBT_BAD_METRIC, "more than one variable, or an expression");
    else if (!is_metric_name(reader, &tokens[2]))
        refuse(reader, &tokens[2], NBT_BAD_METRIC, "what cannot name a metric");
    else
        return add(reader, &tokens[2]);
    return 0;
}

static int check_and_read(struct nbt_cell_reader *reader)
{
    struct nbt_lexer *lexer = &reader->lexer;
    if (lexer->n_statements == 1)
        reader->base = lexer->indent;
    if (lexer->problem) {
        refuse(reader, &lexer->problem_at, NBT_BAD_SYNTAX, lexer->problem);
        return 0;
    }
    if (lexer->language->indents && lexer->indent > reader->base) {
        refuse(reader, &lexer->tokens[0], NBT_BAD_SYNTAX,
               "a line indented more than the one above");
        return 0;
    }
    return read_statement(reader);
}

int nbt_metrics_read(struct nbt_notebook *notebook, struct nbt_error *err)
{
    const struct nbt_cell_kind kind = {
        .role = NBT_ROLE_METRICS,
        .name = "metrics",
        .found = &notebook->n_metrics,
        .empty_code = NBT_EMPTY_METRICS,
        .empty_text = "The metrics cell prints nothing, so there is nothing to optimise. Write "
                      "lines such as print(accuracy) in it",
        .statement = check_and_read,
    };
    if (nbt_cells_read(notebook, &kind) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the metrics of %s", notebook->path);
    return 0;
}
