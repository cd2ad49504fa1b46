/*
 * The local engine: this machine, trials are processes, state is SQLite (design section 6).
 *
 * $NBKATIB_HOME, else $XDG_DATA_HOME/nbkatib, else ~/.local/share/nbkatib (0700):
 *     experiments/NAME/   experiment.db  lock  socket  notebook.ipynb  engine.log  reserve
 * trials/TRIAL/
 *
 * The engine of an experiment is always a process of its own, `nbkatib engine NAME`, whoever
 * started it; every command reads its database and talks to it through its socket.
 *
 * It is started as `PROGRAM engine NAME --ready-fd 3 [--lifeline-fd 4]`; trials as `PROGRAM trial
 * --spec FILE --status-fd 3`.
 */
#ifndef ENGINE_LOCAL_LOCAL_H
#define ENGINE_LOCAL_LOCAL_H

#include "engine/engine.h"

extern const struct engine local_engine;

/* The engine process: runs the experiment to its end. lifeline_fd: readable (end of file) when the
 * submitter died; -1 for a detached one. ready_fd: one byte is written when it is up, or an error
 * text and end of file. Returns the exit status. */
int local_engine_main(const char *experiment, int lifeline_fd, int ready_fd);

/* The program that engine and trial processes run; default /proc/self/exe. Tests set it. Borrows.
 */
void local_set_program(const char *path);

#endif
