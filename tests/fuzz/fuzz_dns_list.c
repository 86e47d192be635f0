/*
 * A file of domains (never, always, hide-a): read line by line, and each entry found again; each line as the
 * name of a record type, too.
 *
 * Layer: test
 * Specification: man/gate64.conf.5 (never, always, hide-a)
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns64/edge/line_file.h"
#include "dns64/edge/list_file.h"
#include "dns64/wire/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const uint8_t *file;
static size_t file_len;

/* The lines of the input, in the place of those of a file. */
int line_file_read(const char *path, const char *advice, line_file_take *take, void *context,
                   char error[SETTINGS_ERROR_LEN])
{
    unsigned number = 1;
    int r = 0;
    (void)path;
    (void)advice;
    (void)error;
    for (size_t at = 0; r == 0 && at < file_len; number++) {
        const uint8_t *end = memchr(file + at, '\n', file_len - at);
        size_t len = (end != NULL ? (size_t)(end - file) : file_len) - at;
        char *line = malloc(len + 1);
        assert(line != NULL);
        memcpy(line, file + at, len);
        line[len] = '\0';
        r = take(context, number, line, len);
        free(line);
        at += len + 1;
    }
    return r;
}

/* Each name that a line may be: what is found for it reads again to itself. */
static void find_again(const struct list *list, const struct name *name)
{
    char text[LIST_TEXT_LEN], plain[NAME_TEXT_LEN];
    struct list_match match = list_find(list, name);
    if (match.len == 0)
        return;
    assert(match.len == match.name.len && name_under(name, &match.name, NULL));
    assert(name_equal(name, &match.name) ? match.scope & LIST_SELF : match.scope & LIST_BELOW);
    if (strspn(name_print(&match.name, plain), "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(plain))
        return; /* \DDD is for people, not for files */
    struct list *again = list_new((struct siphash_key){3, 4});
    if (again != NULL && list_add(again, list_print(&match, text)) == 0) {
        struct list_match same = list_find(again, name);
        assert(same.len == match.len && same.scope == match.scope);
    }
    list_free(again);
}

/* What is a type has a name that is the same type. */
static void read_type(const char *text)
{
    char again[TYPE_TEXT_LEN];
    uint16_t type, same;
    if (type_parse(text, &type))
        assert(type_parse(type_text(type, again), &same) && same == type);
}

static void find_all(const struct list *list)
{
    char text[NAME_TEXT_LEN];
    struct name name;
    for (size_t at = 0; at < file_len;) {
        const uint8_t *end = memchr(file + at, '\n', file_len - at);
        size_t len = (end != NULL ? (size_t)(end - file) : file_len) - at, skip = 0;
        if (len > 0 && file[at] == '=')
            skip = 1;
        if (len - skip < sizeof(text)) {
            memcpy(text, file + at + skip, len - skip);
            text[len - skip] = '\0';
            read_type(text);
            if (name_from_text(text, &name))
                find_again(list, &name);
        }
        at += len + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char error[SETTINGS_ERROR_LEN];
    struct list *list = list_new((struct siphash_key){1, 2});
    assert(list != NULL);
    file = data;
    file_len = len;
    int r = list_file_read("list", list, error);
    assert(r == 0 || r == -EINVAL);
    if (r == -EINVAL) {
        assert(strnlen(error, sizeof(error)) < sizeof(error));
        for (const char *p = error; *p != '\0'; p++)
            assert(*p >= ' ' && *p <= '~');
    }
    find_all(list);
    list_free(list);
    return 0;
}
