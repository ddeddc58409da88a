/*
 * A server that gives bearer tokens, as distribution's token specification has it: signed with a key of its own, which a real
 * registry can be told to believe.
 *
 *     struct token_server *tokens = token_server_start(asking, "user", "password");
 *     registry_server_start(arena, folder, (struct registry_options){ .more = token_server_config(tokens) });
 */
#pragma once

#include "tests/unit/registry/asking.h"

struct token_server;

/* Needs the program openssl. Anonymous askers get tokens that may pull. */
struct token_server *token_server_start(struct asking *asking, const char *user, const char *password);
const char *token_server_config(struct token_server *tokens);
/* How long its tokens are good for, as they say and as the registry sees it. Seconds. */
void token_server_life(struct token_server *tokens, int said, int true_one);
/* How many were given so far. */
int token_server_given(struct token_server *tokens);
/* The last one. */
const char *token_server_last(struct token_server *tokens);
void token_server_stop(struct token_server *tokens);
