/* kgraph's entry: what was asked for on the command line. */

#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "version") == 0) {
		puts("kgraph " KG_VERSION);
		return 0;
	}
	fputs("usage: kgraph version\n", stderr);
	return 2;
}
