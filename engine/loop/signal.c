#include "engine/loop/inside.h"

#include "engine/base/arena.h"
#include "engine/base/error.h"

struct kg_signal_watch {
	uv_signal_t handle;
	struct kg_signal_watch *next;
	void (*caught)(void *context, int signal);
	void *context;
};

static void
on_signal(uv_signal_t *handle, int signal)
{
	struct kg_signal_watch *watch = handle->data;

	watch->caught(watch->context, signal);
}

struct kg_error *
kg_signals_catch(
    struct kg_arena *arena, struct kg_loop *loop, const int *signals, void (*caught)(void *context, int signal), void *context)
{
	for (; *signals != 0; signals++) {
		struct kg_signal_watch *watch = kg_new(loop->arena, struct kg_signal_watch);
		int failure = uv_signal_init(&loop->uv, &watch->handle);

		if (failure != 0)
			return kg_error_system(arena, -failure, "cannot watch for signals");
		watch->handle.data = watch;
		watch->caught = caught;
		watch->context = context;
		watch->next = loop->signals;
		loop->signals = watch;
		failure = uv_signal_start(&watch->handle, on_signal, *signals);
		if (failure != 0)
			return kg_error_system(arena, -failure, "cannot watch for signal %d", *signals);
	}
	return NULL;
}

void
kg_signals_free(struct kg_loop *loop)
{
	for (struct kg_signal_watch *watch = loop->signals; watch; watch = watch->next)
		uv_close((uv_handle_t *)&watch->handle, NULL);
	loop->signals = NULL;
}
