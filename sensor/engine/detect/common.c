/*
 * common - words that a good part of traffic has: they tell little where they are found.
 */
#include "engine/detect/engine.h"

const char *const common_words[] = { "GET /", "\r\nHost\r\nUser-Agent\r\nAccept\r\nAccept-Language\r\nAccept-Encoding\r\nConnection\r\nCookie\r\n\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.0", " HTTP/1.1\r\nHost: ", "\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) ",
	"\r\nAccept: */*\r\n", "text/html,application/xhtml+xml,application/xml;q=0.9", "\r\nAccept-Encoding: gzip, deflate, identity\r\n",
	"\r\nAccept-Language: en-US,en;q=0.5\r\n", "\r\nConnection: keep-alive\r\n", "Connection: close\r\n\r\n", "\r\nCookie: ",
	"\r\nContent-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n", "\r\nContent-Length: ", "\r\nCache-Control: no-cache\r\n",
	"\r\nReferer: http://www.", "https://", ".com/", "Transfer-Encoding: chunked\r\n\r\n", "Last-Modified: ", "Server: ", "Location: ",
	"Set-Cookie: ", "<!DOCTYPE html>\r\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">", "<meta http-equiv=\"Content-Type\" content=\"text/html",
	"<title>", "</title>", "</head>\n<body>\n", "<script type=\"text/javascript\" src=\"", "</script>\n", "<link rel=\"stylesheet\" href=\"",
	"<div class=\"", "<div id=\"", "<span style=\"", "position: absolute; top: -", "display: none;", "<input type=\"hidden\" name=\"", " value=\"", "<a href=\"http://",
	"<img src=\"", " width=\"100%\" height=\"", "function(", "return ", "var ", ".length", "document.getElementById(", ".getElementsByTagName(",
	".appendChild(", "innerHTML = ", "window.", "this.", "true", "false", "null", "undefined", "string", "Windows ", "Microsoft ", "google", "document",
	"download", "username", "password", "domain", "welcome to ", "name=", "support", "the ", "and ", " of ", "ing ", "tion", "    ", "\t\t\t\t", NULL };

bool
pattern_common(struct span s, bool nocase)
{
	for (const char *const *w = common_words; *w; w++)
		if (content_find(span_str(*w), s.p, s.n, nocase) != UINT32_MAX)
			return true;
	return false;
}
