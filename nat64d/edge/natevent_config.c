/*
 * Layer: edge
 * Specification: man/nat64d.8
 */
#include "nat64d/edge/natevent_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

static void *copy(const void *from, size_t count, size_t size)
{
    void *to = calloc(count + 1, size);
    if (to != NULL && count > 0)
        memcpy(to, from, count * size);
    return to;
}

static bool copy_pools(struct natevent_pools *pools, const struct settings *settings)
{
    pools->pools = calloc(settings->pools_count + 1, sizeof(*pools->pools));
    if (pools->pools == NULL)
        return false;
    pools->count = settings->pools_count;
    for (size_t i = 0; i < pools->count; i++) {
        pools->pools[i].address = settings->pools[i].address;
        memcpy(pools->pools[i].name, settings->pools[i].name, sizeof(pools->pools[i].name));
    }
    return true;
}

int natevent_config_new(const struct settings *settings, const char *event, uint32_t bindings,
                        struct natevent_config **ret_config)
{
    struct natevent_config *config = calloc(1, sizeof(*config));
    if (config == NULL)
        return -ENOMEM;
    config->wanted = settings_has_events(settings);
    config->journal = settings_events_journal(settings);
    memcpy(config->path, settings->log.events, sizeof(config->path));
    config->event = event;
    config->bindings = bindings;
    config->begun_ns = clock_now_ns();
    config->statics = copy(settings->statics, settings->statics_count, sizeof(*settings->statics));
    config->eam = copy(settings->eam, settings->eam_count, sizeof(*settings->eam));
    if (!copy_pools(&config->pools, settings) || config->statics == NULL || config->eam == NULL) {
        natevent_config_free(config);
        return -ENOMEM;
    }
    config->statics_count = settings->statics_count;
    config->eam_count = settings->eam_count;
    *ret_config = config;
    return 0;
}

void natevent_config_free(struct natevent_config *config)
{
    if (config == NULL)
        return;
    free(config->pools.pools);
    free(config->statics);
    free(config->eam);
    free(config);
}

void natevent_config_tell(struct natevent_config *config)
{
    config->told = 0;
    config->lines = config->wanted ? 1 + config->statics_count + config->eam_count : 0;
}

size_t natevent_config_line(struct natevent_config *config, const struct natevent_clock *clock,
                            char line[NATEVENT_TEXT_LEN])
{
    uint64_t utc_ns = natevent_clock_utc(clock, config->begun_ns);
    size_t at = config->told;
    if (at == config->lines)
        return 0;
    config->told++;
    if (at == 0)
        return natevent_text_begin(utc_ns, config->event, config->bindings, line);
    if (at <= config->statics_count)
        return natevent_text_static(utc_ns, &config->statics[at - 1], line);
    return natevent_text_eam(utc_ns, &config->eam[at - 1 - config->statics_count], line);
}
