#include "engine/base/style.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const struct kg_style kg_style_plain = { "", "", "", "", "", "", "", true };

const struct kg_style kg_style_coloured = {
	.bold = "\033[1m",
	.dim = "\033[2m",
	.red = "\033[31;1m",
	.green = "\033[32m",
	.yellow = "\033[33m",
	.blue = "\033[34;1m",
	.end = "\033[0m",
};

const struct kg_style *
kg_style_choose(int fd, enum kg_colour colour)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (colour == KG_COLOUR_AUTO && (!isatty(fd) || (no_color && *no_color) || !term || strcmp(term, "dumb") == 0))
		colour = KG_COLOUR_NEVER;
	return colour == KG_COLOUR_NEVER ? &kg_style_plain : &kg_style_coloured;
}

uint32_t
kg_style_columns(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
