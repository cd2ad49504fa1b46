/* The folders of connections: private, short, locked by their owner, swept when the owner is gone.
 * For connection.c. */
#ifndef JUPYTER_CONNECTION_FOLDER_H
#define JUPYTER_CONNECTION_FOLDER_H

#include "nbtags/error.h"

/* *ret_path is the caller's to free; the lock lives as long as the descriptor. */
nbt_must_check int connection_folder_create(char **ret_path, int *ret_lock_fd,
                                            struct nbt_error *err);

/* Removes the folder and closes the lock; NULL and -1 are allowed. */
void connection_folder_remove(const char *path, int lock_fd);

#endif
