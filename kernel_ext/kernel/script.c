#include "kernel/script.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "service/commands.h"

#define WORD_MAX ((size_t)1 << 20)

struct reader {
    struct script *script;
    const char *code, *at;
    int line;
    bool in_command; /* the last command of the script goes on */
};

static struct script_command *new_command(struct reader *reader)
{
    struct script *script = reader->script;
    struct script_command *grown =
        realloc(script->commands, (script->n + 1) * sizeof(*script->commands));

    if (!grown)
        return NULL;
    script->commands = grown;
    grown[script->n] = (struct script_command){.line = reader->line};
    reader->in_command = true;
    return &grown[script->n++];
}

static bool add_word(struct reader *reader, const struct script_word *word)
{
    struct script *script = reader->script;
    struct script_command *command =
        reader->in_command ? &script->commands[script->n - 1] : new_command(reader);
    struct script_word *grown =
        command ? realloc(command->words, (command->n + 1) * sizeof(*grown)) : NULL;

    if (!grown)
        return false;
    command->words = grown;
    command->words[command->n++] = *word;
    return true;
}

static void take(struct reader *reader, struct buf *text)
{
    if (*reader->at == '\n')
        reader->line++;
    buf_putc(text, *reader->at++);
}

static void take_escaped(struct reader *reader, struct buf *text)
{
    reader->at++;
    if (*reader->at == '\0') {
        reader->script->end = SCRIPT_AFTER_BACKSLASH;
    } else if (*reader->at == '\n') {
        reader->line++;
        reader->at++;
    } else {
        take(reader, text);
    }
}

static void take_quoted(struct reader *reader, struct buf *text)
{
    char quote = *reader->at++;

    while (*reader->at && *reader->at != quote) {
        bool kept =
            quote == '"' && *reader->at == '\\' && (reader->at[1] == '"' || reader->at[1] == '\\');
        reader->at += kept;
        take(reader, text);
    }
    if (*reader->at == quote)
        reader->at++;
    else
        reader->script->end = SCRIPT_IN_QUOTES;
}

static bool take_word(struct reader *reader)
{
    CLEANUP(buf_fini) struct buf text = buf_init(WORD_MAX);
    struct script_word word = {.start = (size_t)(reader->at - reader->code)};

    while (*reader->at && !strchr(" \t\r\n", *reader->at)) {
        if (*reader->at == '"' || *reader->at == '\'')
            take_quoted(reader, &text);
        else if (*reader->at == '\\')
            take_escaped(reader, &text);
        else
            take(reader, &text);
    }
    word.end = (size_t)(reader->at - reader->code);
    word.text = buf_take(&text);
    if (word.text && add_word(reader, &word))
        return true;
    free(word.text);
    return false;
}

/* A line end ends a command, a backslash before it does not. */
static void skip_blanks(struct reader *reader)
{
    for (;;) {
        if (reader->at[0] == '\\' && reader->at[1] == '\n') {
            reader->at += 2;
            reader->line++;
        } else if (*reader->at == '\n') {
            reader->at++;
            reader->line++;
            reader->in_command = false;
        } else if (*reader->at && strchr(" \t\r", *reader->at)) {
            reader->at++;
        } else if (*reader->at == '#') {
            reader->at += strcspn(reader->at, "\n");
        } else {
            return;
        }
    }
}

int script_read(struct script *ret, const char *code, struct nbt_error *err)
{
    struct script script = {0};
    struct reader reader = {.script = &script, .code = code, .at = code, .line = 1};

    for (skip_blanks(&reader); *reader.at; skip_blanks(&reader)) {
        if (!take_word(&reader)) {
            script_fini(&script);
            return nbt_error_set(err, NBT_ENOMEM, "a cell's word is longer than 1 MiB");
        }
    }
    *ret = script;
    return 0;
}

void script_fini(struct script *script)
{
    for (size_t i = 0; i < script->n; i++) {
        for (size_t j = 0; j < script->commands[i].n; j++)
            free(script->commands[i].words[j].text);
        free(script->commands[i].words);
    }
    free(script->commands);
    *script = (struct script){0};
}

/* "nbkatib run" is what the manual and the shell say: both forms serve. */
static bool is_known(const struct script_command *command)
{
    size_t at = strcmp(command->words[0].text, "nbkatib") == 0 ? 1 : 0;

    return at < command->n && command_find(command->words[at].text) != NULL;
}

const char *script_status(const char *code)
{
    CLEANUP(script_fini) struct script script = {0};
    struct nbt_error ignored = NBT_ERROR_INIT;

    if (script_read(&script, code, &ignored) < 0)
        return "unknown";
    for (size_t i = 0; i < script.n; i++) {
        if (!is_known(&script.commands[i]))
            return "invalid";
    }
    return script.end == SCRIPT_WHOLE ? "complete" : "incomplete";
}

void script_quote(struct buf *out, const char *word)
{
    if (*word && *word != '#' && !strpbrk(word, " \t\r\n'\"\\")) {
        buf_puts(out, word);
        return;
    }
    buf_putc(out, '"');
    for (; *word; word++) {
        if (*word == '"' || *word == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *word);
    }
    buf_putc(out, '"');
}
