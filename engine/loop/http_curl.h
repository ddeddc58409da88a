/*
 * libcurl, loaded when the first exchange of the process starts. Most runs make none, and loading it with the eight libraries that
 * only it needs is a quarter of the time that kgraph takes to start.
 *
 *     const char *why;
 *     if (!kg_curl_load(arena, &why)) ...
 *     CURL *easy = kg_curl.easy_init();
 *
 * Its header is used as ever: kg_curl.easy_init is curl_easy_init, of the same type.
 */
#pragma once

#include <stdbool.h>

#include <curl/curl.h>

struct kg_arena;

#define KG_CURL_FUNCTIONS(each)    \
	each(easy_cleanup);        \
	each(easy_getinfo);        \
	each(easy_init);           \
	each(easy_setopt);         \
	each(easy_strerror);       \
	each(free);                \
	each(global_init);         \
	each(multi_add_handle);    \
	each(multi_assign);        \
	each(multi_cleanup);       \
	each(multi_info_read);     \
	each(multi_init);          \
	each(multi_remove_handle); \
	each(multi_setopt);        \
	each(multi_socket_action); \
	each(slist_append);        \
	each(slist_free_all);      \
	each(url);                 \
	each(url_cleanup);         \
	each(url_get);             \
	each(url_set);             \
	each(version_info)

struct kg_curl {
#define KG_CURL_MEMBER(name) typeof(&curl_##name) name
	KG_CURL_FUNCTIONS(KG_CURL_MEMBER);
#undef KG_CURL_MEMBER
};

/* NULLs until it is loaded. */
extern struct kg_curl kg_curl;

/* Harmless when repeated. False when there is none that can be used; *ret_why, in the arena, is the system's word for it. */
bool kg_curl_load(struct kg_arena *arena, const char **ret_why);
