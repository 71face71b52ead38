/* One table of options for each program: getopt_long, --help, completion and the lint of the manual all read it. */
#ifndef TARE_TOOLS_OPTIONS_H
#define TARE_TOOLS_OPTIONS_H

#include "tare.h"

/* What an option stores at its offset in the program's options. */
typedef enum tool_kind {
	TOOL_FLAG,   /* bool: true */
	TOOL_COUNT,  /* unsigned: one more */
	TOOL_TEXT,   /* const char *: the last one holds */
	TOOL_LIST,   /* tool_list: every one, in order */
	TOOL_SIZE,   /* uint64_t: K, M, G and T are powers of 1024 */
	TOOL_NUMBER, /* unsigned: up to most */
	TOOL_WORD,   /* unsigned: which of words */
	TOOL_SAID    /* tool_said: which option and what it was given, in order, for a program that sorts it out itself */
} tool_kind;

typedef struct tool_option {
	const char *name;    /* long, without the dashes */
	char letter;         /* 0: none */
	tool_kind kind;
	size_t at;           /* offset in the program's options */
	const char *arg;     /* what help calls the argument; NULL: takes none */
	const char *words;   /* allowed (TOOL_WORD) or suggested arguments, separated by blanks; "@types" and so on: from the library */
	const char *group;   /* heading in help */
	const char *text;    /* NULL: only named in help, told in the manual */
	uint64_t most;       /* of TOOL_NUMBER; 0: UINT_MAX */
} tool_option;

typedef struct tool_list {
	const char **item;
	size_t n;
} tool_list;

typedef struct tool_saying {
	const tool_option *option;
	const char *value;   /* NULL for an option without argument */
} tool_saying;

typedef struct tool_said {
	tool_saying *item;
	size_t n;
} tool_said;

/* WHEN of --color and --progress, in the order of the words. */
enum { TOOL_AUTO, TOOL_ALWAYS, TOOL_NEVER };

/* What every program takes; the first member of its own options. */
typedef struct tool_shared {
	tool_list operands;
	bool help, version, complete;
	unsigned quiet, verbose;
	unsigned color, progress;
	unsigned threads;
	const char *cpu;
	tool_list limit;
	const char *from;
	bool strict, single;
	tool_list select, exclude;
	const char *files0_from;
	bool json;
	const char *output;
	bool force;
	const char *to;
	uint64_t split_size;
	unsigned split_count;
	unsigned external;
	uint64_t external_least, align;
	unsigned level, zstd_threads;
	bool zstd, zstd_long;
} tool_shared;

/* Families of shared options a program may take besides the basic ones. */
enum {
	TOOL_WITH_INPUT = 1u << 0,  /* --from, --single, --limit, -j */
	TOOL_WITH_MANY = 1u << 1,   /* --files0-from */
	TOOL_WITH_SELECT = 1u << 2, /* --select, --exclude */
	TOOL_WITH_JSON = 1u << 3,
	TOOL_WITH_OUTPUT = 1u << 4, /* -o, -f, --to, --split-*, --external..., --zstd... */
};

typedef struct tool_program {
	const char *name;           /* "tare-inspect" */
	const char *usage;          /* what follows the name */
	const char *purpose;        /* one sentence */
	const tool_option *options;
	size_t n_options;
	unsigned with;
	size_t size;                /* of the program's options */
	const char *groups;         /* headings in the order of help, separated by commas */
} tool_program;

/* Fills into (prog->size bytes, cleared first). Answers --help, --version and --complete-options and ends the program; a mistake ends it
 * too, with one line and status 2. */
void tool_options_parse(const tool_program *prog, void *into, int argc, char **argv);
/* The i-th option of the program, its own first and then the shared ones that it does not tell in its own way; NULL past the last. */
const tool_option *tool_option_at(const tool_program *prog, size_t i);
void tool_list_add(tool_list *list, const char *item);
/* Which of words (separated by blanks) is word; -1 if none. */
int tool_word_index(const char *words, const char *word);

/* help.c */
void tool_help(const tool_program *prog);
void tool_version(const tool_program *prog);
void tool_complete(const tool_program *prog);

/* shared.c: the i-th shared option of the families in with; NULL past the last */
const tool_option *tool_shared_at(unsigned with, size_t i);
void tool_open_options(const tool_shared *s, tare_limits *lim, tare_open_options *opt);

#endif
