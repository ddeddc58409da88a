/*
 * What a container registry has (OCI distribution), fetched and put by steps of a job: manifests and blobs, with the
 * credentials that the user's other tools left in the usual places.
 *
 *     static struct kg_next
 *     base_known(struct kg_job *job)
 *     {
 *         const struct kg_registry_result *result = kg_registry_result(job);
 *
 *         if (result->error || result->is_absent)
 *             return kg_go(build);
 *         ... result->manifest->config.digest
 *     }
 *     ...
 *     struct kg_image_reference base;
 *     if (kg_image_reference_read(job->arena, "postgres:16", &base))
 *         return kg_registry_manifest(job, &(struct kg_manifest_ask){ .of = base }, base_known);
 *
 * Each ask goes on with `then` whatever happens: nothing here fails a job. What goes over the wire is checked against its
 * digest and size. Interrupted transfers go on where they were cut; answers that say "later" are asked again a few times.
 * Credentials are never shown: they are hidden (kg_hide) before they are first used.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/field.h"
#include "engine/job.h"

struct kg_arena;
struct kg_error;

/* Where something is: "postgres:16" is docker.io, library/postgres, 16. */
struct kg_image_reference {
	const char *host;   /* with its port: "docker.io", "localhost:5000" */
	const char *path;   /* the repository: "library/postgres" */
	const char *tag;    /* NULL when a digest alone is given */
	const char *digest; /* "sha256:…"; NULL: none. It counts before the tag */
};
/* As docker reads them: a first part with a dot or a port, or localhost, is a host; a missing tag is "latest". False when text is none. */
[[nodiscard]] bool kg_image_reference_read(struct kg_arena *arena, const char *text, struct kg_image_reference *ret_reference);
/* "docker.io/library/postgres:16" */
const char *kg_image_reference_tell(struct kg_arena *arena, const struct kg_image_reference *reference);

/* The repository of that name in the remote: "PATH/images". */
const char *kg_remote_repository(struct kg_arena *arena, const struct kg_remote *remote, const char *name);

/* What a manifest names. */
struct kg_descriptor {
	const char *media_type;
	const char *digest;                      /* "sha256:" and 64 hexadecimal digits */
	int64_t size;                            /* bytes */
	const char *os, *architecture, *variant; /* of an entry of an index; NULL where it does not say */
	const struct kg_pair *annotations;       /* ended by a NULL name; never NULL */
};

struct kg_manifest {
	const char *media_type;    /* "application/vnd.oci.image.manifest.v1+json" or docker's name for the same, or an index's */
	const char *artifact_type; /* NULL: none */
	bool is_index;
	struct kg_descriptor config;        /* its digest is an image's id; digest NULL in an index */
	const struct kg_descriptor *layers; /* of an index: its manifests */
	uint32_t layer_count;
	const struct kg_pair *annotations; /* ended by a NULL name; never NULL */
};
extern const char kg_manifest_oci[]; /* the media type of an OCI image manifest */

/* KG_ENETWORK when bytes are no manifest: they came from elsewhere. content_type: for those that do not say themselves; NULL: unknown. Pure. */
[[nodiscard]] struct kg_error *kg_registry_manifest_read(
    struct kg_arena *arena, const char *bytes, size_t size, const char *content_type, struct kg_manifest *ret_manifest);
/* The JSON of an OCI image manifest; media_type need not be set. */
const char *kg_manifest_write(struct kg_arena *arena, const struct kg_manifest *manifest);
/* The same manifest with these annotations (ended by a NULL name) set; all else stays. NULL when bytes are no JSON object. */
const char *kg_manifest_annotate(struct kg_arena *arena, const char *bytes, size_t size, const struct kg_pair *annotations);
/* The value of an annotation, or NULL. */
const char *kg_annotation(const struct kg_pair *annotations, const char *name);

/* How the last ask ended. Lives as long as the job; overwritten by its next ask. */
struct kg_registry_result {
	const struct kg_error *error; /* NULL: all is well, and so it is when something is absent */
	int32_t status;               /* of the last answer; 0: none came */
	bool is_absent;               /* there is no such manifest or blob */
	bool is_denied;               /* with error: by 401 or 403, which is also how some hide that a repository is not there */
	bool was_there;               /* put: the registry had it before, nothing was sent */
	const char *digest;           /* of what was got or put */
	int64_t size;                 /* of the same, in bytes */
	int64_t moved_bytes;          /* that went over the wire for it */

	const struct kg_manifest *manifest; /* manifest: NULL when there is none */
	const char *bytes;                  /* manifest: as it came, size long, ended by a zero byte */
	const char *named_digest; /* manifest: of what the tag names: the index, when it was chosen from one; else as digest */
};
const struct kg_registry_result *kg_registry_result(const struct kg_job *job);

/* Texts of an ask must live in job->arena; the ask itself need not. */
struct kg_manifest_ask {
	struct kg_image_reference of;
	/* Which of an index: "linux/arm64", "linux/arm/v7". NULL: this machine's. "": the index itself. */
	const char *platform;
	int64_t stall_ms; /* for which nothing may move; 0: 10 s */
};
struct kg_next kg_registry_manifest(struct kg_job *job, const struct kg_manifest_ask *ask, kg_step *then);

/* Puts bytes under of.tag, or under their digest when of.tag is NULL. */
struct kg_manifest_put {
	struct kg_image_reference of;
	const char *media_type; /* NULL: kg_manifest_oci */
	const char *bytes;
	size_t size;
	int64_t stall_ms; /* as above */
};
struct kg_next kg_registry_manifest_put(struct kg_job *job, const struct kg_manifest_put *put, kg_step *then);

/* Fetches a blob into a file, which is made or emptied first, and is gone when the ask did not end well. */
struct kg_blob_ask {
	const char *host, *path;
	const char *digest;
	int64_t size;     /* as the manifest says it; negative: unknown */
	const char *file; /* absolute */
	int64_t stall_ms;
};
struct kg_next kg_registry_blob_get(struct kg_job *job, const struct kg_blob_ask *ask, kg_step *then);

/* Puts a file, or bytes, as a blob, unless the registry has it. */
struct kg_blob_put {
	const char *host, *path;
	const char *digest; /* as the caller knows it; NULL: worked out, of a file on a worker thread */
	const char *file;   /* absolute; must stay as it is until the ask has ended. NULL: bytes */
	const char *bytes;
	size_t size; /* of bytes */
	int64_t stall_ms;
};
struct kg_next kg_registry_blob_put(struct kg_job *job, const struct kg_blob_put *put, kg_step *then);

/* "sha256:" and 64 hexadecimal digits. */
const char *kg_sha256(struct kg_arena *arena, const void *bytes, size_t size);
