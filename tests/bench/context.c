/*
 * What the files of a build context cost: as kgraph finds and digests them, beside `git status` of the same tree when nothing has changed, and beside
 * a bare walk of two threads that reads and hashes every file when nothing is known. By turns, medians, as ratios.
 *
 *     zig build bench --release=safe && zig-out/bench/context [FILES]
 */

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define XXH_STATIC_LINKING_ONLY /* the layout of XXH3_state_t */
#include <xxhash.h>

#include "cache/context.h"
#include "cache/context_rules.h"
#include "cache/stat_cache.h"
#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"

enum { rounds = 11, files_a_folder = 20, folders_a_folder = 12 };

static void
die(const char *what)
{
	fprintf(stderr, "context: %s\n", what);
	exit(2);
}

/* Some as large as sources are: 4 KB in the mean, a few much larger. */
static void
tree_make(struct kg_arena *arena, const char *folder, int files)
{
	static char bytes[64 << 10];
	uint32_t random = 1;

	for (int i = 0; i < files; i++) {
		int leaf = i / files_a_folder;
		const char *path = kg_format(arena, "%s/part-%d/module-%d/file-%d.c", folder, leaf / folders_a_folder, leaf, i);

		random = random * 1103515245 + 12345;
		size_t size = (random >> 16) % 7000 + (i % 100 == 0 ? 50000 : 200);
		memset(bytes, 'a' + i % 26, size);
		memcpy(bytes, path, strlen(path));
		if (i % files_a_folder == 0 && kg_file_make_folder(arena, kg_path_folder(arena, path), 0755))
			die("cannot make a folder");
		if (kg_file_write(arena, path, bytes, size, 0644))
			die("cannot write a file");
	}
}

static void
run(const char *const *argv)
{
	posix_spawn_file_actions_t actions;
	pid_t child;
	int status;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&child, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ) != 0)
		die("cannot start git");
	if (waitpid(child, &status, 0) != child || status != 0)
		die("git failed");
	posix_spawn_file_actions_destroy(&actions);
}

static const char *tree, *cache_path;
static int file_count;

static void
git_measure(void)
{
	run((const char *const[]){ "git", "-C", tree, "status", "--short", NULL });
}

static void
kgraph_measure(void)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_context_files files;
	struct kg_context_rules *rules;
	struct kg_stat_cache *cache;
	static const char ignore[] = ".git\n**/*.o\n**/node_modules\nbuild\n*.md\n!README.md\n";

	if (kg_stat_cache_open(arena, cache_path, &cache) ||
	    kg_context_rules_read(arena, ".dockerignore", ignore, sizeof(ignore) - 1, &rules) ||
	    kg_context_read(arena, cache, tree, rules, "", &files) || kg_stat_cache_close(cache, arena))
		die("kgraph failed");
	if ((int)files.count < file_count)
		die("files are missing");
	kg_arena_free(arena);
}

static void
kgraph_cold_measure(void)
{
	unlink(cache_path);
	kgraph_measure();
}

/* ---- the bare walk: what is the least that it can cost? ---- */

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t bell;
	char *folders[100000];
	int count, open;
	uint64_t sum;
} walk = { .mutex = PTHREAD_MUTEX_INITIALIZER, .bell = PTHREAD_COND_INITIALIZER };

static void
walk_push(char *path)
{
	pthread_mutex_lock(&walk.mutex);
	walk.folders[walk.count++] = path;
	walk.open++;
	pthread_cond_signal(&walk.bell);
	pthread_mutex_unlock(&walk.mutex);
}

static uint64_t
walk_hash(int folder, const char *name)
{
	char bytes[128 << 10];
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	XXH3_state_t state;
	ssize_t got;

	XXH3_128bits_reset(&state);
	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		XXH3_128bits_update(&state, bytes, (size_t)got);
	close(fd);
	return XXH3_128bits_digest(&state).low64;
}

static uint64_t
walk_folder(const char *path)
{
	DIR *folder = opendir(path);
	uint64_t sum = 0;
	char *below;

	for (struct dirent *found; (found = readdir(folder));) {
		if (found->d_name[0] == '.')
			continue;
		if (found->d_type != DT_DIR)
			sum += walk_hash(dirfd(folder), found->d_name);
		else if (asprintf(&below, "%s/%s", path, found->d_name) > 0)
			walk_push(below);
	}
	closedir(folder);
	return sum;
}

static void *
walk_thread(void *)
{
	pthread_mutex_lock(&walk.mutex);
	while (walk.open > 0) {
		if (walk.count == 0) {
			pthread_cond_wait(&walk.bell, &walk.mutex);
			continue;
		}
		char *path = walk.folders[--walk.count];
		pthread_mutex_unlock(&walk.mutex);
		uint64_t sum = walk_folder(path);
		free(path);
		pthread_mutex_lock(&walk.mutex);
		walk.sum += sum;
		walk.open--;
	}
	pthread_cond_broadcast(&walk.bell);
	pthread_mutex_unlock(&walk.mutex);
	return NULL;
}

static void
bare_measure(void)
{
	pthread_t second;

	walk_push(strdup(tree));
	if (pthread_create(&second, NULL, walk_thread, NULL) != 0)
		die("cannot start a thread");
	walk_thread(NULL);
	pthread_join(second, NULL);
}

static int
time_order(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* By turns, so that a machine that slows down does so for both. */
static void
compare(const char *what, void (*ours)(void), const char *peer, void (*theirs)(void))
{
	int64_t times_ns[2][rounds];

	ours();
	theirs();
	for (int i = 0; i < rounds; i++) {
		int64_t started_ns = kg_clock_now_ns();

		ours();
		times_ns[0][i] = kg_clock_now_ns() - started_ns;
		theirs();
		times_ns[1][i] = kg_clock_now_ns() - started_ns - times_ns[0][i];
	}
	for (int i = 0; i < 2; i++)
		qsort(times_ns[i], rounds, sizeof(times_ns[i][0]), time_order);
	const int middle = rounds / 2;
	double ours_ms = (double)times_ns[0][middle] / 1e6, theirs_ms = (double)times_ns[1][middle] / 1e6;
	printf("%s: kgraph %.1f ms, %s %.1f ms, ratio %.2f\n", what, ours_ms, peer, theirs_ms, ours_ms / theirs_ms);
}

int
main(int argc, char **argv)
{
	const char *under = getenv("TMPDIR");
	struct kg_arena *arena = kg_arena_make();
	char *work = mkdtemp(kg_format(arena, "%s/kgraph-context-XXXXXX", under ? under : "/tmp"));

	file_count = argc > 1 ? atoi(argv[1]) : 20000;
	if (!work || file_count < 1)
		die("cannot make a folder");
	tree = kg_format(arena, "%s/tree", work);
	cache_path = kg_format(arena, "%s/files", work);
	tree_make(arena, tree, file_count);
	run((const char *const[]){ "git", "init", "-q", tree, NULL });
	run((const char *const[]){ "git", "-C", tree, "add", ".", NULL });
	/* git and kgraph alike look again at files that are younger than their own notes. */
	sleep(3);
	git_measure();
	compare("nothing changed", kgraph_measure, "git status", git_measure);
	compare("nothing known", kgraph_cold_measure, "bare walk", bare_measure);
	if (kg_file_remove(arena, work))
		die("cannot clean up");
	kg_arena_free(arena);
	return 0;
}
