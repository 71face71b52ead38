/* Every type there is, and every limit. */
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"
#include "inspect/inspect.h"

void inspect_types(void)
{
	tool_table *table = tool_table_new("type\t>elements\t>bytes\t>bits each\tread\twritten");
	const tare_type *t;
	size_t i;

	for (i = 0; (t = tare_type_at(i)); i++)
		tool_table_row(table, "%s\t%u\t%u\t%s\t%s\t%s", tare_type_name(t), tare_type_block_len(t), tare_type_block_size(t),
			       tool_bits(tare_type_block_size(t), tare_type_block_len(t)), tare_type_can_decode(t) ? "yes" : "-",
			       tare_type_can_encode(t) ? "yes" : "-");
	tool_table_print(table, stdout, 0, 0);
}

/* As --limit takes it: the largest unit that leaves nothing over. */
static const char *limit_text(uint64_t n)
{
	static const char *const units[] = { "", "K", "M", "G", "T" };
	static char text[32];
	size_t unit = 0;

	for (; unit < 4 && n && n % 1024 == 0; unit++)
		n /= 1024;
	snprintf(text, sizeof text, "%llu%s", (unsigned long long)n, units[unit]);
	return text;
}

void inspect_limits(const tool_shared *s)
{
	tool_table *table = tool_table_new("\t>\t");
	const tare_limit_info *info;
	tare_open_options opt;
	tare_limits lim;
	size_t i;

	tool_open_options(s, &lim, &opt);
	for (i = 0; (info = tare_limit_at(i)); i++)
		tool_table_row(table, "%s\t%s\t%s", info->name, limit_text(lim.value[i]), info->text);
	tool_table_print(table, stdout, 0, 0);
}
