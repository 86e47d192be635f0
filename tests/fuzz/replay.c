/*
 * The main of a fuzz target where there is no fuzzer: each file named, and each file of each folder named,
 * once. Prints TAP.
 *
 * Layer: test
 * Specification: libFuzzer's LLVMFuzzerTestOneInput
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { INPUT_MAX = 1 << 20 };

static unsigned number;

static void run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_MAX);
    size_t len = file != NULL && data != NULL ? fread(data, 1, INPUT_MAX, file) : 0;
    /* Exactly as large as it is, so that a sanitizer finds a read beyond it. */
    uint8_t *exact = malloc(len + (len == 0));
    if (exact != NULL && data != NULL && len > 0)
        memcpy(exact, data, len);
    LLVMFuzzerTestOneInput(exact, len);
    printf("ok %u - %s\n", ++number, strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path);
    if (file != NULL)
        fclose(file);
    free(exact);
    free(data);
}

int main(void)
{
    const char *source = getenv("G64_SOURCE");
    char folder[4096], path[8192];
    snprintf(folder, sizeof(folder), "%s/tests/fuzz/%s.in", source != NULL ? source : ".", FUZZ_NAME);
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        printf("Bail out! no %s\n", folder);
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        run_file(path);
    }
    closedir(dir);
    printf("1..%u\n", number);
    return number > 0 ? 0 : 1;
}
