/*
 * gate64: the operator's command line. A table of subcommands, and the options that they take.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/settings_file.h"
#include "config.h"
#include "gate64/cmd.h"

/* Options that only some subcommands take. */
enum {
    TAKES_BACKEND = 1 << 0,
    TAKES_LIMIT = 1 << 1,
    TAKES_ALL = 1 << 2,
    TAKES_STATE_DIR = 1 << 3,
    TAKES_JSON = 1 << 4,
    TAKES_ASKING = TAKES_STATE_DIR | TAKES_JSON, /* what goes with asking a daemon */
    READS_FILE = 1 << 5,                         /* needs more of the configuration than the state-dir */
    TAKES_SPAN = 1 << 6,                         /* --count, --for */
    TAKES_PROTOCOL = 1 << 7,
    TAKES_FILTER = TAKES_BACKEND | TAKES_PROTOCOL,
    TAKES_LOG = 1 << 8, /* --at, --file */
    TAKES_BELOW = 1 << 9,
    TAKES_ADDRESS = 1 << 10,
    TAKES_RESET = 1 << 11,
    TAKES_NAME = 1 << 12,
    TAKES_CLIENT = 1 << 13,
};

struct subcommand {
    const char *name;
    const char *arguments;
    const char *summary;
    unsigned takes;
    int operands_max;
    int (*run)(const struct cmd_options *options);
};

static const struct subcommand subcommands[] = {
    {"status", "[nat64d|dns64]", "both daemons at a glance", TAKES_ASKING, 2, cmd_status},
    {"sessions", "[--backend ADDR] [--protocol P] [--limit N]", "the flows that are translated now",
     TAKES_ASKING | TAKES_FILTER | TAKES_LIMIT, 0, cmd_sessions},
    {"bindings", "[--backend ADDR] [--protocol P] [--limit N]",
     "which backend has which IPv4 address and port", TAKES_ASKING | TAKES_FILTER | TAKES_LIMIT, 0,
     cmd_bindings},
    {"pool", "[--limit N]", "how much of each IPv4 address is in use, how long it lasts",
     TAKES_ASKING | TAKES_LIMIT, 0, cmd_pool},
    {"mtu", "[--limit N]", "backends behind a link that is narrower than this host's",
     TAKES_ASKING | TAKES_LIMIT, 0, cmd_mtu},
    {"who", "ADDR#PORT [--at TIME] [--protocol P] [--file LOG]",
     "which backend had an IPv4 address and port at a time",
     TAKES_ASKING | TAKES_PROTOCOL | TAKES_LOG | READS_FILE, 1, cmd_who},
    {"counters", "[--all] [--limit N] [nat64d|dns64]", "what was counted, drops by their reason",
     TAKES_ASKING | TAKES_ALL | TAKES_LIMIT, 2, cmd_counters},
    {"trace", "ADDRESS [--count N] [--for SECONDS]", "the next packets of a backend, step by step, and why",
     TAKES_ASKING | TAKES_SPAN, 1, cmd_trace},
    {"dns",
     "cache | explain [--client ADDR] NAME [TYPE] | flush [--below] NAME | lookup NAME | "
     "selftest [--name NAME] | top [names|clients|upstreams]",
     "what dns64 has learned, is asked for, and why it answers so; makes it forget a name; tests it",
     TAKES_ASKING | TAKES_BELOW | TAKES_LIMIT | TAKES_NAME | TAKES_RESET | TAKES_CLIENT, 3, cmd_dns},
    {"names", "[--backend ADDR] [--address IPV4] [--limit N]",
     "which backend was told which name of an IPv4 address",
     TAKES_ASKING | TAKES_BACKEND | TAKES_ADDRESS | TAKES_LIMIT, 0, cmd_names},
    {"check", "", "what is wrong with this host, and the command that mends it", TAKES_ASKING | READS_FILE, 0,
     cmd_check},
    {"reload", "[nat64d|dns64]", "the configuration anew, in both daemons or in neither", TAKES_ASKING, 2,
     cmd_reload},
    {"upgrade", "", "nat64d goes over to the program that is installed now", TAKES_ASKING, 0, cmd_upgrade},
    {"down", "", "takes away what a stopped nat64d has left on this host", 0, 0, cmd_down},
};

enum {
    SUBCOMMANDS = sizeof(subcommands) / sizeof(subcommands[0]),
    SUMMARY_COLUMN = 10,
    COUNT_MAX = 100000, /* of a trace: packets and seconds */
    SECONDS_MAX = 3600,
    FILES_MAX = 1000,
};

