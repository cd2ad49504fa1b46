/* complete_request: commands, options, their values, experiments and paths. On a worker. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "kernel/cursor.h"
#include "kernel/internal.h"
#include "kernel/script.h"
#include "kernel/verbs.h"
#include "service/values.h"

#define MATCHES_MAX 500
#define MATCH_BYTES 16384

/* The word that is being typed, and the command around it. */
struct typed {
    const struct script_command *command; /* words before the typed one; NULL: none */
    size_t n;                             /* how many */
    const char *word;                     /* "" at a blank */
    size_t start;                         /* byte where it begins */
    json_t *matches;
};

/* ---- what fits ---- */

/* In order, each once. */
static void add_match(json_t *matches, const char *match)
{
    size_t at = 0;
    int order = 1;

    while (at < json_array_size(matches) &&
           (order = strcmp(json_string_value(json_array_get(matches, at)), match)) < 0)
        at++;
    if (order != 0)
        json_array_insert_new(matches, at, json_string(match));
}

/* `before` is what stands before the value in the same word, "--kernel=". */
static void offer(struct typed *typed, const char *before, const char *value, bool quote)
{
    CLEANUP(buf_fini) struct buf match = buf_init(MATCH_BYTES);
    size_t skip = strlen(before);

    if (json_array_size(typed->matches) >= MATCHES_MAX ||
        strncmp(value, typed->word + skip, strlen(typed->word + skip)) != 0)
        return;
    buf_puts(&match, before);
    if (quote)
        script_quote(&match, value);
    else
        buf_puts(&match, value);
    if (!buf_failed(&match))
        add_match(typed->matches, buf_text(&match));
}

static void offer_commands(struct typed *typed)
{
    for (size_t i = 0; commands[i]; i++) {
        if (verb_find(commands[i]->name))
            offer(typed, "", commands[i]->name, false);
    }
}

static void offer_options(struct typed *typed, const struct command *command)
{
    for (size_t g = 0; g < COMMAND_GROUPS && command->groups[g]; g++) {
        for (const struct option *option = command->groups[g]->options; option->name; option++) {
            CLEANUP(buf_fini) struct buf name = buf_init(256);
            buf_printf(&name, "--%s", option->name);
            if (!option->hidden)
                offer(typed, "", buf_text(&name), false);
        }
    }
}

static void offer_experiments(struct typed *typed, const char *before)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_json json_t *items = NULL;
    size_t i;
    json_t *item;

    if (service_list(&items, &ignored) < 0)
        return;
    json_array_foreach(items, i, item) offer(typed, before, text_of(item, "name"), false);
}

