/*
 * enip_log - names of EtherNet/IP and CIP, and the log record.
 *
 * Spec: as enip.c and enip_cip.c; names as ODVA publishes them.
 */
#include "engine/app/protocols/enip.h"

#define MESSAGES_LOGGED 32
#define SEGMENTS_LOGGED 16

const char *const enip_command_names[] = { "nop=0", "list_services=4", "list_identity=99", "list_interfaces=100",
	"register_session=101", "unregister_session=102", "send_rr_data=111", "send_unit_data=112", "indicate_status=114",
	"cancel=115", NULL };
const char *const enip_status_names[] = { "success=0", "invalid_cmd=1", "no_resources=2", "incorrect_data=3",
	"invalid_session=100", "invalid_length=101", "unsupported_prot_rev=105", "encap_header_error=106", NULL };

static const char *const service_names[] = { "Get Attributes All=1", "Set Attributes All=2", "Get Attribute List=3",
	"Set Attribute List=4", "Reset=5", "Start=6", "Stop=7", "Create=8", "Delete=9", "Multiple Service Packet=10",
	"Apply Attributes=13", "Get Attribute Single=14", "Set Attribute Single=16", "Find Next Object Instance=17", "Restore=21",
	"Save=22", "Nop=23", "Get Member=24", "Set Member=25", "Insert Member=26", "Remove Member=27", "Group Sync=28", NULL };

/* Services from 0x4b on mean what their class says. */
static const struct class_services {
	uint32_t class_id;
	const char *const *names;
} class_services[] = {
	{ CLASS_CONNECTION_MANAGER, (const char *const[]) { "Forward Close=78", "Unconnected Send=82", "Forward Open=84",
	    "Get Connection Data=86", "Search Connection Data=87", "Get Connection Owner=90", "Large Forward Open=91", NULL } },
	{ CLASS_FILE, (const char *const[]) { "Initiate Upload=75", "Initiate Download=76", "Initiate Partial Read=77",
	    "Initiate Partial Write=78", "Upload Transfer=79", "Download Transfer=80", "Clear File=81", NULL } },
	{ CLASS_PCCC, (const char *const[]) { "Execute PCCC=75", NULL } },
};
static const char *const tag_services[] = { "Read Tag=76", "Write Tag=77", "Read Modify Write Tag=78", "Read Tag Fragmented=82",
	"Write Tag Fragmented=83", "Get Instance Attribute List=85", NULL };

static const char *const class_names[] = { "Identity=1", "Message Router=2", "DeviceNet=3", "Assembly=4", "Connection=5",
	"Connection Manager=6", "Register=7", "Discrete Input Point=8", "Discrete Output Point=9", "Analog Input Point=10",
	"Analog Output Point=11", "Presence Sensing=14", "Parameter=15", "Parameter Group=16", "Group=18", "Discrete Input Group=29",
	"Discrete Output Group=30", "Discrete Group=31", "Analog Input Group=32", "Analog Output Group=33", "Analog Group=34",
	"Position Sensor=35", "Position Controller Supervisor=36", "Position Controller=37", "Block Sequencer=38",
	"Command Block=39", "Motor Data=40", "Control Supervisor=41", "AC/DC Drive=42", "Acknowledge Handler=43", "Overload=44",
	"Softstart=45", "Selection=46", "S-Device Supervisor=48", "S-Analog Sensor=49", "S-Analog Actuator=50",
	"S-Single Stage Controller=51", "S-Gas Calibration=52", "Trip Point=53", "File=55", "S-Partial Pressure=56",
	"Safety Supervisor=57", "Safety Validator=58", "Safety Discrete Output Point=59", "Safety Discrete Output Group=60",
	"Safety Discrete Input Point=61", "Safety Discrete Input Group=62", "Safety Dual Channel Output=63", "S-Sensor Calibration=64",
	"Event Log=65", "Motion Axis=66", "Time Sync=67", "Modbus=68", "Modbus Serial Link=70", "Device Level Ring=71", "QoS=72",
	"Symbol=107", "Template=108", "Program Name=100", "PCCC=103", "Controller=142", "Base Switch=81", "Port=244",
	"TCP/IP Interface=245", "Ethernet Link=246", "CompoNet Link=247", "CompoNet Repeater=248", NULL };

