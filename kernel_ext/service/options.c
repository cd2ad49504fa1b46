#include "service/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "service/service.h"
#include "service/suggest.h"

struct parser {
    struct parsed *parsed;
    int argc, at;
    const char *const *argv;
    size_t n_positionals;
    bool help;
};

const struct option *option_find(const struct command *command, const char *name, size_t length)
{
    for (size_t g = 0; g < COMMAND_GROUPS && command->groups[g]; g++) {
        for (const struct option *option = command->groups[g]->options; option->name; option++) {
            if (strlen(option->name) == length && memcmp(option->name, name, length) == 0)
                return option;
        }
    }
    return NULL;
}

const struct option *option_find_letter(const struct command *command, char letter)
{
    for (size_t g = 0; g < COMMAND_GROUPS && command->groups[g]; g++) {
        for (const struct option *option = command->groups[g]->options; option->name; option++) {
            if (option->letter == letter && letter)
                return option;
        }
    }
    return NULL;
}

static int unknown_option(const struct command *command, const char *name, struct nbt_error *err)
{
    struct suggest near = suggest_init(name);

    for (size_t g = 0; g < COMMAND_GROUPS && command->groups[g]; g++) {
        for (const struct option *option = command->groups[g]->options; option->name; option++) {
            if (!option->hidden)
                suggest_offer(&near, option->name);
        }
    }
    if (near.best)
        return nbt_error_set(err, NBT_EINVAL, "'%s' has no option --%s; did you mean --%s?",
                             command->name, name, near.best);
    return nbt_error_set(err, NBT_EINVAL, "'%s' has no option --%s; see 'nbkatib %s --help'",
                         command->name, name, command->name);
}

static bool is_digits(const char *text)
{
    size_t length = strspn(text, "0123456789");

    return length > 0 && length <= 18 && text[length] == '\0';
}

static bool is_positive(const char *text)
{
    return is_digits(text) && text[strspn(text, "0")] != '\0';
}

static int check_value(const struct option *option, const char *text, struct nbt_error *err)
{
    int64_t seconds;

    switch (option->kind) {
    case OPTION_COUNT:
        if (!is_digits(text))
            return nbt_error_set(err, NBT_EINVAL, "--%s is '%s'; expected a whole number from 0",
                                 option->name, text);
        return 0;
    case OPTION_POSITIVE:
        if (!is_positive(text))
            return nbt_error_set(err, NBT_EINVAL, "--%s is '%s'; expected a whole number from 1",
                                 option->name, text);
        return 0;
    case OPTION_BUDGET:
        if (strcmp(text, "none") != 0 && !is_positive(text))
            return nbt_error_set(err, NBT_EINVAL,
                                 "--%s is '%s'; expected a whole number from 1, or none",
                                 option->name, text);
        return 0;
    case OPTION_DURATION:
        if (service_duration(text, &seconds, err) == 0)
            return 0;
        nbt_error_prefix(err, "--%s", option->name);
        return NBT_EINVAL;
    default: return 0;
    }
}

static int add_value(struct parser *parser, const struct option *option, const char *text,
                     struct nbt_error *err)
{
    struct parsed *parsed = parser->parsed;

    if (check_value(option, text, err) < 0)
        return NBT_EINVAL;
    parsed->values[parsed->n_values++] = (struct parsed_value){option, text};
    if (strcmp(option->name, "help") == 0)
        parser->help = true;
    return 0;
}

/* The value that follows an option. A word that starts with "--" is taken for a forgotten value. */
static int next_value(struct parser *parser, const struct option *option, const char **ret_text,
                      struct nbt_error *err)
{
    if (parser->at + 1 >= parser->argc || strncmp(parser->argv[parser->at + 1], "--", 2) == 0)
        return nbt_error_set(err, NBT_EINVAL, "--%s needs a value: --%s %s", option->name,
                             option->name, option->argument);
    *ret_text = parser->argv[++parser->at];
    return 0;
}

static int parse_long(struct parser *parser, const char *word, struct nbt_error *err)
{
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const struct option *option = option_find(parser->parsed->command, name, length);
    auto_free char *shown = strndup(name, length);
    const char *text = "";

    if (!option)
        return unknown_option(parser->parsed->command, shown ? shown : "?", err);
    if (option->kind == OPTION_FLAG && equals)
        return nbt_error_set(err, NBT_EINVAL, "--%s takes no value, but '%s' was given",
                             option->name, equals + 1);
    if (equals)
        text = equals + 1;
    else if (option->kind != OPTION_FLAG && next_value(parser, option, &text, err) < 0)
        return NBT_EINVAL;
    return add_value(parser, option, text, err);
}