static bool has_ending(const char *name, enum complete what)
{
    static const char *const endings[] = {".ipynb", ".yaml", ".yml", ".json"};
    size_t n = what == COMPLETE_NOTEBOOK ? 1 : COUNT_OF(endings);
    size_t length = strlen(name);

    if (what == COMPLETE_FILE)
        return true;
    for (size_t i = 0; i < n && what != COMPLETE_FOLDER; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

/* A folder ends in '/', so that its files can be asked for next. */
static void offer_entry(struct typed *typed, const char *before, const char *folder,
                        const char *name, enum complete what)
{
    CLEANUP(buf_fini) struct buf path = buf_init(MATCH_BYTES);
    struct stat info;

    buf_printf(&path, "%s%s", folder, name);
    if (stat(buf_text(&path), &info) < 0)
        return;
    if (S_ISDIR(info.st_mode))
        buf_putc(&path, '/');
    else if (!has_ending(name, what))
        return;
    auto_free char *shown = file_printable(buf_text(&path));
    if (shown && strcmp(shown, buf_text(&path)) == 0)
        offer(typed, before, buf_text(&path), true);
}

static void offer_paths(struct typed *typed, const char *before, enum complete what)
{
    const char *word = typed->word + strlen(before);
    const char *slash = strrchr(word, '/');
    auto_free char *folder = strndup(word, slash ? (size_t)(slash - word) + 1 : 0);
    DIR *opened = folder ? opendir(*folder ? folder : ".") : NULL;

    if (!opened)
        return;
    for (const struct dirent *entry; (entry = readdir(opened));) {
        /* Hidden ones only to those who begin with a dot. */
        if (entry->d_name[0] != '.' || (slash ? slash[1] : word[0]) == '.')
            offer_entry(typed, before, folder, entry->d_name, what);
    }
    closedir(opened);
}

static void offer_values(struct typed *typed, const char *before, enum complete what,
                         const char *choices)
{
    while (choices && *choices) {
        size_t length = strcspn(choices, " ");
        auto_free char *choice = strndup(choices, length);
        offer(typed, before, choice ? choice : "", false);
        choices += length + strspn(choices + length, " ");
    }
    if (what == COMPLETE_EXPERIMENT)
        offer_experiments(typed, before);
    else if (what != COMPLETE_NONE)
        offer_paths(typed, before, what);
}

/* ---- where the word stands ---- */

static const struct option *option_of(const struct command *command, const char *word)
{
    if (strncmp(word, "--", 2) == 0)
        return option_find(command, word + 2, strcspn(word + 2, "="));
    return word[0] == '-' && word[1] && !word[2] ? option_find_letter(command, word[1]) : NULL;
}

/* Positionals before the typed word; words that are values of options are none. */
static size_t count_positionals(const struct typed *typed, const struct command *command,
                                size_t first)
{
    size_t count = 0;

    for (size_t i = first; i < typed->n; i++) {
        const char *word = typed->command->words[i].text;
        const struct option *option = option_of(command, word);
        if (word[0] != '-')
            count++;
        else if (option && option->kind != OPTION_FLAG && !strchr(word, '='))
            i++;
    }
    return count;
}

static void complete_positional(struct typed *typed, const struct command *command, size_t first)
{
    size_t at = count_positionals(typed, command, first);

    if (command == &command_help) {
        offer_commands(typed);
        return;
    }
    if (at < COMMAND_POSITIONALS && command->positionals[at].name)
        offer_values(typed, "", command->positionals[at].complete,
                     command->positionals[at].choices);
}

static void complete_argument(struct typed *typed, const struct command *command, size_t first)
{
    const char *before = typed->n > first ? typed->command->words[typed->n - 1].text : "";
    const struct option *option = strchr(before, '=') ? NULL : option_of(command, before);
    const struct option *own = option_of(command, typed->word);
    const char *equals = strchr(typed->word, '=');

    if (option && option->kind != OPTION_FLAG) {
        offer_values(typed, "", option->complete, option->choices);
    } else if (own && equals) {
        auto_free char *name = strndup(typed->word, (size_t)(equals - typed->word) + 1);
        offer_values(typed, name ? name : "", own->complete, own->choices);
    } else if (typed->word[0] == '-') {
        offer_options(typed, command);
    } else {
        complete_positional(typed, command, first);
    }
}

static void complete_word(struct typed *typed)
{
    size_t first = typed->n > 0 && strcmp(typed->command->words[0].text, "nbkatib") == 0 ? 1 : 0;

    if (typed->n == first) {
        offer_commands(typed);
        return;
    }
    const char *name = typed->command->words[first].text;
    if (verb_find(name))
        complete_argument(typed, command_find(name), first + 1);
}

/* The last command goes on at the cursor unless a line end stands between. */
static void find_typed(struct typed *typed, const struct script *script, const char *code,
                       size_t cursor)
{
    const struct script_command *last = script->n ? &script->commands[script->n - 1] : NULL;
    const struct script_word *word = last ? &last->words[last->n - 1] : NULL;

    typed->word = "";
    typed->start = cursor;
    if (!word || memchr(code + word->end, '\n', cursor - word->end))
        return;
    typed->command = last;
    typed->n = last->n;
    if (word->end == cursor) {
        typed->n--;
        typed->word = word->text;
        typed->start = word->start;
    }
}

json_t *complete_answer(struct kernel *kernel, const json_t *content)
{
    const char *whole = text_of(content, "code");
    size_t cursor = cursor_of(content, whole);
    auto_free char *code = strndup(whole, cursor);
    CLEANUP(script_fini) struct script script = {0};
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_json json_t *matches = json_array();
    struct typed typed = {.matches = matches};

    (void)kernel;
    if (!code || script_read(&script, code, &ignored) < 0)
        return NULL;
    find_typed(&typed, &script, code, cursor);
    complete_word(&typed);
    return json_pack("{s:o, s:I, s:I, s:{}, s:s}", "matches", TAKE(matches), "cursor_start",
                     (json_int_t)cursor_points(code, typed.start), "cursor_end",
                     (json_int_t)cursor_points(code, cursor), "metadata", "status", "ok");
}
