/*
 * counters - names and help of the rows of counters.def.
 */
#include "base/counters.h"

const struct counter_info counter_info[COUNTER_N] = {
#define COUNTER(id, key, help) [id] = { key, help },
#include "base/counters.def"
#undef COUNTER
};
