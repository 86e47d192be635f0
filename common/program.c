/*
 * Layer: edge
 * Specification: man/nat64d.8, man/dns64.8
 */
#include "common/program.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/service.h"
#include "common/settings_advice.h"
#include "common/settings_file.h"
#include "config.h"

struct options {
    const char *file;
    bool test;
    struct program_order order;
};

static void print_usage(const char *name, bool modes, FILE *out)
{
    fprintf(out,
            "usage: %s [-c FILE] [-f] [-T]\n"
            "  -c FILE    configuration (default %s/gate64/gate64.conf)\n"
            "  -f         log to standard error\n"
            "  -T         check the configuration, print what is in force, and exit\n"
            "%s"
            "  -h         this help\n"
            "  --version  the version\n",
            name, SYSCONFDIR,
            modes ? "  --keep       stopping leaves device, rules and sessions for the next start\n"
                    "  --host-up    set the host up, without translating, and exit\n"
                    "  --host-down  undo what was set on the host, and exit\n"
                  : "");
}

static int parse_options(const char *name, int argc, char *argv[], bool modes, struct options *ret_options)
{
    static const struct option all_options[] = {
        {"keep", no_argument, NULL, 'k'},      {"host-up", no_argument, NULL, 'U'},
        {"host-down", no_argument, NULL, 'D'}, {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},   {NULL, 0, NULL, 0},
    };
    const struct option *long_options = modes ? all_options : all_options + 3;
    int c;
    while ((c = getopt_long(argc, argv, "c:fTh", long_options, NULL)) != -1) {
        switch (c) {
        case 'c': ret_options->file = optarg; break;
        case 'f': ret_options->order.foreground = true; break;
        case 'T': ret_options->test = true; break;
        case 'k': ret_options->order.keep = true; break;
        case 'U': ret_options->order.mode = PROGRAM_HOST_UP; break;
        case 'D': ret_options->order.mode = PROGRAM_HOST_DOWN; break;
        case 'h': print_usage(name, modes, stdout); return PROGRAM_GOOD;
        case 'V': printf("%s %s\n", name, PACKAGE_VERSION); return PROGRAM_GOOD;
        default: print_usage(name, modes, stderr); return PROGRAM_USAGE;
        }
    }
    if (optind == argc)
        return -1;
    print_usage(name, modes, stderr);
    return PROGRAM_USAGE;
}

static int print_settings(const struct settings *settings)
{
    char *text = settings_file_print(settings);
    int status =
        text != NULL && fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? PROGRAM_GOOD : PROGRAM_FAILED;
    free(text);
    return status;
}

static void say(void *context, enum log_level level, const char *text)
{
    (void)context;
    log_line(level, "config", "%s", text);
}

void program_advise(const struct settings *settings)
{
    settings_advise(settings, say, NULL);
}

int program_begin(const char *name, int argc, char *argv[], bool modes, struct program_order *ret_order,
                  struct settings **ret_settings)
{
    struct options options = {0};
    struct settings *settings;
    char error[SETTINGS_ERROR_LEN];
    int status = parse_options(name, argc, argv, modes, &options);
    if (status >= 0)
        return status;
    if (settings_file_load(options.file, &settings, error) < 0) {
        fprintf(stderr, "%s\n", error);
        return PROGRAM_FAILED;
    }
    if (!options.test)
        log_open(name, settings->log.level, options.order.foreground ? LOG_SINK_STDERR : settings->log.sink);
    if (options.test || modes)
        program_advise(settings);
    if (options.test) {
        status = print_settings(settings);
        settings_file_free(settings);
        return status;
    }
    *ret_order = options.order;
    *ret_settings = settings;
    return -1;
}

int program_lock(const char *name, const struct settings *settings)
{
    char dir[SETTINGS_PATH_LEN + SETTINGS_NAME_LEN];
    int pid = 0;
    snprintf(dir, sizeof(dir), "%s/%s", settings->state_dir, name);
    int fd = service_lock(dir, &pid);
    if (fd == -EBUSY)
        log_error("service", "%s runs already, as process %d; stop it first, or choose another state-dir",
                  name, pid);
    else if (fd < 0)
        log_error("service", "cannot lock %s: %s; run %s as root or through systemd", dir, strerror(-fd),
                  name);
    return fd;
}

int program_control(const char *name, const struct settings *settings, const struct control_route *routes,
                    void *context, struct control **ret_control)
{
    char path[SETTINGS_PATH_LEN + SETTINGS_NAME_LEN];
    snprintf(path, sizeof(path), "%s/%s/control", settings->state_dir, name);
    int r = control_start(path, routes, context, ret_control);
    if (r < 0)
        log_error("control", "cannot listen on %s: %s; choose another state-dir", path, strerror(-r));
    return r;
}
