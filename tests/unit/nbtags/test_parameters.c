#include "made_notebook.h"

/* What is read, one line for each: NAME TYPE VALUE LINE:COLUMN, then what else there is; then the
 * diagnostics. */
static const struct {
    const char *language;
    const char *source;
    const char *want;
} cases[] = {
    /* Kale's table, and what we add to it */
    {"python", "a = 5", "a int [5] 1:5\n"},
    {"python", "a = 1_000", "a int [1000] 1:5\n"},
    {"python", "a = 0x10; b = 0b101; c = 0o17",
     "a int [16] 1:5\nb int [5] 1:15\nc int [15] 1:26\n"},
    {"python", "a = 0xffffffffffffffffffff", "a int [1208925819614629174706175] 1:5\n"},
    {"python", "a = 123456789012345678901234567890",
     "a int [123456789012345678901234567890] 1:5\n"},
    {"python", "a = 00", "a int [0] 1:5\n"},
    {"python", "a = -1\nb = +2\nc = (-3)\nd = ((4))",
     "a int [-1] 1:5\nb int [2] 2:5\nc int [-3] 3:6\nd int [4] 4:7\n"},
    {"python", "a = -0", "a int [0] 1:5\n"},
    {"python", "a = .5\nb = 1e-3\nc = 1.\nd = -1E+2\ne = 1_0.5",
     "a float [0.5] 1:5\nb float [0.001] 2:5\nc float [1] 3:5\nd float [-100] 4:5\n"
     "e float [10.5] 5:5\n"},
    {"python", "a = 1e400", "a expression [1e400] 1:5\nwarning infinite-value 1:5\n"},
    {"python", "a = 'x'\nb = \"y\"\nc = '''z'''\nd = \"\"\"q\"r\"\"\"",
     "a str [x] 1:5\nb str [y] 2:5\nc str [z] 3:5\nd str [q\"r] 4:5\n"},
    {"python", "a = \"a\" 'b'", "a str [ab] 1:5\n"},
    {"python", "a = ('a'  # one\n     'b')\nb = 1", "a str [ab] 1:6\nb int [1] 3:5\n"},
    {"python", "a = r'\\d' u'é' R'\\''", "a str [\\dé\\'] 1:5\n"},
    {"python", "a = '\\x41\\u00e9\\U0001F600\\101\\'\\q\\\nz'", "a str [Aé😀A'\\qz] 1:5\n"},
    {"python", "a = '''x\ny'''\nb = 2", "a str [x\ny] 1:5\nb int [2] 3:5\n"},
    {"python", "a = True\nb = False", "a bool [True] 1:5\nb bool [False] 2:5\n"},
    {"python", "x: int = 1\ny : 'float' = 1e-3", "x int [1] 1:10\ny float [0.001] 2:15\n"},
    {"python", "a = 1  # one\n\n# two\nb = 'x # y'  # z", "a int [1] 1:5\nb str [x # y] 4:5\n"},
    {"python", "a = 1; b = 2 ;c=3;", "a int [1] 1:5\nb int [2] 1:12\nc int [3] 1:17\n"},
    {"python", "a = \\\n  5", "a int [5] 2:3\n"},
    {"python", "a = (\n  0.5  # half\n)", "a float [0.5] 2:3\n"},
    {"python", "é = 'é'; λ = 2", "é str [é] 1:5\nλ int [2] 1:14\n"},
    {"python", "a = 1\r\nb = 2\rc = 3", "a int [1] 1:5\nb int [2] 2:5\nc int [3] 3:5\n"},
    {"python", "  a = 1\n  b = 2", "a int [1] 1:7\nb int [2] 2:7\n"},
    /* Order of first appearance, last value */
    {"python", "a = 1\nb = 2\na = 'x'", "a str [x] 3:5\nb int [2] 2:5\n"},
    /* Fixed */
    {"python", "a = None", "a expression [None] 1:5\nnote fixed-parameter 1:5\n"},
    {"python", "a = [1, 2]", "a expression [[1, 2]] 1:5\nnote fixed-parameter 1:5\n"},
    {"python", "a = 1, 2", "a expression [1, 2] 1:5\nnote fixed-parameter 1:5\n"},
    {"python", "a = 2j", "a expression [2j] 1:5\nnote fixed-parameter 1:5\n"},
    {"python", "a = b'x'", "a expression [b'x'] 1:5\nnote fixed-parameter 1:5\n"},
    {"python", "a = '\\N{BULLET}'", "a expression ['\\N{BULLET}'] 1:5\nnote fixed-parameter 1:5\n"},
    {"python", "a = '\\0'", "a expression ['\\0'] 1:5\nnote fixed-parameter 1:5\n"},
    {"python", "a = '\\ud83d'", "a expression ['\\ud83d'] 1:5\nnote fixed-parameter 1:5\n"},
    {"python", "a = not True", "a expression [not True] 1:5\nnote fixed-parameter 1:5\n"},
    {"python", "a = {'k':\n  1}\nb = 1",
     "a expression [{'k':\n  1}] 1:5\nb int [1] 3:5\nnote fixed-parameter 1:5\n"},
    {"python", "lr = 0.1\nlr2 = lr * 2",
     "lr float [0.1] 1:6\nlr2 expression [lr * 2] 2:7 reads lr\nnote fixed-parameter 2:7\n"},
    {"python", "a = 1\nb = f(a=2, x=c.a)\nc = f'{a} b'",
     "a int [1] 1:5\nb expression [f(a=2, x=c.a)] 2:5 reads c\n"
     "c expression [f'{a} b'] 3:5 reads a\nnote fixed-parameter 2:5\nnote fixed-parameter 3:5\n"},
    {"python", "a = 1\nb = lambda x=a: x",
     "a int [1] 1:5\nb expression [lambda x=a: x] 2:5 reads a\nnote fixed-parameter 2:5\n"},
    /* Form comments */
    {"python", "lr = 0.01  #@param {type:\"slider\", min:0.001, max:0.1, step:0.001}",
     "lr float [0.01] 1:6 min 0.001 max 0.1 step 0.001\n"},
    {"python", "o = \"adam\"  # @param [\"adam\", \"sgd\"] {allow-input: true}",
     "o str [adam] 1:5 choices adam,sgd\n"},
    {"python", "o = 'a,b'  #@param ['a,b', \"it's\", 'x\\'y']",
     "o str [a,b] 1:5 choices a,b,it's,x'y\n"},
    {"python", "b = True #@param [True, False] {type:\"raw\"}",
     "b bool [True] 1:5 choices True,False\n"},
    {"python", "n = 5 # text #@param {type:'integer', min: -5, max: 1e2,}",
     "n int [5] 1:5 min -5 max 1e2\n"},
    {"python", "n = 5; #@param {min:1}", "n int [5] 1:5 min 1\n"},
    {"python", "n = 5 #@param {type:\"number\"}", "n int [5] 1:5\n"},
    {"python", "n = 5 #@title min", "n int [5] 1:5\n"},
    {"python", "n = 5 #@param {min:a}", "n int [5] 1:5\nwarning bad-range 1:7\n"},
    {"python", "n = 5 #@param {min:3, max:1}", "n int [5] 1:5\nwarning bad-range 1:7\n"},
    {"python", "n = 5 #@param {min:1, max:3, step:0}", "n int [5] 1:5\nwarning bad-range 1:7\n"},
    {"python", "n = 5 #@param ['a', ", "n int [5] 1:5\nwarning bad-range 1:7\n"},
    /* What is no plain assignment; the rest is still read */
    {"python", "import os\na = 1", "a int [1] 2:5\nerror not-an-assignment 1:1\n"},
    {"python", "'''doc'''\npass; x += 1\na = 1",
     "a int [1] 3:5\nerror not-an-assignment 1:1\nerror not-an-assignment 2:1\n"
     "error not-an-assignment 2:7\n"},
    {"python", "if x:\n    b = 1\nelse:\n    c = 2\na = 1",
     "a int [1] 5:5\nerror not-an-assignment 1:1\n"},
    {"python", "@d\ndef f(x=1):\n\n    return 1\na = 1",
     "a int [1] 5:5\nerror not-an-assignment 2:1\n"},
    {"python", "if x: b = 1; c = 2\na = 1", "a int [1] 2:5\nerror not-an-assignment 1:1\n"},
    {"python", "a.b = 1\na[0] = 1\nc = 1",
     "c int [1] 3:5\nerror not-an-assignment 1:1\nerror not-an-assignment 2:1\n"},
    {"python", "x: int\na = 1", "a int [1] 2:5\nerror not-an-assignment 1:1\n"},
    {"python", "True = 1", "error not-an-assignment 1:1\n"},
    {"python", "a = b = 1\nc = 1", "c int [1] 2:5\nerror several-targets 1:1\n"},
    {"python", "a, b = 1, 2\n(c) = 1", "error several-targets 1:1\nerror several-targets 2:1\n"},
    {"python", "%matplotlib inline\na = 1", "a int [1] 2:5\nerror magic-in-cell 1:1\n"},
    {"python", "a = 1\n!pip install \"x\nb = 2",
     "a int [1] 1:5\nb int [2] 3:5\nerror magic-in-cell 2:1\n"},
    {"python", "f = !ls 'x\nb = 2", "b int [2] 2:5\nerror magic-in-cell 1:5\n"},
    {"python", "\n%%bash\na = 1", "error magic-in-cell 2:1\n"},
    {"python", "a = 1\n  b = 2\nc = 3", "a int [1] 1:5\nc int [3] 3:5\nerror bad-syntax 2:3\n"},
    {"python", "a =\nb = 1", "b int [1] 2:5\nerror bad-syntax 1:3\n"},
    {"python", "a = 'x\nb = 1", "b int [1] 2:5\nerror bad-syntax 1:5\n"},
    {"python", "a = '''x\nb = 1", "b int [1] 2:5\nerror bad-syntax 1:5\n"},
    {"python", "a = f(1,\nb = 1", "b int [1] 2:5\nerror bad-syntax 1:6\n"},
    {"python", "a = 1)\nb = 1", "b int [1] 2:5\nerror bad-syntax 1:6\n"},
    {"python", "# nothing", "warning empty-parameters 0:0\n"},
    /* R */
    {"R", "lr <- 0.01\nn = 5L\nm <- 500\nok <- TRUE\nno <- FALSE\ns <- 'x' # y",
     "lr float [0.01] 1:7\nn int [5] 2:5\nm int [500] 3:6\nok bool [True] 4:7\n"
     "no bool [False] 5:7\ns str [x] 6:6\n"},
    {"R", "learning.rate <-\n  -1e-3; x <- 0x10L",
     "learning.rate float [-0.001] 2:3\nx int [16] 2:15\n"},
    {"R", "s <- \"a\\tb\\u00e9\nc\"; r <- r\"-(a\\)b)-\"",
     "s str [a\tbé\nc] 1:6\nr str [a\\)b] 2:10\n"},
    {"R", "a <- NULL\nb <- c(1, 2)\nd <- a %in% b",
     "a expression [NULL] 1:6\nb expression [c(1, 2)] 2:6\n"
     "d expression [a %in% b] 3:6 reads a b\nnote fixed-parameter 1:6\n"
     "note fixed-parameter 2:6\nnote fixed-parameter 3:6\n"},
    {"R", "f <- function(x = 1) {\n  y <- 2\n}\na <- b <- 1\nlibrary(x)\nk <- 1",
     "f expression [function(x = 1) {\n  y <- 2\n}] 1:6\nk int [1] 6:6\n"
     "note fixed-parameter 1:6\nerror several-targets 4:1\nerror not-an-assignment 5:1\n"},
    {"R", "a <- 1_0.5", "a expression [1_0.5] 1:6\nnote fixed-parameter 1:6\n"},
    {"R", "if (TRUE) {\n a <- 1\n}\nb <- 2", "b int [2] 4:6\nerror not-an-assignment 1:1\n"},
    /* Julia */
    {"julia", "lr = 0.01\nconst n = 5\nok = true\nno = false\ns = \"x\\$y\"\nη::Float64 = 1f-3",
     "lr float [0.01] 1:6\nn int [5] 2:11\nok bool [True] 3:6\nno bool [False] 4:6\n"
     "s str [x$y] 5:5\nη float [0.001] 6:14\n"},
    {"julia", "#= c\n #= d =# =# a = 1\nb = 2a\ns = \"$a\"\nt = \"$(f(\"a\"))\"; c = a'",
     "a int [1] 2:17\nb expression [2a] 3:5 reads a\ns expression [\"$a\"] 4:5 reads a\n"
     "t expression [\"$(f(\"a\"))\"] 5:5 reads a\nc expression [a'] 5:22 reads a\n"
     "note fixed-parameter 3:5\nnote fixed-parameter 4:5\nnote fixed-parameter 5:5\n"
     "note fixed-parameter 5:22\n"},
    {"julia", "function f(x)\n  y = 1\nend\nx = if true\n 1\nelse\n 2\nend\nz = a[end]\nw = 1",
     "x expression [if true\n 1\nelse\n 2\nend] 4:5\nz expression [a[end]] 9:5\nw int [1] 10:5\n"
     "error not-an-assignment 1:1\nnote fixed-parameter 4:5\nnote fixed-parameter 9:5\n"},
    {"julia", "f(x) = 2x\nc = 'a'\nr = r\"\\d\"\na = 1",
     "c expression ['a'] 2:5\nr expression [r\"\\d\"] 3:5\na int [1] 4:5\n"
     "error not-an-assignment 1:1\nnote fixed-parameter 2:5\nnote fixed-parameter 3:5\n"},
    {"julia", "begin\na = 1", "a int [1] 2:5\nerror bad-syntax 1:1\n"},
    {"scala", "val a = 1", "error unknown-language 0:0\n"},
};

