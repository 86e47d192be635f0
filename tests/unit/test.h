/*
 * What every unit test includes: cmocka with the headers that it wants before it, and a table of tests.
 *
 * Layer: test
 * Specification: none
 */
#ifndef GATE64_TESTS_UNIT_TEST_H
#define GATE64_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST(name) static void name(void **test_context __attribute__((unused)))
#define RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)

#endif
