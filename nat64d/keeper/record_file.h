/*
 * The host record as a file that is never behind what was done.
 *
 * Layer: edge
 * Specification: open(2) O_APPEND, flock(2), rename(2)
 *
 * A line is one write, so a kill leaves whole lines. The folder is locked as long as the record is open, by
 * a descriptor that commands inherit: one that outlives us is waited for, not raced with. A record of another
 * boot or another network namespace speaks of what is gone, and is dropped.
 */
#ifndef GATE64_NAT64D_KEEPER_RECORD_FILE_H
#define GATE64_NAT64D_KEEPER_RECORD_FILE_H

#include <stddef.h>

#include "nat64d/keeper/record.h"

struct record_file;

/* FOLDER/host; the folder is made if missing. Logs what it could not do, and damaged lines. */
int record_file_open(const char *folder, struct record_file **ret_file) __attribute__((warn_unused_result));
/* Accepts NULL. */
void record_file_close(struct record_file *file);

int record_file_lock(const struct record_file *file);

/* What was begun and not undone, oldest first. A pointer is good until the next begin or undone. */
size_t record_file_count(const struct record_file *file);
const struct record_entry *record_file_at(const struct record_file *file, size_t index);
const struct record_entry *record_file_find(const struct record_file *file, const struct record_entry *key);

/* 0, or negative errno, logged. An entry that is there takes the new values. */
int record_file_begin(struct record_file *file, const struct record_entry *entry)
    __attribute__((warn_unused_result));
int record_file_done(struct record_file *file, const struct record_entry *entry)
    __attribute__((warn_unused_result));
int record_file_undone(struct record_file *file, const struct record_entry *entry)
    __attribute__((warn_unused_result));

/* When all is undone. */
int record_file_remove(struct record_file *file) __attribute__((warn_unused_result));

#endif
