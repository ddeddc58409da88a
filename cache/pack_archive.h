/*
 * libarchive, loaded when the first pack is written or read: most runs have none to do with, and it brings eight libraries that nothing else needs.
 *
 *     error = kg_archive_load(arena);
 *     struct archive *archive = kg_archive.archive_read_new();
 *
 * Its headers are used as ever: kg_archive.archive_read_new is archive_read_new. Inside cache/.
 */
#pragma once

#include <archive.h>
#include <archive_entry.h>

struct kg_arena;
struct kg_error;

#define KG_ARCHIVE_FUNCTIONS(each)                   \
	each(archive_entry_clear);                   \
	each(archive_entry_filetype);                \
	each(archive_entry_free);                    \
	each(archive_entry_hardlink);                \
	each(archive_entry_new);                     \
	each(archive_entry_pathname);                \
	each(archive_entry_perm);                    \
	each(archive_entry_set_filetype);            \
	each(archive_entry_set_mtime);               \
	each(archive_entry_set_pathname);            \
	each(archive_entry_set_perm);                \
	each(archive_entry_set_size);                \
	each(archive_entry_set_symlink);             \
	each(archive_entry_size);                    \
	each(archive_entry_symlink);                 \
	each(archive_errno);                         \
	each(archive_error_string);                  \
	each(archive_read_data);                     \
	each(archive_read_free);                     \
	each(archive_read_new);                      \
	each(archive_read_next_header);              \
	each(archive_read_open_filename);            \
	each(archive_read_support_filter_zstd);      \
	each(archive_read_support_format_tar);       \
	each(archive_write_add_filter_zstd);         \
	each(archive_write_close);                   \
	each(archive_write_data);                    \
	each(archive_write_free);                    \
	each(archive_write_header);                  \
	each(archive_write_new);                     \
	each(archive_write_open_filename);           \
	each(archive_write_set_bytes_in_last_block); \
	each(archive_write_set_filter_option);       \
	each(archive_write_set_format_gnutar)

struct kg_archive {
#define KG_ARCHIVE_MEMBER(name) typeof(&(name)) name
	KG_ARCHIVE_FUNCTIONS(KG_ARCHIVE_MEMBER);
#undef KG_ARCHIVE_MEMBER
};

/* NULLs until it is loaded. */
extern struct kg_archive kg_archive;

/* Harmless when repeated, and on any thread. KG_ESYSTEM when there is none that can be used. */
[[nodiscard]] struct kg_error *kg_archive_load(struct kg_arena *arena);
