/* shell.h - commands, openssl's above all, run in the corpus's directory. */
#ifndef SHELL_H
#define SHELL_H

#include "support/check.h"

/* shell_run: what the command prints goes into `output` when that is not NULL. Returns 1 if it
 * succeeded. */
int shell_run(tls_buffer *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The command succeeds and prints `what` (NULL: anything). */
#define check_shell(what, command) check_shell_at(CHECK_HERE, what, command)
void check_shell_at(const char *file, int line, const char *what, const char *command);

#endif
