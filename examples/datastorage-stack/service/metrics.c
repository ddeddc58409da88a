#include "metrics.h"

#include <stdatomic.h>

struct metric_text {
	const char *name, *type, *help;
};

static const struct metric_text metric_texts[METRICS] = {
	[METRIC_STORED] = { "datastorage_events_stored_total", "counter", "Events added to the table." },
	[METRIC_DUPLICATE] = { "datastorage_events_duplicate_total", "counter", "Events that were in the table already." },
	[METRIC_QUEUED] = { "datastorage_events_queued_total", "counter", "Events accepted into the dead letters." },
	[METRIC_REPLAYED] = { "datastorage_batches_replayed_total", "counter",
	    "Batches taken out of the dead letters and stored." },
	[METRIC_REFUSED] = { "datastorage_batches_refused_total", "counter", "Batches that PostgreSQL will never take." },
	[METRIC_INVALID] = { "datastorage_batches_invalid_total", "counter", "Batches that were not valid." },
	[METRIC_DATABASE_UP] = { "datastorage_database_up", "gauge", "1 while events go straight to PostgreSQL." },
	[METRIC_REDIS_UP] = { "datastorage_redis_up", "gauge", "1 when Redis answered last time." },
	[METRIC_WAITING] = { "datastorage_dead_letters", "gauge", "Batches that wait for PostgreSQL, when last looked." },
};

static const struct {
	const char *method, *path;
} route_texts[ROUTES] = {
	[ROUTE_EVENTS_POST] = { "POST", "/api/v1/audit/events" },
	[ROUTE_EVENTS_GET] = { "GET", "/api/v1/audit/events" },
	[ROUTE_HEALTHZ] = { "GET", "/healthz" },
	[ROUTE_READYZ] = { "GET", "/readyz" },
	[ROUTE_METRICS] = { "GET", "/metrics" },
	[ROUTE_OTHER] = { "other", "other" },
};

/* Upper bounds; what is slower still is only in the count. */
static const long long bucket_us[] = { 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 10000000 };

enum { BUCKETS = sizeof(bucket_us) / sizeof(bucket_us[0]), STATUS_CLASSES = 6 };

static atomic_llong metrics[METRICS];
static atomic_llong requests[ROUTES][STATUS_CLASSES];
static atomic_llong durations[ROUTES][BUCKETS];
static atomic_llong duration_sums_us[ROUTES];

void
metrics_count(enum metric metric, long long amount)
{
	atomic_fetch_add(&metrics[metric], amount);
}

void
metrics_set(enum metric metric, long long value)
{
	atomic_store(&metrics[metric], value);
}

void
metrics_request(enum route route, unsigned status, long long duration_us)
{
	atomic_fetch_add(&requests[route][status / 100 < STATUS_CLASSES ? status / 100 : 0], 1);
	atomic_fetch_add(&duration_sums_us[route], duration_us);
	for (int i = 0; i < BUCKETS; i++) {
		if (duration_us <= bucket_us[i]) {
			atomic_fetch_add(&durations[route][i], 1);
			break;
		}
	}
}

static void
write_requests(struct text *text)
{
	text_add(text,
	    "# HELP datastorage_http_requests_total Requests answered.\n"
	    "# TYPE datastorage_http_requests_total counter\n");
	for (int route = 0; route < ROUTES; route++) {
		for (int class = 1; class < STATUS_CLASSES; class ++) {
			long long count = atomic_load(&requests[route][class]);

			if (count > 0)
				text_add(text, "datastorage_http_requests_total{method=\"%s\",path=\"%s\",status=\"%dxx\"} %lld\n",
				    route_texts[route].method, route_texts[route].path, class, count);
		}
	}
}

static void
write_durations(struct text *text, int route)
{
	const char *method = route_texts[route].method, *path = route_texts[route].path;
	long long total = 0, below = 0;

	for (int class = 0; class < STATUS_CLASSES; class ++)
		total += atomic_load(&requests[route][class]);
	if (total == 0)
		return;
	for (int i = 0; i < BUCKETS; i++) {
		below += atomic_load(&durations[route][i]);
		text_add(text, "datastorage_http_request_seconds_bucket{method=\"%s\",path=\"%s\",le=\"%g\"} %lld\n", method, path,
		    (double)bucket_us[i] / 1e6, below);
	}
	text_add(
	    text, "datastorage_http_request_seconds_bucket{method=\"%s\",path=\"%s\",le=\"+Inf\"} %lld\n", method, path, total);
	text_add(text, "datastorage_http_request_seconds_sum{method=\"%s\",path=\"%s\"} %.6f\n", method, path,
	    (double)atomic_load(&duration_sums_us[route]) / 1e6);
	text_add(text, "datastorage_http_request_seconds_count{method=\"%s\",path=\"%s\"} %lld\n", method, path, total);
}

void
metrics_write(struct text *ret_text)
{
	for (int i = 0; i < METRICS; i++) {
		const struct metric_text *metric = &metric_texts[i];

		text_add(ret_text, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", metric->name, metric->help, metric->name, metric->type,
		    metric->name, atomic_load(&metrics[i]));
	}
	write_requests(ret_text);
	text_add(ret_text,
	    "# HELP datastorage_http_request_seconds How long requests took.\n"
	    "# TYPE datastorage_http_request_seconds histogram\n");
	for (int route = 0; route < ROUTES; route++)
		write_durations(ret_text, route);
}