enum option_value {
    OPTION_JSON = 256,
    OPTION_STATE_DIR,
    OPTION_ALL,
    OPTION_BELOW,
    OPTION_RESET,
    OPTION_NAME,
    OPTION_CLIENT,
    OPTION_BACKEND,
    OPTION_ADDRESS,
    OPTION_PROTOCOL,
    OPTION_LIMIT,
    OPTION_COUNT,
    OPTION_FOR,
    OPTION_AT,
    OPTION_FILE,
    OPTION_VERSION
};

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"state-dir", required_argument, NULL, OPTION_STATE_DIR},
    {"all", no_argument, NULL, OPTION_ALL},
    {"below", no_argument, NULL, OPTION_BELOW},
    {"reset", no_argument, NULL, OPTION_RESET},
    {"name", required_argument, NULL, OPTION_NAME},
    {"client", required_argument, NULL, OPTION_CLIENT},
    {"backend", required_argument, NULL, OPTION_BACKEND},
    {"address", required_argument, NULL, OPTION_ADDRESS},
    {"protocol", required_argument, NULL, OPTION_PROTOCOL},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"count", required_argument, NULL, OPTION_COUNT},
    {"for", required_argument, NULL, OPTION_FOR},
    {"at", required_argument, NULL, OPTION_AT},
    {"file", required_argument, NULL, OPTION_FILE},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

/* The command line, taken apart. */
struct arguments {
    struct cmd_options options;
    const struct subcommand *subcommand;
    unsigned given; /* of the options that not all take */
    char backend[ADDR_TEXT_LEN], address[ADDR_TEXT_LEN], client[ADDR_TEXT_LEN];
    const char *files[FILES_MAX];
};

static void print_usage(FILE *out)
{
    fputs("usage: gate64 [-c FILE | --state-dir DIR] [--json] COMMAND [OPTIONS]\n", out);
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        fprintf(out, "  %-*s%s%s\n  %*s   %s\n", subcommands[i].arguments[0] != '\0' ? SUMMARY_COLUMN : 0,
                subcommands[i].name, subcommands[i].arguments[0] != '\0' ? " " : "", subcommands[i].arguments,
                SUMMARY_COLUMN - 1, "", subcommands[i].summary);
    fputs("  -c FILE          configuration (default " SYSCONFDIR
          "/gate64/gate64.conf); names the state-dir\n"
          "  --state-dir DIR  where the daemons' sockets are; no file is read\n"
          "  --json           documents and JSON lines, for programs\n"
          "  -h, --help       this help\n"
          "  --version        the version\n"
          "exit status: 0 good, 1 a finding or a refusal, 2 usage, 3 the daemon is not running\n",
          out);
}

static int usage_error(const char *what, const char *value)
{
    fprintf(stderr, "gate64: %s%s%s\n", what, value != NULL ? ": " : "", value != NULL ? value : "");
    print_usage(stderr);
    return CMD_EXIT_USAGE;
}

static int take_backend(struct arguments *arguments)
{
    struct in6_addr address;
    if (addr_parse6(optarg, &address) < 0)
        return usage_error("--backend takes an IPv6 address, such as 2001:db8:1::2", optarg);
    arguments->options.backend = addr_print6(&address, arguments->backend);
    arguments->given |= TAKES_BACKEND;
    return 0;
}

static int take_address(struct arguments *arguments)
{
    uint32_t address;
    if (addr_parse4(optarg, &address) < 0)
        return usage_error("--address takes an IPv4 address, such as 192.0.2.1", optarg);
    arguments->options.address = addr_print4(address, arguments->address);
    arguments->given |= TAKES_ADDRESS;
    return 0;
}

static int take_protocol(struct arguments *arguments)
{
    if (strcmp(optarg, "tcp") != 0 && strcmp(optarg, "udp") != 0 && strcmp(optarg, "icmp") != 0)
        return usage_error("--protocol takes one of tcp, udp, icmp", optarg);
    arguments->options.protocol = optarg;
    arguments->given |= TAKES_PROTOCOL;
    return 0;
}

/* In one spelling. */
static int take_client(struct arguments *arguments)
{
    struct addr address;
    if (addr_parse(optarg, &address) < 0)
        return usage_error("--client takes an address", optarg);
    arguments->options.client = addr_print(&address, arguments->client);
    arguments->given |= TAKES_CLIENT;
    return 0;
}

static int take_file(struct arguments *arguments)
{
    struct cmd_options *options = &arguments->options;
    if (options->files_count == FILES_MAX)
        return usage_error("--file was given too often", optarg);
    arguments->files[options->files_count++] = optarg;
    options->files = arguments->files;
    arguments->given |= TAKES_LOG;
    return 0;
}

/* optarg, a number from 1 to `max`; 0, or the exit status. */
static int take_number(struct arguments *arguments, int64_t max, unsigned takes, const char *wrong,
                       int64_t *ret_number)
{
    char *end;
    errno = 0;
    long long number = strtoll(optarg, &end, 10);
    if (end == optarg || *end != '\0' || errno != 0 || number < 1 || number > max)
        return usage_error(wrong, optarg);
    *ret_number = number;
    arguments->given |= takes;
    return 0;
}

