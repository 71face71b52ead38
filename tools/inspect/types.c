/* Every type there is. */
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
