/*
 * What the address sanitizer spends on each allocation is most of the time of a target that allocates much.
 *
 * Layer: test
 * Specification: https://github.com/google/sanitizers/wiki/AddressSanitizerFlags
 */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "malloc_context_size=4:quarantine_size_mb=8";
}
