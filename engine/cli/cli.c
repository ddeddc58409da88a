#include "engine/cli/cli.h"

#include <stdio.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"
#include "engine/base/style.h"

static constexpr uint32_t columns_without_terminal = 100;

static int
exit_code_of(enum kg_code code)
{
	switch (code) {
	case KG_EINPUT: return KG_EXIT_USAGE;
	case KG_EBUSY: return KG_EXIT_BUSY;
	case KG_ETIME: return 3;
	case KG_ECANCELLED: return 130;
	default: return KG_EXIT_FAILED;
	}
}

int
kg_cli_fail(struct kg_cli *cli, const struct kg_error *error)
{
	struct kg_text text = { .arena = cli->arena };

	fflush(stdout);
	kg_error_show(&text, &cli->look, error);
	fputs(kg_text_end(&text), stderr);
	return exit_code_of(error->code);
}

int
kg_cli_fail_all(struct kg_cli *cli, const struct kg_errors *errors)
{
	struct kg_text text = { .arena = cli->arena };

	fflush(stdout);
	kg_errors_show(&text, &cli->look, errors);
	fputs(kg_text_end(&text), stderr);
	return exit_code_of(errors->first->code);
}

void
kg_cli_warn(struct kg_cli *cli, const char *text)
{
	const struct kg_style *style = cli->error_style;

	if (cli->asked.options.quiet)
		return;
	fflush(stdout);
	fprintf(stderr, "%swarning:%s %s\n", style->yellow, style->end, kg_mask_text(cli->arena, cli->look.mask, text));
}

void
kg_cli_warn_all(struct kg_cli *cli, const struct kg_errors *warnings)
{
	struct kg_text text = { .arena = cli->arena };
	struct kg_style style = *cli->error_style;
	struct kg_error_look look = cli->look;

	style.red = style.yellow;
	look.style = &style;
	look.subject = "warning";
	for (const struct kg_error *warning = warnings->first; warning; warning = warning->next)
		kg_error_show(&text, &look, warning);
	if (warnings->count == 0 || cli->asked.options.quiet)
		return;
	fflush(stdout);
	fputs(kg_text_end(&text), stderr);
}

void
kg_cli_print(struct kg_cli *, const char *text)
{
	fputs(text, stdout);
}

uint32_t
kg_cli_columns(void)
{
	uint32_t columns = kg_style_columns(STDOUT_FILENO);

	return columns > 0 ? columns : columns_without_terminal;
}
