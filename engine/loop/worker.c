#include "engine/loop/inside.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

struct worker {
	struct kg_live live;
	uv_work_t request;
	void (*work)(void *data);
	void *data;
	_Atomic bool *stop; /* the work's own; NULL: it does not look */
	bool is_cancelled;
};

static void
on_work(uv_work_t *request)
{
	struct worker *worker = request->data;

	worker->work(worker->data);
}

static void
on_worked(uv_work_t *request, int)
{
	struct worker *worker = request->data;

	kg_live_settle(&worker->live, worker->is_cancelled ? KG_WAIT_CANCELLED : KG_WAIT_DONE, 0);
}

static void
worker_cancel(struct kg_live *live)
{
	struct worker *worker = (struct worker *)live;

	worker->is_cancelled = true;
	if (worker->stop)
		*worker->stop = true;
	uv_cancel((uv_req_t *)&worker->request);
}

void
kg_worker_start_stoppable(struct kg_loop *loop, struct kg_wait *wait, void (*work)(void *data), void *data, _Atomic bool *stop)
{
	struct worker *worker = kg_live_make(loop, wait, sizeof(*worker), worker_cancel);

	worker->request.data = worker;
	worker->work = work;
	worker->data = data;
	worker->stop = stop;
	uv_queue_work(&loop->uv, &worker->request, on_work, on_worked);
}

void
kg_worker_start(struct kg_loop *loop, struct kg_wait *wait, void (*work)(void *data), void *data)
{
	kg_worker_start_stoppable(loop, wait, work, data, NULL);
}

static int
cores_count(void)
{
	cpu_set_t cores;

	return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? CPU_COUNT(&cores) : 2;
}

static void
nothing(uv_work_t *)
{
}

/*
 * libuv takes the size of its pool from the environment when it is first used. It is made to do so now, while no other thread
 * can be reading the environment, and the variable is taken away again: children that use libuv have a pool of their own.
 */
void
kg_pool_start(struct kg_loop *loop)
{
	static const char name[] = "UV_THREADPOOL_SIZE";
	bool is_users = getenv(name) != NULL;
	int cores = cores_count();
	char size[16];

	snprintf(size, sizeof(size), "%d", cores > 2 ? cores : 2);
	setenv(name, size, 0);
	uv_queue_work(&loop->uv, &loop->pool_start, nothing, NULL);
	if (!is_users)
		unsetenv(name);
}