static void print_range(FILE *out, const struct nbt_range *range)
{
    if (*range->min)
        fprintf(out, " min %s", range->min);
    if (*range->max)
        fprintf(out, " max %s", range->max);
    if (*range->step)
        fprintf(out, " step %s", range->step);
    for (size_t i = 0; i < range->n_choices; i++)
        fprintf(out, "%s%s", i ? "," : " choices ", range->choices[i]);
}

static void print_parameters(FILE *out, const struct nbt_notebook *notebook)
{
    for (size_t i = 0; i < notebook->n_parameters; i++) {
        const struct nbt_parameter *parameter = &notebook->parameters[i];
        fprintf(out, "%s %s [%s] %d:%d", parameter->name, nbt_type_name(parameter->type),
                parameter->value, parameter->line, parameter->column);
        print_range(out, &parameter->range);
        for (size_t k = 0; k < parameter->n_reads; k++)
            fprintf(out, "%s %s", k ? "" : " reads", parameter->reads[k]);
        fputc('\n', out);
    }
}

/* The literal is what stands at its place, and its place is right. */
static void check_literals(const struct nbt_notebook *notebook)
{
    for (size_t i = 0; i < notebook->n_parameters; i++) {
        const struct nbt_parameter *parameter = &notebook->parameters[i];
        const char *at = notebook->cells[0].source + parameter->offset;
        if (strlen(parameter->literal) != parameter->length ||
            memcmp(at, parameter->literal, parameter->length) != 0)
            fail_msg("%s: literal \"%s\" of %zu bytes, source \"%s\"", parameter->name,
                     parameter->literal, parameter->length, at);
    }
}