static const char *const cip_status_names[] = { "Success=0", "Connection failure=1", "Resource unavailable=2",
	"Invalid parameter value=3", "Path segment error=4", "Path destination unknown=5", "Partial transfer=6", "Connection lost=7",
	"Service not supported=8", "Invalid attribute value=9", "Attribute list error=10", "Already in requested mode/state=11",
	"Object state conflict=12", "Object already exists=13", "Attribute not settable=14", "Privilege violation=15",
	"Device state conflict=16", "Reply data too large=17", "Fragmentation of a primitive value=18", "Not enough data=19",
	"Attribute not supported=20", "Too much data=21", "Object does not exist=22",
	"Service fragmentation sequence not in progress=23", "No stored attribute data=24", "Store operation failure=25",
	"Routing failure, request packet too large=26", "Routing failure, response packet too large=27",
	"Missing attribute list entry data=28", "Invalid attribute value list=29", "Embedded service error=30",
	"Vendor specific error=31", "Invalid parameter=32", "Write-once value or medium already written=33",
	"Invalid reply received=34", "Buffer overflow=35", "Invalid message format=36", "Key failure in path=37",
	"Path size invalid=38", "Unexpected attribute in list=39", "Invalid Member ID=40", "Member not settable=41",
	"Group 2 only server general failure=42", "Unknown Modbus error=43", "Attribute not gettable=44", NULL };

/* Of the connection manager. */
static const char *const extended_names[] = { "Connection in use or duplicate forward open=256",
	"Transport class and trigger combination not supported=259", "Ownership conflict=262", "Target connection not found=263",
	"Invalid network connection parameter=264", "Invalid connection size=265", "RPI not supported=273", "Out of connections=275",
	"Vendor ID or product code mismatch=276", "Product type mismatch=277", "Revision mismatch=278",
	"Invalid produced or consumed application path=279", "Connection timed out=515", "Unconnected send timed out=516",
	"Parameter error in unconnected send service=517", "Message too large for unconnected send service=518",
	"No buffer memory available=769", "Network bandwidth not available=770", "Port not available=785",
	"Link address not available=786", "Invalid segment type in path=789", "Error in close path=790", NULL };

static const char *const segment_names[] = { "class=0", "instance=1", "member=2", "connection_point=3", "attribute=4", NULL };
static const char *const device_names[] = { "Generic Device (deprecated)=0", "AC Drive=2", "Motor Overload=3", "Limit Switch=4",
	"Inductive Proximity Switch=5", "Photoelectric Sensor=6", "General Purpose Discrete I/O=7", "Resolver=9",
	"Communications Adapter=12", "Programmable Logic Controller=14", "Position Controller=16", "DC Drive=19", "Contactor=21",
	"Motor Starter=22", "Softstart Starter=23", "Human-Machine Interface=24", "Mass Flow Controller=26", "Pneumatic Valve=27",
	"Vacuum Pressure Gauge=28", "Process Control Value=29", "Residual Gas Analyzer=30", "DC Power Generator=31",
	"RF Power Generator=32", "Turbomolecular Vacuum Pump=33", "Encoder=34", "Safety Discrete I/O Device=35",
	"Fluid Flow Controller=36", "CIP Motion Drive=37", "CompoNet Repeater=38", "Mass Flow Controller, Enhanced=39",
	"CIP Modbus Device=40", "CIP Modbus Translator=41", "Safety Analog I/O Device=42", "Generic Device (keyable)=43",
	"Managed Switch=44", NULL };
static const char *const vendor_names[] = { "Rockwell Automation/Allen-Bradley=1", "Namco Controls Corp.=2",
	"Honeywell Inc.=3", "Parker Hannifin Corp. (Veriflo Division)=4", "Rockwell Automation/Reliance Elec.=5",
	"SMC Corporation=7", "Molex Incorporated=8", NULL };

/* ---- CIP ---- */

/* `class_id` 0: not known, as in responses. */
static void
log_service(struct json *j, const struct cip *c, uint32_t class_id)
{
	const char *const *names = service_names;

	if (c->service >= 0x4b) {
		names = tag_services;
		for (unsigned i = 0; i < sizeof(class_services) / sizeof(*class_services); i++)
			if (class_services[i].class_id == class_id)
				names = class_services[i].names;
	}
	json_named_always(j, "service", names, c->service);
}

static void
log_request(struct json *j, const struct cip *c)
{
	struct rd r = rd_of(c->path);
	enum cip_segment type;
	uint32_t value, class_id = 0;
	bool has_class = cip_class(c, &class_id);

	log_service(j, c, class_id);
	json_array(j, "path");
	for (unsigned i = 0; i < SEGMENTS_LOGGED && cip_segment(&r, &type, &value); i++) {
		if (type == SEG_OTHER)
			continue;
		json_object(j, NULL);
		json_named(j, "segment_type", segment_names, type);
		json_u64(j, "value", value);
		json_end(j);
	}
	json_end(j);
	if (has_class)
		json_named(j, "class_name", class_names, class_id);
}

