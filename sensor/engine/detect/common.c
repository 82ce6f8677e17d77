/*
 * common - words that a good part of traffic has: they tell little where they are found.
 */
#include "engine/detect/engine.h"

const char common_words[] =
	"GET /\0" "HTTP/1.1 200 OK\r\n\0" "HTTP/1.0\0" " HTTP/1.1\r\nHost: \0"
	"\r\nHost\r\nUser-Agent\r\nAccept\r\nAccept-Language\r\nAccept-Encoding\r\nConnection\r\nCookie\r\n\r\n\0"
	"\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) \0" "\r\nAccept: */*\r\n\0"
	"text/html,application/xhtml+xml,application/xml;q=0.9\0" "\r\nAccept-Encoding: gzip, deflate, identity\r\n\0"
	"\r\nAccept-Language: en-US,en;q=0.5\r\n\0" "\r\nConnection: keep-alive\r\n\0" "Connection: close\r\n\r\n\0" "\r\nCookie: \0"
	"\r\nContent-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n\0" "\r\nContent-Length: \0" "\r\nCache-Control: no-cache\r\n\0"
	"\r\nReferer: http://www.\0" "https://\0" ".com/\0" "Transfer-Encoding: chunked\r\n\r\n\0" "Last-Modified: \0" "Server: \0" "Location: \0"
	"Set-Cookie: \0" "<!DOCTYPE html>\r\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\0"
	"<meta http-equiv=\"Content-Type\" content=\"text/html\0" "<title>\0" "</title>\0" "</head>\n<body>\n\0"
	"<script type=\"text/javascript\" src=\"\0" "</script>\n\0" "<link rel=\"stylesheet\" href=\"\0" "<div class=\"\0" "<div id=\"\0"
	"<span style=\"\0" "position: absolute; top: -\0" "display: none;\0" "<input type=\"hidden\" name=\"\0" " value=\"\0" "<a href=\"http://\0"
	"<img src=\"\0" " width=\"100%\" height=\"\0" "function(\0" "return \0" "var \0" ".length\0" "document.getElementById(\0"
	".getElementsByTagName(\0" ".appendChild(\0" "innerHTML = \0" "window.\0" "this.\0" "true\0" "false\0" "null\0" "undefined\0" "string\0"
	"Windows \0" "Microsoft \0" "google\0" "document\0" "download\0" "username\0" "password\0" "domain\0" "welcome to \0" "name=\0" "support\0"
	"the \0" "and \0" " of \0" "ing \0" "tion\0" "    \0" "\t\t\t\t\0";

bool
pattern_common(struct span s, bool nocase)
{
	if (memchr(s.p, 0, s.n)) /* that is between two words */
		return false;
	return content_find(span_of(common_words, sizeof(common_words)), s.p, s.n, nocase) != UINT32_MAX;
}
