#include "cli/terminal.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"

#define PICTURE_MAX ((size_t)1 << 20)

bool terminal_is_live(void)
{
    const char *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && term && term[0] && strcmp(term, "dumb") != 0;
}

struct progress_style terminal_style(void)
{
    const char *no_color = getenv("NO_COLOR");
    struct winsize size = {0};
    struct progress_style style = {
        .width = 80,
        .rows = 24,
        .colour = !no_color || !no_color[0],
        .ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
    };

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        style.width = size.ws_col;
        style.rows = size.ws_row > 0 ? size.ws_row : 24;
    }
    return style;
}

static void send(const struct buf *bytes)
{
    struct nbt_error ignored = NBT_ERROR_INIT;

    fflush(stdout);
    /* A terminal that went away ends us by SIGHUP; there is nobody to tell. */
    if (file_write_all(STDOUT_FILENO, bytes->data, bytes->length, &ignored) < 0)
        return;
}

/* A terminal made narrower has wrapped the old lines over more rows. */
static void put_home(struct buf *out, const struct terminal *terminal, size_t columns)
{
    size_t wraps =
        columns && terminal->columns > columns ? (terminal->columns + columns - 1) / columns : 1;

    if (terminal->lines)
        buf_printf(out, "\r\033[%zuA", terminal->lines * wraps);
}

static size_t count_lines(const struct buf *picture)
{
    size_t lines = 0;

    for (size_t i = 0; i < picture->length; i++)
        lines += picture->data[i] == '\n';
    return lines;
}

static void put_lines(struct buf *out, const struct buf *picture)
{
    for (size_t i = 0; i < picture->length; i++) {
        if (picture->data[i] == '\n')
            buf_puts(out, "\033[K");
        buf_putc(out, picture->data[i]);
    }
}

/*
 * The cursor is hidden and shown again within one write, so that no exit, however sudden, can leave
 * it hidden.
 */
void terminal_draw(struct terminal *terminal, const struct buf *picture, size_t columns)
{
    CLEANUP(buf_fini) struct buf out = buf_init(PICTURE_MAX);

    buf_puts(&out, "\033[?25l");
    put_home(&out, terminal, columns);
    put_lines(&out, picture);
    buf_puts(&out, "\033[J\033[?25h");
    if (buf_failed(&out))
        return;
    send(&out);
    terminal->lines = count_lines(picture);
    terminal->columns = columns;
}

void terminal_erase(struct terminal *terminal)
{
    CLEANUP(buf_fini) struct buf out = buf_init(256);

    if (terminal->lines == 0)
        return;
    put_home(&out, terminal, terminal_style().width);
    buf_puts(&out, "\033[J");
    send(&out);
    terminal->lines = 0;
}