/* One option: 0, or the exit status. *ret_done: that was all there is to do. */
static int take_option(int option, struct arguments *arguments, bool *ret_done)
{
    struct cmd_options *options = &arguments->options;
    switch (option) {
    case 'c': options->file = optarg; return 0;
    case OPTION_JSON:
        options->json = true;
        arguments->given |= TAKES_JSON;
        return 0;
    case OPTION_STATE_DIR:
        options->state_dir = optarg;
        arguments->given |= TAKES_STATE_DIR;
        return 0;
    case OPTION_ALL:
        options->all = true;
        arguments->given |= TAKES_ALL;
        return 0;
    case OPTION_BELOW:
        arguments->options.below = true;
        arguments->given |= TAKES_BELOW;
        return 0;
    case OPTION_NAME:
        options->name = optarg;
        arguments->given |= TAKES_NAME;
        return 0;
    case OPTION_CLIENT: return take_client(arguments);
    case OPTION_RESET:
        options->reset = true;
        arguments->given |= TAKES_RESET;
        return 0;
    case OPTION_BACKEND: return take_backend(arguments);
    case OPTION_ADDRESS: return take_address(arguments);
    case OPTION_PROTOCOL: return take_protocol(arguments);
    case OPTION_LIMIT:
        return take_number(arguments, INT64_MAX, TAKES_LIMIT, "--limit takes a number of records, 1 or more",
                           &options->limit);
    case OPTION_COUNT:
        return take_number(arguments, COUNT_MAX, TAKES_SPAN, "--count takes a number of packets, 1 to 100000",
                           &options->count);
    case OPTION_FOR:
        return take_number(arguments, SECONDS_MAX, TAKES_SPAN, "--for takes a number of seconds, 1 to 3600",
                           &options->seconds);
    case OPTION_FILE: return take_file(arguments);
    case OPTION_AT:
        options->at = optarg;
        arguments->given |= TAKES_LOG;
        return 0;
    case 'h':
        print_usage(stdout);
        *ret_done = true;
        return 0;
    case OPTION_VERSION:
        puts("gate64 " PACKAGE_VERSION);
        *ret_done = true;
        return 0;
    default: print_usage(stderr); return CMD_EXIT_USAGE; /* getopt has said what is wrong */
    }
}

static const struct subcommand *find_subcommand(const char *name)
{
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        if (strcmp(subcommands[i].name, name) == 0)
            return &subcommands[i];
    return NULL;
}

static int take_operands(int argc, char *argv[], struct arguments *arguments)
{
    if (optind == argc)
        return usage_error("no command", NULL);
    arguments->subcommand = find_subcommand(argv[optind]);
    if (arguments->subcommand == NULL)
        return usage_error("no such command", argv[optind]);
    arguments->options.operands = argv + optind + 1;
    arguments->options.operands_count = argc - optind - 1;
    if (arguments->options.operands_count > arguments->subcommand->operands_max)
        return usage_error("too many arguments for", arguments->subcommand->name);
    if ((arguments->given & ~arguments->subcommand->takes) != 0)
        return usage_error("an option was given that does not belong to", arguments->subcommand->name);
    return 0;
}

static int parse(int argc, char *argv[], struct arguments *arguments, bool *ret_done)
{
    int option, status = 0;
    while (status == 0 && !*ret_done && (option = getopt_long(argc, argv, "c:h", long_options, NULL)) != -1)
        status = take_option(option, arguments, ret_done);
    return status != 0 || *ret_done ? status : take_operands(argc, argv, arguments);
}

/* Without --state-dir the configuration says where the sockets are. */
static int read_settings(struct cmd_options *options, unsigned takes, struct settings **ret_settings)
{
    char error[SETTINGS_ERROR_LEN];
    bool reads = (takes & READS_FILE) != 0 || ((takes & TAKES_STATE_DIR) != 0 && options->state_dir == NULL);
    if (!reads)
        return CMD_EXIT_GOOD;
    if (settings_file_load(options->file, ret_settings, error) < 0) {
        fprintf(stderr, "gate64: %s\n", error);
        return CMD_EXIT_FINDING;
    }
    options->settings = *ret_settings;
    if (options->state_dir == NULL)
        options->state_dir = (*ret_settings)->state_dir;
    return CMD_EXIT_GOOD;
}

int main(int argc, char *argv[])
{
    struct arguments arguments = {.options = {.limit = -1, .out = stdout, .err = stderr}};
    struct settings *settings = NULL;
    bool done = false;

    int status = parse(argc, argv, &arguments, &done);
    if (status != 0 || done)
        return status;
    status = read_settings(&arguments.options, arguments.subcommand->takes, &settings);
    if (status == CMD_EXIT_GOOD)
        status = arguments.subcommand->run(&arguments.options);
    else if (arguments.subcommand->run == cmd_reload) /* the file is so wrong that no daemon was asked */
        fputs("gate64: nothing was changed\n", stderr);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "gate64: cannot write the output: %s\n", strerror(errno));
        status = CMD_EXIT_FINDING;
    }
    settings_file_free(settings);
    return status;
}
