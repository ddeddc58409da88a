#include "targets/container/machine.h"

#include <string.h>
#include <sys/utsname.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"

struct platform {
	const char *whole, *system, *architecture, *variant;
};

const char *
kg_machine_platform(struct kg_arena *arena)
{
	static const struct {
		const char *machine, *architecture;
	} names[] = {
		{ "x86_64", "amd64" },
		{ "aarch64", "arm64" },
		{ "armv8l", "arm64" },
		{ "armv7l", "arm/v7" },
		{ "armv6l", "arm/v6" },
		{ "i686", "386" },
		{ "i386", "386" },
		{ "loongarch64", "loong64" },
	};
	struct utsname name;

	if (uname(&name) != 0)
		return "linux/unknown";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].machine, name.machine) == 0)
			return kg_format(arena, "linux/%s", names[i].architecture);
	return kg_format(arena, "linux/%s", name.machine);
}

/* "linux/arm/v7" in its parts; what is not said is "". */
static struct platform
platform_read(struct kg_arena *arena, const char *text)
{
	struct platform platform = { .whole = text };
	size_t system = strcspn(text, "/");
	const char *rest = text + system + (text[system] == '/');
	size_t architecture = strcspn(rest, "/");

	platform.system = kg_copy_bytes(arena, text, system);
	platform.architecture = kg_copy_bytes(arena, rest, architecture);
	platform.variant = rest[architecture] ? rest + architecture + 1 : "";
	return platform;
}

const struct kg_pair *
kg_machine_arguments(struct kg_arena *arena, const char *target)
{
	const char *here = kg_machine_platform(arena);
	const struct {
		const char *word;
		struct platform platform;
	} both[] = {
		{ "BUILD", platform_read(arena, here) },
		{ "TARGET", platform_read(arena, target ? target : here) },
	};
	KG_LIST(struct kg_pair) pairs = { 0 };

	for (size_t i = 0; i < 2; i++) {
		const struct platform *platform = &both[i].platform;
		const struct kg_pair parts[] = { { "PLATFORM", platform->whole }, { "OS", platform->system },
			{ "ARCH", platform->architecture }, { "VARIANT", platform->variant } };

		for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]); part++)
			kg_list_push(arena, &pairs,
			    (struct kg_pair){ kg_format(arena, "%s%s", both[i].word, parts[part].name), parts[part].value });
	}
	kg_list_push(arena, &pairs, (struct kg_pair){ 0 });
	return pairs.items;
}
