/*
 * Configuration files: what is accepted prints to a file that is accepted and prints the same.
 *
 * Layer: test
 * Specification: man/gate64.conf.5
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/settings_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the text of a string that is never closed; the file is refused and the program ends. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct settings *first, *second;
    char error[SETTINGS_ERROR_LEN];
    if (settings_file_load_text((const char *)data, len, "fuzz", &first, error) < 0) {
        assert(strncmp(error, "fuzz:", 5) == 0);
        return 0;
    }
    char *once = settings_file_print(first);
    assert(once != NULL);
    int r = settings_file_load_text(once, strlen(once), "fuzz", &second, error);
    assert(r == 0);
    char *twice = settings_file_print(second);
    assert(twice != NULL && strcmp(once, twice) == 0);
    free(once);
    free(twice);
    settings_file_free(first);
    settings_file_free(second);
    return 0;
}