static void reads_parameters(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nbt_notebook *notebook =
            made_notebook(cases[i].language, cases[i].source, "print(x)");
        char *got = NULL;
        size_t size;
        FILE *out = open_memstream(&got, &size);
        print_parameters(out, notebook);
        print_diagnostics(out, notebook, 0);
        fclose(out);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("case %zu, %s:\n%s\ngot:\n%swant:\n%s", i, cases[i].language, cases[i].source,
                     got, cases[i].want);
        check_literals(notebook);
        free(got);
        nbt_free(notebook);
    }
}

static const struct {
    const char *source;
    const char *want;
} texts[] = {
    {"import os",
     "Must provide just primitive types assignments in variables block: found 'import os', "
     "expected NAME = value. Move it to another cell"},
    {"a = b = 1",
     "Must provide single variable assignments in variables block: found 'a = b = 1', expected "
     "NAME = value. Write one assignment for each name"},
    {"%matplotlib inline",
     "The parameters cell holds an IPython command: found '%matplotlib inline', expected NAME = "
     "value. Move it to another cell"},
    {"a = None",
     "a stays fixed: found 'None', which is no literal of a primitive type (int, float, str, "
     "bool). Write such a literal to tune it"},
    {"if aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaéaaaaaaaaaaaaaaaaaaaaaa:\n  b = 1",
     "Must provide just primitive types assignments in variables block: found 'if "
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaéa...', expected NAME = value. Move it "
     "to another cell"},
};

static void says_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct nbt_notebook *notebook = made_notebook("python", texts[i].source, "print(x)");
        const char *got = notebook->n_diagnostics ? notebook->diagnostics[0].text : "nothing";
        if (strcmp(got, texts[i].want) != 0)
            fail_msg("%s\ngot:  %s\nwant: %s", texts[i].source, got, texts[i].want);
        nbt_free(notebook);
    }
}

/* A cell of unclosed brackets is read in reasonable time. */
static void survives_many_problems(void **state)
{
    (void)state;
    size_t size = 400000;
    char *source = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        source[i] = "(\n"[i % 2];
    source[size] = '\0';
    struct nbt_notebook *notebook = made_notebook("python", source, "print(x)");
    assert_true(notebook->n_diagnostics > 0 && notebook->n_diagnostics < 100);
    nbt_free(notebook);
    free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_parameters),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(survives_many_problems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
