/*
 * Assertions that stay on in release builds: a programmer's mistake stops the program where it is made.
 *
 *     kg_assert(job->open_handles == 0);
 */
#pragma once

/* Prints the condition and its place on standard error and aborts. */
[[noreturn]] void kg_assert_failed(const char *condition, const char *file, int line);

#define kg_assert(condition) ((condition) ? (void)0 : kg_assert_failed(#condition, __FILE__, __LINE__))
