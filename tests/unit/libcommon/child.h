/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a piece of code in a child process to see how it ends and what it writes. */
#ifndef CHILD_H
#define CHILD_H

#include <check.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit status, or 128 + signal; standard error is copied to text. */
static inline int in_child(void (*fn)(void), char *text, size_t cap)
{
    int fd[2], status = 0;
    size_t len = 0;
    ck_assert_int_eq(pipe(fd), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fd[1], STDERR_FILENO);
        close(fd[0]);
        close(fd[1]);
        fn();
        _exit(0);
    }
    close(fd[1]);
    for (ssize_t n; len + 1 < cap && (n = read(fd[0], text + len, cap - 1 - len)) > 0;)
        len += (size_t)n;
    text[len] = 0;
    close(fd[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
