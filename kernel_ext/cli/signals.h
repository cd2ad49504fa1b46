/* Interrupts as a descriptor: SIGINT, SIGTERM and SIGHUP are counted and wake a poll instead of
 * ending the process. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include "nbtags/error.h"

/* Starts catching them, once for the process. Returns a descriptor that is readable after each one.
 */
nbt_must_check int signals_catch(struct nbt_error *err);

int signals_count(void);    /* how many came so far */
void signals_drain(void);   /* makes the descriptor wait for the next one */
void signals_release(void); /* back to what they do by default: a last wait can be interrupted */

#endif
