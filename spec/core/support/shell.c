/* shell.c - commands run in the corpus's directory. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support/buffers.h"
#include "support/corpus.h"
#include "support/shell.h"

int
shell_run(tls_buffer *output, const char *format, ...)
{
    char command[2048], whole[CORPUS_PATH_MAXIMUM + sizeof command], chunk[4096];
    va_list arguments;
    FILE *pipe;
    size_t n;

    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    snprintf(
        whole, sizeof whole, "cd '%s' && { %s; } 2>&1 </dev/null", corpus_directory(), command);
    fflush(stdout);
    pipe = popen(whole, "r");
    require(pipe != NULL, "popen");
    while ((n = fread(chunk, 1, sizeof chunk, pipe)) > 0)
        if (output != NULL)
            tls_buffer_append(output, chunk, n);
    return pclose(pipe) == 0;
}

void
check_shell_at(const char *file, int line, const char *what, const char *command)
{
    tls_buffer output = {NULL, 0, 0, 0};
    int good = shell_run(&output, "%s", command);

    good = good && (what == NULL || buffer_contains(&output, what));
    if (!check_at(file, line, good, "%s", command))
        printf("# %.*s\n", (int)output.length, output.length ? (char *)output.data : "");
    tls_buffer_release(&output);
}
