#include "targets/sql/migration_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "targets/sql/sql_token.h"

static EVP_MD_CTX *
hash_start(void)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();

	kg_assert(hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1);
	return hash;
}

static void
hash_end(EVP_MD_CTX *hash, struct kg_sha256 *ret_hash)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[32];

	kg_assert(EVP_DigestFinal_ex(hash, bytes, NULL) == 1);
	EVP_MD_CTX_free(hash);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		ret_hash->text[2 * i] = digits[bytes[i] >> 4];
		ret_hash->text[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_hash->text[64] = '\0';
}

static void
hash_bytes(const void *bytes, size_t size, struct kg_sha256 *ret_hash)
{
	EVP_MD_CTX *hash = hash_start();

	EVP_DigestUpdate(hash, bytes, size);
	hash_end(hash, ret_hash);
}

void
kg_migration_hash_add(const struct kg_goose_statement *statement, struct kg_sha256 *hash)
{
	struct kg_arena *scratch = kg_arena_make();
	const char *text = kg_sql_normalise(scratch, statement->text, statement->size);
	EVP_MD_CTX *both = hash_start();

	EVP_DigestUpdate(both, hash->text, strlen(hash->text));
	EVP_DigestUpdate(both, text, strlen(text));
	hash_end(both, hash);
	kg_arena_free(scratch);
}

void
kg_migration_hash_statements(const struct kg_goose_section *section, uint32_t count, struct kg_sha256 *ret_hash)
{
	const char *how = section->no_transaction ? "NO TRANSACTION" : "";

	kg_assert(count <= section->count);
	hash_bytes(how, strlen(how), ret_hash);
	for (uint32_t i = 0; i < count; i++)
		kg_migration_hash_add(&section->statements[i], ret_hash);
}

/*
 * Variables are left as they stand: their values are not what was edited. A file that cannot be read that way has no other
 * normal form than its bytes.
 */
static void
hash_normalised(struct kg_arena *arena, struct kg_migration_file *file)
{
	struct kg_goose_section unexpanded;

	if (kg_goose_parse(arena, &file->source, KG_GOOSE_UP, NULL, &unexpanded))
		file->normalised = file->sha256;
	else
		kg_migration_hash_statements(&unexpanded, unexpanded.count, &file->normalised);
}

/* Says beforehand what PostgreSQL would say in the middle of a run. */
static struct kg_error *
check_statements(struct kg_arena *arena, const struct kg_goose_source *source, const struct kg_goose_section *section)
{
	for (uint32_t i = 0; i < section->count; i++) {
		const struct kg_goose_statement *statement = &section->statements[i];

		if (kg_sql_copies_in(statement->text, statement->size))
			return kg_error_advise(arena,
			    kg_error_at(arena, KG_EINPUT, kg_goose_place(arena, source, statement->lines[0], statement->column),
				"COPY … FROM STDIN cannot be used in a migration: nothing feeds it rows"),
			    "use INSERT, or COPY from a file that the server can read");
	}
	return NULL;
}

static void
read_statements(struct kg_arena *arena, const char *const *environment, struct kg_migration_file *file)
{
	struct kg_goose_section up, down;

	file->error = kg_goose_parse(arena, &file->source, KG_GOOSE_UP, environment, &up);
	if (!file->error)
		file->error = kg_goose_parse(arena, &file->source, KG_GOOSE_DOWN, environment, &down);
	if (!file->error)
		file->error = check_statements(arena, &file->source, &up);
	if (!file->error)
		file->error = check_statements(arena, &file->source, &down);
	if (file->error)
		return;
	file->up = up;
	file->down = down;
}

static struct kg_error *
read_file(struct kg_arena *arena, const char *folder, const char *const *environment, struct kg_migration_file *file)
{
	file->is_go = kg_text_ends(file->name, ".go");
	file->source.file = kg_path_join(arena, folder, file->name);
	if (file->is_go)
		return NULL;
	struct kg_error *error = kg_file_read(arena, file->source.file, &file->source.bytes, &file->source.size);
	if (error)
		return error;
	hash_bytes(file->source.bytes, file->source.size, &file->sha256);
	hash_normalised(arena, file);
	read_statements(arena, environment, file);
	return NULL;
}

int64_t
kg_migration_version(const char *name)
{
	const char *digits = name + (name[0] == '+');
	char *end;

	/* goose reads the version with Go's ParseInt: a plus sign and leading zeros are allowed. */
	if (digits[0] < '0' || digits[0] > '9')
		return 0;
	errno = 0;
	long long version = strtoll(digits, &end, 10);
	return *end == '_' && errno == 0 ? version : 0;
}

static int
compare_files(const void *a, const void *b)
{
	const struct kg_migration_file *one = a, *two = b;

	if (one->version != two->version)
		return one->version < two->version ? -1 : 1;
	return strcmp(one->name, two->name);
}

struct listing {
	struct kg_arena *arena;
	KG_LIST(struct kg_migration_file) files;
	KG_LIST(const char *) ignored;
};

static void
list_name(struct listing *listing, const char *name)
{
	bool is_sql = kg_text_ends(name, ".sql"), is_go = kg_text_ends(name, ".go") && !kg_text_ends(name, "_test.go");
	int64_t version = kg_migration_version(name);

	if ((is_sql || is_go) && version > 0)
		kg_list_push(listing->arena, &listing->files,
		    (struct kg_migration_file){ .version = version, .name = kg_copy(listing->arena, name) });
	else if (is_sql)
		kg_list_push(listing->arena, &listing->ignored, kg_copy(listing->arena, name));
}

static struct kg_error *
list_folder(struct listing *listing, const char *folder)
{
	DIR *opened = opendir(folder);
	struct dirent *entry;

	if (!opened)
		return kg_error_system(listing->arena, errno, "cannot read the folder of the migrations, %s", folder);
	while (((void)(errno = 0), entry = readdir(opened)) != NULL)
		list_name(listing, entry->d_name);
	int sys = errno;
	closedir(opened);
	if (sys != 0)
		return kg_error_system(listing->arena, sys, "cannot read the folder of the migrations, %s", folder);
	if (listing->files.count > 0)
		qsort(listing->files.items, listing->files.count, sizeof(*listing->files.items), compare_files);
	return NULL;
}

struct kg_error *
kg_migration_files_read(
    struct kg_arena *arena, const char *folder, const char *const *environment, struct kg_migration_files *ret_files)
{
	struct listing listing = { .arena = arena };

	struct kg_error *error = list_folder(&listing, folder);
	for (uint32_t i = 0; !error && i < listing.files.count; i++)
		error = read_file(arena, folder, environment, &listing.files.items[i]);
	if (error)
		return error;
	*ret_files = (struct kg_migration_files){
		.items = listing.files.items,
		.count = listing.files.count,
		.ignored = listing.ignored.items,
		.ignored_count = listing.ignored.count,
	};
	return NULL;
}
