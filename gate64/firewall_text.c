/*
 * Layer: pure
 * Specification: iptables(8) -S
 */
#include "gate64/firewall_text.h"

#include <string.h>

/* Whether the words of a line are `first`, `second` (may be NULL), `third`; *ret_end is behind them. */
static bool words_are(const char *line, const char *const *words, const char **ret_end)
{
    for (; *words != NULL; words++) {
        size_t len = strlen(*words);
        if (strncmp(line, *words, len) != 0 || (line[len] != ' ' && line[len] != '\n' && line[len] != '\0'))
            return false;
        line += len + (line[len] == ' ');
    }
    *ret_end = line;
    return true;
}

static bool ends(const char *at)
{
    return *at == '\n' || *at == '\0';
}

/* "-A FORWARD -i DEVICE -j ACCEPT" with nothing else, or the jump to the chain of the daemon. */
static void take_accept(const char *line, const char *device, struct firewall_text *result)
{
    static const char prefix[] = "-A FORWARD -j G64-";
    const char *const in[] = {"-A", "FORWARD", "-i", device, "-j", "ACCEPT", NULL};
    const char *const out[] = {"-A", "FORWARD", "-o", device, "-j", "ACCEPT", NULL};
    const char *const all[] = {"-A", "FORWARD", "-j", "ACCEPT", NULL};
    size_t len = strlen(prefix), device_len = strlen(device);
    const char *end;
    bool chain = strncmp(line, prefix, len) == 0 && strncmp(line + len, device, device_len) == 0 &&
                 ends(line + len + device_len);
    bool both = chain || (words_are(line, all, &end) && ends(end));
    if (both || (words_are(line, in, &end) && ends(end)))
        result->in = true;
    if (both || (words_are(line, out, &end) && ends(end)))
        result->out = true;
}

/* "-A FORWARD -j DROP", or REJECT with whatever it answers. */
static bool drops_all(const char *line)
{
    static const char *const drop[] = {"-A", "FORWARD", "-j", "DROP", NULL};
    static const char *const reject[] = {"-A", "FORWARD", "-j", "REJECT", NULL};
    const char *end;
    return words_are(line, drop, &end) || words_are(line, reject, &end);
}

struct firewall_text firewall_text_judge(const char *rules, const char *device)
{
    static const char *const policy[] = {"-P", "FORWARD", "DROP", NULL};
    struct firewall_text result = {false, false};
    bool dropping = false;
    const char *end;
    for (const char *line = rules; *line != '\0';) {
        if (words_are(line, policy, &end))
            dropping = true;
        take_accept(line, device, &result);
        if (drops_all(line)) {
            dropping = true;
            break;
        }
        line = strchr(line, '\n');
        if (line == NULL)
            break;
        line++;
    }
    if (!dropping)
        result = (struct firewall_text){true, true};
    return result;
}
