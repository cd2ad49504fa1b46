/*
 * Files and folders: bounded reads, atomic writes, paths.
 * Every descriptor is close-on-exec.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "nbtags/error.h"

/* Reads a whole regular file of at most `maximum` bytes; NUL-terminated; the caller frees. */
nbt_must_check int file_read(const char *path, size_t maximum, char **ret_data, size_t *ret_length,
                             struct nbt_error *err);

/* Replaces or creates `path`: temporary file in its folder, fsync, rename, fsync of the folder.
 * Keeps an existing mode. */
nbt_must_check int file_write_atomic(const char *path, const void *data, size_t length, mode_t mode,
                                     struct nbt_error *err);

/* The same without either fsync: atomic to readers, may be lost with power (intermediate saves of
 * executed notebooks). */
nbt_must_check int file_replace(const char *path, const void *data, size_t length, mode_t mode,
                                struct nbt_error *err);

/* fsync of the folder that holds `path`: its creation, renaming or removal is durable after. */
nbt_must_check int file_sync_folder(const char *path, struct nbt_error *err);

nbt_must_check int file_write_all(int fd, const void *data, size_t length,
                                  struct nbt_error *err); /* retries EINTR, short */
nbt_must_check int file_mkdir_all(const char *path, mode_t mode,
                                  struct nbt_error *err); /* like mkdir -p */
nbt_must_check int
file_remove_tree(const char *path,
                 struct nbt_error *err); /* no link is followed; absent is success */
nbt_must_check int file_sha256(const char *path, char ret_hex[65], struct nbt_error *err);
void file_sha256_bytes(const void *data, size_t length, char ret_hex[65]);

/* Absolute, links resolved; the caller frees. */
nbt_must_check int file_real_path(const char *path, char **ret_path, struct nbt_error *err);
char *file_join(const char *folder, const char *name); /* caller frees; NULL without memory */
const char *file_base_name(const char *path);          /* borrows; the part after the last '/' */
char *file_folder(const char *path); /* the part before it, "." or "/" when empty; caller frees */

/* Where state is kept, an absolute path: $NBKATIB_HOME, else $XDG_DATA_HOME/nbkatib, else
 * ~/.local/share/nbkatib. It need not exist yet. NBT_ENOTFOUND when there is no home folder. The
 * caller frees. */
nbt_must_check int file_state_root(char **ret_path, struct nbt_error *err);

/* True for NFS, CIFS, FUSE, 9p, ...: filesystems whose locks and mmap SQLite's WAL cannot trust. */
bool file_is_network(const char *path);

/* Text of a terminal-safe copy: control characters, escape sequences and invalid UTF-8 shown as
 * \xNN. Caller frees. */
char *file_printable(const char *text);

#endif