static int parse_short(struct parser *parser, const char *word, struct nbt_error *err)
{
    const struct option *option = option_find_letter(parser->parsed->command, word[1]);
    const char *text = "";

    if (!option)
        return nbt_error_set(err, NBT_EINVAL, "'%s' has no option %s; see 'nbkatib %s --help'",
                             parser->parsed->command->name, word, parser->parsed->command->name);
    if (option->kind == OPTION_FLAG && word[2])
        return nbt_error_set(err, NBT_EINVAL, "-%c takes no value, but '%s' was given",
                             option->letter, word + 2);
    if (word[2])
        text = word + 2;
    else if (option->kind != OPTION_FLAG && next_value(parser, option, &text, err) < 0)
        return NBT_EINVAL;
    return add_value(parser, option, text, err);
}

static int add_positional(struct parser *parser, const char *word, struct nbt_error *err)
{
    const struct command *command = parser->parsed->command;

    if (parser->n_positionals >= COMMAND_POSITIONALS ||
        !command->positionals[parser->n_positionals].name)
        return nbt_error_set(err, NBT_EINVAL, "'%s' does not take '%s'; see 'nbkatib %s --help'",
                             command->name, word, command->name);
    parser->parsed->positionals[parser->n_positionals++] = word;
    return 0;
}

static int parse_word(struct parser *parser, bool *options_ended, struct nbt_error *err)
{
    const char *word = parser->argv[parser->at];

    if (*options_ended || word[0] != '-' || word[1] == '\0')
        return add_positional(parser, word, err);
    if (strcmp(word, "--") == 0) {
        *options_ended = true;
        return 0;
    }
    return word[1] == '-' ? parse_long(parser, word, err) : parse_short(parser, word, err);
}

static int check_complete(const struct parser *parser, struct nbt_error *err)
{
    const struct command *command = parser->parsed->command;
    size_t i = parser->n_positionals;

    if (parser->help || i >= COMMAND_POSITIONALS || !command->positionals[i].name ||
        command->positionals[i].optional)
        return 0;
    return nbt_error_set(err, NBT_EINVAL, "'%s' needs %s; see 'nbkatib %s --help'", command->name,
                         command->positionals[i].name, command->name);
}

int options_parse(struct parsed *ret_parsed, const struct command *command, int argc,
                  const char *const *argv, struct nbt_error *err)
{
    struct parsed parsed = {.command = command};
    struct parser parser = {.parsed = &parsed, .argc = argc, .argv = argv};
    bool options_ended = false;
    int result = 0;

    parsed.values = calloc((size_t)argc + 1, sizeof(*parsed.values));
    parsed.lists = calloc((size_t)argc * 2 + 1, sizeof(*parsed.lists));
    if (!parsed.values || !parsed.lists) {
        parsed_fini(&parsed);
        return nbt_error_set(err, NBT_ENOMEM, "out of memory");
    }
    for (parser.at = 1; result == 0 && parser.at < argc; parser.at++)
        result = parse_word(&parser, &options_ended, err);
    if (result == 0)
        result = check_complete(&parser, err);
    if (result < 0) {
        parsed_fini(&parsed);
        return result;
    }
    *ret_parsed = parsed;
    return 0;
}

void parsed_fini(struct parsed *parsed)
{
    free(parsed->values);
    free(parsed->lists);
    *parsed = (struct parsed){0};
}

const char *parsed_text(const struct parsed *parsed, const char *name)
{
    for (size_t i = parsed->n_values; i > 0; i--) {
        if (strcmp(parsed->values[i - 1].option->name, name) == 0)
            return parsed->values[i - 1].text;
    }
    return NULL;
}

bool parsed_flag(const struct parsed *parsed, const char *name)
{
    return parsed_text(parsed, name) != NULL;
}

/* Each list gets its own region of `lists`, found again by its first element; argc bounds all of
 * them together. */
const char *const *parsed_list(const struct parsed *parsed, const char *name, size_t *ret_count)
{
    size_t start = 0, count = 0;

    for (size_t i = 0; i < parsed->n_values; i++) {
        int order = strcmp(parsed->values[i].option->name, name);
        start += order < 0;
        count += order == 0;
    }
    for (size_t i = 0, at = start; i < parsed->n_values; i++) {
        if (strcmp(parsed->values[i].option->name, name) == 0)
            parsed->lists[at++] = parsed->values[i].text;
    }
    *ret_count = count;
    return parsed->lists + start;
}
