/*
 * What went wrong, where and what to do about it: made once, wrapped once per layer, printed once in engine/cli.
 *
 *     if (fd < 0)
 *         return kg_error_system(arena, errno, "cannot open %s", path);
 *     ...
 *     error = kg_ledger_open(arena, folder, &ledger);
 *     if (error)
 *         return kg_error_wrap(arena, error, "while opening the state of this checkout");
 *
 * A function that can fail returns struct kg_error *, NULL when all is well. Errors live in the arena that they were made in.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct kg_arena;

enum kg_code {
	KG_EINPUT = 1, /* the graph, a file or the command line is wrong: the user can mend it */
	KG_ESYSTEM,    /* the operating system refused; kg_error.sys is its errno */
	KG_ECHILD,     /* a child process ended in failure */
	KG_ENETWORK,   /* the other side cannot be reached or does not keep to the protocol */
	KG_ETIME,      /* a time limit was reached */
	KG_EDATA,      /* stored data is damaged or of another version */
	KG_EBUSY,      /* somebody else holds what is needed */
	KG_ECANCELLED, /* the user or another failure stopped it */
	KG_EFAILED,    /* the thing itself says that it failed */
};

/* A spot in a text file. Lines and columns count from 1, columns in characters; line 0 means the file as a whole. */
struct kg_place {
	const char *file;
	const char *line_text; /* the whole line without its end, for the caret; NULL when it is not at hand */
	uint32_t line, column;
	uint32_t length; /* how many characters the caret underlines; 0 is taken as 1 */
};

struct kg_error {
	enum kg_code code;
	int sys;                /* errno when code is KG_ESYSTEM, else 0 */
	struct kg_place place;  /* file is NULL when the error is not about a file's text */
	const char *message;    /* one line, no full stop: "unknown key `neds`" */
	const char *advice;     /* what to do, or NULL: "did you mean `needs`?" */
	const char *detail;     /* further lines as they are, such as a child's last output, or NULL */
	struct kg_error *cause; /* what this one wraps */
	struct kg_error *next;  /* another error found in the same pass; only kg_errors sets it */
};

[[gnu::returns_nonnull, gnu::format(printf, 3, 4)]] struct kg_error *kg_error_make(
    struct kg_arena *arena, enum kg_code code, const char *format, ...);
/* Adds what the operating system says of sys (an errno). */
[[gnu::returns_nonnull, gnu::format(printf, 3, 4)]] struct kg_error *kg_error_system(
    struct kg_arena *arena, int sys, const char *format, ...);
[[gnu::returns_nonnull, gnu::format(printf, 4, 5)]] struct kg_error *kg_error_at(
    struct kg_arena *arena, enum kg_code code, struct kg_place place, const char *format, ...);
/* Says what this layer was doing when cause happened; keeps cause's code. */
[[gnu::returns_nonnull, gnu::format(printf, 3, 4)]] struct kg_error *kg_error_wrap(
    struct kg_arena *arena, struct kg_error *cause, const char *format, ...);
/* Sets the advice and returns the error, for use in a return statement. */
[[gnu::returns_nonnull, gnu::format(printf, 3, 4)]] struct kg_error *kg_error_advise(
    struct kg_arena *arena, struct kg_error *error, const char *format, ...);

/* Copies an error with all its causes into another arena. Static texts may be shared; nothing of the old arena is. */
struct kg_error *kg_error_copy(struct kg_arena *arena, const struct kg_error *error);
/* The same with all that were found in the same pass behind it. */
struct kg_error *kg_error_copy_all(struct kg_arena *arena, const struct kg_error *error);

/* "message: cause: cause" on one line, without place, advice and detail. */
const char *kg_error_text(struct kg_arena *arena, const struct kg_error *error);

/* All errors of one pass, in the order in which they were found. */
struct kg_errors {
	struct kg_arena *arena;
	struct kg_error *first, *last;
	uint32_t count;
};

void kg_errors_add(struct kg_errors *errors, struct kg_error *error);
