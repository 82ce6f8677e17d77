/*
 * vars - the groups of addresses and ports that rules name with a dollar sign.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "rule/lookup.h"

/* The groups of Suricata's own suricata.yaml, chapter "vars". */
static const char *const usual_addresses[][2] = {
	{ "HOME_NET", "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]" },
	{ "EXTERNAL_NET", "!$HOME_NET" },
	{ "HTTP_SERVERS", "$HOME_NET" },
	{ "SMTP_SERVERS", "$HOME_NET" },
	{ "SQL_SERVERS", "$HOME_NET" },
	{ "DNS_SERVERS", "$HOME_NET" },
	{ "TELNET_SERVERS", "$HOME_NET" },
	{ "AIM_SERVERS", "$EXTERNAL_NET" },
	{ "DC_SERVERS", "$HOME_NET" },
	{ "DNP3_SERVER", "$HOME_NET" },
	{ "DNP3_CLIENT", "$HOME_NET" },
	{ "MODBUS_CLIENT", "$HOME_NET" },
	{ "MODBUS_SERVER", "$HOME_NET" },
	{ "ENIP_CLIENT", "$HOME_NET" },
	{ "ENIP_SERVER", "$HOME_NET" },
	/* Our own: control systems, and the stations that may give them commands (nobody until told). */
	{ "OT_SERVERS", "$HOME_NET" },
	{ "OT_CLIENTS", "255.255.255.255" },
};

static const char *const usual_ports[][2] = {
	{ "HTTP_PORTS", "80" },
	{ "SHELLCODE_PORTS", "!80" },
	{ "ORACLE_PORTS", "1521" },
	{ "SSH_PORTS", "22" },
	{ "DNP3_PORTS", "20000" },
	{ "MODBUS_PORTS", "502" },
	{ "FILE_DATA_PORTS", "[$HTTP_PORTS,110,143]" },
	{ "FTP_PORTS", "21" },
	{ "GENEVE_PORTS", "6081" },
	{ "VXLAN_PORTS", "4789" },
	{ "TEREDO_PORTS", "3544" },
	{ "SIP_PORTS", "[5060,5061]" },
};

/* One block holds "NAME\0text\0"; the map's key and value point into it, the block begins at the key. */
static int
set(struct rule_vars *v, struct map *m, const char *name, const char *text)
{
	size_t n = strlen(name), k = strlen(text);
	char *old = map_find(m, span_of(name, n));
	char *block = malloc(n + k + 2);

	if (!block)
		return E_NOMEM;
	memcpy(block, name, n + 1);
	memcpy(block + n + 1, text, k + 1);
	if (map_set(m, span_of(block, n), block + n + 1) < 0) {
		free(block);
		return E_NOMEM;
	}
	if (old)
		free(old - n - 1);
	v->stamp = hash_bytes(block, n + k + 2, v->stamp + (m == &v->port));
	return 0;
}

static void
clear(struct map *m)
{
	for (uint32_t i = 0; i < m->n; i++)
		free((char *) m->entry[i].value - m->entry[i].key.n - 1);
	map_clear(m);
}

struct rule_vars *
rule_vars_new(void)
{
	struct rule_vars *v = calloc(1, sizeof(*v));
	int failed = 0;

	if (!v)
		return NULL;
	for (size_t i = 0; i < sizeof(usual_addresses) / sizeof(usual_addresses[0]); i++)
		failed |= rule_vars_set_address(v, usual_addresses[i][0], usual_addresses[i][1]);
	for (size_t i = 0; i < sizeof(usual_ports) / sizeof(usual_ports[0]); i++)
		failed |= rule_vars_set_port(v, usual_ports[i][0], usual_ports[i][1]);
	if (failed) {
		rule_vars_free(v);
		return NULL;
	}
	return v;
}

void
rule_vars_free(struct rule_vars *v)
{
	if (!v)
		return;
	clear(&v->address);
	clear(&v->port);
	free(v);
}

int
rule_vars_set_address(struct rule_vars *v, const char *name, const char *text)
{
	return set(v, &v->address, name, text);
}

int
rule_vars_set_port(struct rule_vars *v, const char *name, const char *text)
{
	return set(v, &v->port, name, text);
}

const char *
rule_vars_address(const struct rule_vars *v, struct span name)
{
	return v ? map_find(&v->address, name) : NULL;
}

const char *
rule_vars_port(const struct rule_vars *v, struct span name)
{
	return v ? map_find(&v->port, name) : NULL;
}
