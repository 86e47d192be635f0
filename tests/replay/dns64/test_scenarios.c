/*
 * The scenarios of tests/replay/dns64/, each a test: dns64 as it is, upstreams that do as they are told, and
 * a clock that does not wait. A name pattern as argument: those alone.
 *
 * Layer: test
 * Specification: tests/replay/dns64/README.md; RFC 6147 5
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/replay/dns64/scenario.h"
#include "tests/replay/dns64/virtual.h"
#include "tests/unit/test.h"

static void play(void **context)
{
    scenario_play(*context);
}

static int clean_up(void **context)
{
    (void)context;
    scenario_end();
    return 0;
}

static int run(const glob_t *files)
{
    struct scenario *scenarios = NULL;
    size_t count = 0;
    for (size_t i = 0; i < files->gl_pathc; i++)
        scenario_read(files->gl_pathv[i], &scenarios, &count);
    struct CMUnitTest *tests = calloc(count, sizeof(*tests));
    if (tests == NULL)
        return EXIT_FAILURE;
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){scenarios[i].name, play, NULL, clean_up, &scenarios[i]};
    int failed = _cmocka_run_group_tests("scenarios", tests, count, NULL, NULL);
    free(tests);
    scenario_free(scenarios, count);
    return failed;
}

int main(int argc, char **argv)
{
    const char *source = getenv("G64_SOURCE"), *reason;
    char pattern[4096];
    glob_t files;
    if (source == NULL) {
        fprintf(stderr, "G64_SOURCE is not set: the folder of the source\n");
        return EXIT_FAILURE;
    }
    if (!virtual_begin(&reason)) {
        printf("1..0 # SKIP %s\n", reason);
        return EXIT_SUCCESS;
    }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    snprintf(pattern, sizeof(pattern), "%s/tests/replay/dns64/*.replay", source);
    if (glob(pattern, 0, NULL, &files) != 0) {
        fprintf(stderr, "%s: there are none\n", pattern);
        return EXIT_FAILURE;
    }
    int failed = run(&files);
    globfree(&files);
    virtual_end();
    return failed;
}