static void
log_response(struct json *j, const struct cip *c, uint32_t class_id)
{
	char hex[16];
	struct text t = text_of(hex, sizeof(hex));
	struct rd r = rd_of(c->extended);
	uint16_t extended = rd_u16le(&r);

	log_service(j, c, class_id);
	json_named_always(j, "status", cip_status_names, c->status);
	if (c->extended.n >= 2) {
		text_add(&t, span_str("0x"));
		text_hex(&t, extended, 4);
		json_span(j, "status_extended", text_span(&t));
		if (c->status == 1)
			json_named(j, "status_extended_meaning", extended_names, extended);
	}
}

/* The class of the request's k-th message: what the services of the response mean. */
static uint32_t
class_asked(const struct enip_msg *q, unsigned k)
{
	struct cip_iter it = cip_begin(q);
	struct cip c;
	uint32_t class_id;

	while (cip_next(&it, &c)) {
		if (c.service == CIP_UNCONNECTED_SEND && cip_class(&c, &class_id) &&
		    class_id == CLASS_CONNECTION_MANAGER)
			continue; /* the answer is that to what it held */
		if (k-- == 0)
			return cip_class(&c, &class_id) ? class_id : 0;
	}
	return 0;
}

static void
log_cip(struct json *j, const struct enip_tx *t, int dir)
{
	struct cip_iter it = cip_begin(&t->msg[dir]);
	struct cip c;
	bool multiple;
	unsigned k = 0;

	if (!cip_next(&it, &c))
		return;
	json_object(j, "cip");
	if (c.response)
		log_response(j, &c, class_asked(&t->msg[TO_SERVER], k));
	else
		log_request(j, &c);
	multiple = c.service == CIP_MULTIPLE;
	if (cip_next(&it, &c)) {
		json_array(j, multiple ? "multiple" : "embedded");
		do {
			json_object(j, NULL);
			if (c.response)
				log_response(j, &c, class_asked(&t->msg[TO_SERVER], k + 1));
			else
				log_request(j, &c);
			json_end(j);
		} while (++k < MESSAGES_LOGGED && cip_next(&it, &c));
		json_end(j);
	}
	json_end(j);
}

/* ---- the rest ---- */

static void
log_identity(struct json *j, const struct enip_identity *id)
{
	char buf[16];
	struct text t = text_of(buf, sizeof(buf));

	text_u64(&t, id->revision >> 8);
	text_char(&t, '.');
	text_u64(&t, id->revision & 0xff);
	json_object(j, "identity");
	json_u64(j, "protocol_version", id->protocol);
	json_span(j, "revision", text_span(&t));
	json_named_always(j, "vendor_id", vendor_names, id->vendor);
	json_named_always(j, "device_type", device_names, id->type);
	json_u64(j, "product_code", id->code);
	json_u64(j, "status", id->status);
	json_u64(j, "serial", id->serial);
	json_span(j, "product_name", id->name);
	json_u64(j, "state", id->state);
	json_end(j);
}

static void
log_side(struct json *j, const struct enip_tx *t, int dir)
{
	const struct enip_msg *m = &t->msg[dir];
	struct enip_identity id;
	struct enip_service service;
	uint16_t protocol, options;

	if (!m->present)
		return;
	json_object(j, dir == TO_SERVER ? "request" : "response");
	json_named_always(j, "command", enip_command_names, m->command);
	json_named_always(j, "status", enip_status_names, m->status);
	if (enip_registration(m, &protocol, &options)) {
		json_object(j, "register_session");
		json_u64(j, "protocol_version", protocol);
		json_u64(j, "options", options);
		json_end(j);
	}
	if (enip_service(m, &service)) {
		json_object(j, "list_services");
		json_u64(j, "protocol_version", service.protocol);
		json_u64(j, "capabilities", service.capabilities);
		json_span(j, "service_name", service.name);
		json_end(j);
	}
	if (enip_identity(m, &id))
		log_identity(j, &id);
	log_cip(j, t, dir);
	json_end(j);
}

void
enip_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	log_side(j, (const struct enip_tx *) tx, TO_SERVER);
	log_side(j, (const struct enip_tx *) tx, TO_CLIENT);
}
